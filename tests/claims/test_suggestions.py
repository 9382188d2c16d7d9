"""Suggestions: one by one, with a topic; corrected, voided, restored, counted."""

from datetime import date

import pytest

from midun.claims import services
from midun.claims.models import Suggestion
from midun.kernel.orgs.services import Refused, Stale
from midun.kernel.statistics import figures
from midun.kernel.statistics.figures import Period, Scope
from midun.kernel.trail.models import Entry
from tests.conftest import JIA_CODE

FORM = {"text": "希望提供制度范本", "topic": "system", "given_on": "2025-06-12", "source": "phone", "version": 1}
JUNE = Period(date(2025, 6, 1), date(2025, 6, 30))


@pytest.fixture
def suggestion(cast, at):
    return services.suggest(
        unit=cast.east_bureau,
        actor=cast.actor("district_officer"),
        at=at,
        enterprise=cast.jia,
        topic="system",
        text="希望提供制度范本",
        given_on=date(2025, 6, 12),
    )


def counted(node):
    return figures.get("suggestions").value(Scope(node.path), JUNE)


def test_it_works(login, cast):
    client = login("district_officer")
    assert client.get("/claims/suggestions/new/").status_code == 200
    answer = client.post("/claims/suggestions/new/", {**FORM, "picked": JIA_CODE, "picked_name": "甲"})
    made = Suggestion.objects.unscoped("test").get()
    assert answer.headers["Location"] == made.get_absolute_url()
    assert (made.enterprise, made.unit) == (cast.jia, cast.east_bureau)
    assert "希望提供制度范本" in client.get("/claims/suggestions/?topic=system").content.decode()
    assert "希望提供制度范本" not in client.get("/claims/suggestions/?topic=training").content.decode()
    assert "希望提供制度范本" in client.get("/claims/suggestions/?q=甲精密").content.decode()


def test_the_enterprise_may_be_left_out(login):
    assert login("district_officer").post("/claims/suggestions/new/", FORM).status_code == 302
    made = Suggestion.objects.unscoped("test").get()
    assert made.enterprise is None
    assert "未列名企业" in login("district_officer").get(made.get_absolute_url()).content.decode()


@pytest.mark.parametrize("wrong", [{"text": ""}, {"given_on": "2099-01-01"}, {"picked": "X"}, {"topic": "?"}])
def test_it_rejects_bad_input(login, wrong):
    assert login("district_officer").post("/claims/suggestions/new/", {**FORM, **wrong}).status_code == 200
    assert not Suggestion.objects.unscoped("test").exists()


def test_it_is_corrected_voided_restored_and_counts_accordingly(suggestion, login, cast):
    client, page = login("district_officer"), suggestion.get_absolute_url()
    assert counted(cast.city) == 1
    assert client.post(f"{page}edit/", {**FORM, "text": "改后", "given_on": "2025-07-01"}).status_code == 302
    assert counted(cast.city) == 0
    assert client.post(f"{page}edit/", {**FORM, "version": 2}).status_code == 302
    assert client.post(f"{page}void/", {"reason": "重复"}).status_code == 302
    assert counted(cast.city) == 0
    assert "已作废" in client.post(f"{page}edit/", {**FORM, "text": "再改", "version": 4}).content.decode()
    assert "已作废" in client.post(f"{page}void/", {"reason": "再来"}).content.decode()
    assert client.post(f"{page}restore/", {"reason": "不重复"}).status_code == 302
    assert counted(cast.city) == 1
    verbs = list(Entry.objects.about(suggestion).values_list("verb", flat=True))
    assert verbs == ["created", "changed", "changed", "voided", "restored"]


def test_two_editors_one_wins(suggestion, cast, at):
    change = {"version": 1, "at": at}
    services.change_suggestion(suggestion, actor=cast.actor("district_officer"), fields={"text": "甲"}, **change)
    with pytest.raises(Stale):
        services.change_suggestion(suggestion, actor=cast.actor("district_officer_2"), fields={"text": "乙"}, **change)


def test_outsider_gets_404(suggestion, login):
    page = suggestion.get_absolute_url()
    for path in ("", "edit/", "void/", "restore/"):
        assert login("other_district_officer").get(page + path).status_code == 404
    assert login("city_officer").get(page).status_code == 200
    for path in ("edit/", "void/", "restore/"):
        assert login("city_officer").get(page + path).status_code == 404


def test_other_role_is_refused(suggestion, login, cast, at):
    assert login("enterprise_admin").get(suggestion.get_absolute_url()).status_code == 403
    assert login("district_leader").get(f"{suggestion.get_absolute_url()}edit/").status_code == 403
    for who in ("city_officer", "other_district_officer", "district_leader"):
        with pytest.raises(Refused):
            services.void_suggestion(suggestion, reason="x", actor=cast.actor(who), at=at)
    with pytest.raises(Refused):
        services.suggest(unit=cast.west_bureau, actor=cast.actor("district_officer"), at=at, text="x", topic="other")
