"""Two officers at once: one wins, the other is told, nothing is lost."""

from datetime import date

import pytest

from midun.claims import services
from midun.claims.models import Claim, Handover
from midun.kernel.orgs.models import Organisation
from midun.kernel.trail.models import Entry
from midun.kernel.trail.services import verify
from midun.kernel.workflow.services import WrongState
from tests.claims.conftest import REPLY
from tests.threads import together

pytestmark = pytest.mark.django_db(transaction=True)


def outcome(found):
    """How many got through, and what the others were told."""
    return sum(not isinstance(f, Exception) for f in found), [f for f in found if isinstance(f, Exception)]


def test_two_officers_accept(claim, cast, at):
    one, other = cast.actor("district_officer"), cast.actor("district_officer_2")
    won, told = outcome(
        together(
            lambda: services.accept(claim, actor=one, at=at),
            lambda: services.accept(claim, actor=other, at=at),
        )
    )
    assert won == 1
    assert [type(error) for error in told] == [WrongState]
    assert "已于" in str(told[0])
    assert Entry.objects.about(claim).filter(verb="accepted").count() == 1


def test_one_closes_while_the_other_hands_on(accepted, cast, at):
    one, other = cast.actor("district_officer"), cast.actor("district_officer_2")
    won, told = outcome(
        together(
            lambda: services.close(accepted, resolved=True, reply=REPLY, actor=one, at=at),
            lambda: services.transfer(accepted, to=cast.city_bureau, reason="x", actor=other, at=at),
        )
    )
    assert won == 1
    assert type(told[0]) in (WrongState, services.NotOurs)
    now = Claim.objects.unscoped("test").get()
    assert (now.state == "closed") != (Handover.objects.unscoped("test").count() == 1)
    assert list(verify()) == []


def test_one_is_handed_on_while_the_other_accepts(claim, cast, at):
    """The unit in charge is looked at under the lock: nobody accepts for a unit that no longer has it."""
    one, other = cast.actor("district_officer"), cast.actor("district_officer_2")
    together(
        lambda: services.transfer(claim, to=cast.city_bureau, reason="x", actor=one, at=at),
        lambda: services.accept(claim, actor=other, at=at),
    )
    now = Claim.objects.unscoped("test").get()
    assert (now.unit_id, now.state) == (cast.city_bureau.pk, "registered")


def test_numbers_are_given_once(cast, at, raise_claim):
    made = together(*[lambda n=n: raise_claim(title=f"第{n}件") for n in range(4)])
    assert {m.number.rsplit("-", 1)[1] for m in made} == {"0001", "0002", "0003", "0004"}


def test_the_same_new_enterprise_is_added_once(cast, at):
    def add(who):
        return services.enterprise_of(
            unit=cast.memberships[who].organisation,
            name="丙新材料有限公司",
            credit_code="91310115MA9K30008L",
            actor=cast.actor(who),
            at=at,
        )

    one, other = together(lambda: add("district_officer"), lambda: add("station_staff"))
    assert one == other
    assert Organisation.objects.unscoped("test").filter(credit_code="91310115MA9K30008L").count() == 1


def test_an_edit_and_a_step_at_once(claim, cast, at):
    one, other = cast.actor("district_officer"), cast.actor("district_officer_2")
    together(
        lambda: services.change(
            claim, version=1, actor=one, at=at, fields={"urgency": "urgent", "raised_on": date(2025, 6, 9)}
        ),
        lambda: services.accept(claim, actor=other, at=at),
    )
    now = Claim.objects.unscoped("test").get()
    assert (now.state, now.urgency, now.version) == ("accepted", "urgent", 2)
