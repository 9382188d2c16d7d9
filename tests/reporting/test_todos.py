"""What the desk says is to do about forms."""

from datetime import timedelta

import pytest

from midun.kernel.statistics.services import steps
from midun.reporting.todos import forms_to_do
from tests.kernel.statistics.factories import accepted, fresh, frozen, hand_in


def kinds(cast, who, day):
    return [(t.kind, t.due) for t in forms_to_do(cast.actor(who), day)]


@pytest.fixture
def due(forms):
    return forms["east_bureau"].due_on


def test_a_form_is_to_do_ten_days_before_it_is_due(cast, forms, due):
    assert kinds(cast, "district_officer", due - timedelta(days=11)) == []
    assert kinds(cast, "district_officer", due - timedelta(days=10)) == [("填报统计表", due)]
    assert kinds(cast, "other_district_officer", due) == [("填报统计表", due)]
    assert kinds(cast, "city_officer", due) == [("填报统计表", due)]


def test_a_returned_form_is_to_do_at_once_with_the_reason(cast, forms, due, at):
    now = hand_in(cast, forms["east_bureau"], at)
    assert [t.kind for t in forms_to_do(cast.actor("city_leader"), at.date())] == ["审核统计表"]
    steps.return_(now, version=now.version, reason="补登", actor=cast.actor("city_officer"), at=at)
    assert [(t.kind, t.note) for t in forms_to_do(cast.actor("district_officer"), at.date())] == [
        ("统计表退回", "补登")
    ]


def test_a_summary_is_to_freeze_when_all_are_accepted_and_then_to_hand_in(cast, forms, due, at):
    for key in ("own", "east_bureau", "west_bureau"):
        accepted(cast, forms[key], at)
    assert kinds(cast, "city_leader", due) == []
    accepted(cast, forms["corps"], at)
    assert kinds(cast, "city_leader", due) == [("汇总定稿", forms["summary"].due_on)]
    frozen(cast, forms["summary"], at)
    assert kinds(cast, "city_officer", due) == []


@pytest.mark.parametrize("who", ["liaison_officer", "enterprise_admin", "expert", "auditor"])
def test_others_have_nothing_to_do(cast, forms, due, who):
    assert kinds(cast, who, due) == []
    assert fresh(forms["summary"]).state == "draft"
