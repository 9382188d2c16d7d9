"""A launched campaign of the city with its forms."""

import pytest

from midun.reporting.services import forms_of, open_forms
from tests.campaigns.factories import running


@pytest.fixture
def campaign(cast, at):
    cast.__dict__["at"] = at
    return running(cast.city_officer, year=2025)


@pytest.fixture
def forms(cast, campaign, at):
    """The forms by the key of their unit; the organiser's own as "own", its summary as "summary"."""
    open_forms(campaign, actor=cast.actor("city_officer"), at=at)
    found = forms_of(campaign, cast.actor("city_officer"))
    names = {cast.organisations[key].pk: key for key in ("east_bureau", "west_bureau", "corps")}
    made = {names[f.unit_id]: f for f in found if f.unit_id in names}
    made["own"] = next(f for f in found if f.own_only)
    made["summary"] = next(f for f in found if f.above_id is None)
    return made


@pytest.fixture
def post(login):
    """`post("city_officer", form, "accept", reason=…)` with the version the form has now."""
    from tests.kernel.statistics.factories import fresh

    def send(who, form, step, /, *, version=None, **fields):
        fields["version"] = fresh(form).version if version is None else version
        return login(who).post(f"/reporting/forms/{form.pk}/{step}/", fields)

    return send
