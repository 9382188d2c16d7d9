"""Adjusting a number and explaining a check."""

import json

import pytest

from midun.kernel.orgs.services import Refused, Stale
from midun.kernel.statistics.cells import fill
from midun.kernel.statistics.checks import findings
from midun.kernel.statistics.models import CellAdjustment
from midun.kernel.statistics.services import filling
from midun.kernel.statistics.services.held import NotEditable, NotReady
from midun.kernel.trail.models import Entry
from tests.kernel.statistics.factories import adjusted, form_of, fresh, hand_in, tree_of, visit


@pytest.fixture
def east(cast):
    return tree_of(cast)[1][1]


def adjust(cast, form, *, version=None, who="district_officer", figure="visits", value=3, reason="漏登", at=None):
    filling.adjust(
        form,
        version=version if version is not None else form.version,
        figure=figure,
        value=value,
        reason=reason,
        actor=cast.actor(who),
        at=at or cast.at,
    )


def explain(cast, form, text, check="visits-give-advice"):
    now = fresh(form)
    filling.explain(
        now, version=now.version, check_id=check, text=text, actor=cast.actor("district_officer"), at=cast.at
    )


def test_it_works(cast, east):
    adjust(cast, east)
    assert fill(fresh(east)).cell("visits").reported == 3
    assert fresh(east).version == 2


def test_it_is_in_the_trail_with_both_numbers_and_the_reason(cast, east, at):
    visit(cast.east_bureau, cast.jia, at)
    adjust(cast, east)
    adjust(cast, fresh(east), value=4, reason="又漏一家")
    first, second = Entry.objects.about(east).filter(verb="adjusted")
    assert (json.loads(first.before), json.loads(first.after)) == ({"visits": 1}, {"visits": 3, "computed": 1})
    assert (json.loads(second.before), json.loads(second.after)) == ({"visits": 3}, {"visits": 4, "computed": 1})
    assert second.reason == "又漏一家"


def test_the_one_before_is_kept_on_record(cast, east):
    adjust(cast, east)
    adjust(cast, fresh(east), value=4)
    kept = CellAdjustment.objects.unscoped("test").filter(form=east).order_by("pk")
    assert [(a.value, a.withdrawn_at is None) for a in kept] == [(3, False), (4, True)]


def test_withdrawing_gives_the_counted_number_back(cast, east, at):
    visit(cast.east_bureau, cast.jia, at)
    adjust(cast, east)
    now = fresh(east)
    filling.withdraw_adjustment(now, version=now.version, figure="visits", actor=cast.actor("district_officer"), at=at)
    assert fill(fresh(east)).cell("visits").reported == 1
    assert Entry.objects.about(east).last().reason == "撤销调整，恢复统计数"


@pytest.mark.parametrize("wrong", [{"reason": " "}, {"figure": "nothing"}, {"value": -1}])
def test_it_rejects_what_is_incomplete(cast, east, wrong):
    with pytest.raises(NotReady):
        adjust(cast, east, **wrong)
    assert fresh(east).version == 1


def test_it_rejects_a_form_that_was_handed_in(cast, east, at):
    now = hand_in(cast, east, at)
    with pytest.raises(NotEditable):
        adjust(cast, now)


def test_of_two_who_saw_the_same_form_the_second_is_told(cast, east):
    adjust(cast, east, version=1)
    with pytest.raises(Stale):
        adjust(cast, east, version=1, who="district_officer_2", value=9)
    assert fill(fresh(east)).cell("visits").reported == 3


@pytest.mark.parametrize("who", ["city_officer", "other_district_officer", "station_staff"])
def test_only_the_units_own_people_fill_it(cast, east, who):
    with pytest.raises(Refused, match="本单位"):
        adjust(cast, east, who=who)


@pytest.mark.parametrize("who", ["district_leader", "liaison_officer", "enterprise_admin", "system_admin"])
def test_other_role_is_refused(cast, east, who):
    with pytest.raises(Refused):
        adjust(cast, east, who=who)


def test_a_station_fills_its_own_form(cast, at):
    summary = form_of(cast, "east_bureau", subject="campaigns.campaign:3")
    form = form_of(cast, "station", above=summary, subject="campaigns.campaign:3")
    adjust(cast, form, who="station_staff")
    assert fill(fresh(form)).cell("visits").reported == 3


def test_a_check_is_explained_and_taken_back(cast, east, at):
    visit(cast.east_bureau, cast.jia, at)
    explain(cast, east, "企业暂无意见")
    assert findings(fill(fresh(east)))[0].explanation == "企业暂无意见"
    explain(cast, east, "企业书面表示没有意见")
    assert findings(fill(fresh(east)))[0].explanation == "企业书面表示没有意见"
    explain(cast, east, " ")
    assert findings(fill(fresh(east)))[0].explanation == ""
    assert [json.loads(e.after) for e in Entry.objects.about(east).filter(verb="explained")] == [
        {"visits-give-advice": "企业暂无意见"},
        {"visits-give-advice": "企业书面表示没有意见"},
        {"visits-give-advice": ""},
    ]


def test_a_check_that_holds_needs_no_explanation(cast, east):
    with pytest.raises(NotReady, match="不需要"):
        explain(cast, east, "说明")


def test_an_explanation_of_a_check_that_holds_again_does_not_travel(cast, east, at):
    adjusted(cast, east, "news_central", 2, "漏登", at)
    explain(cast, east, "两篇由市局登记", "central-within-total")
    adjusted(cast, east, "news_total", 2, "漏登", at)
    assert findings(fill(fresh(east))) == []
    assert hand_in(cast, east, at).snapshots.get().body.count("两篇由市局登记") == 0
