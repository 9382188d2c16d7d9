"""Reminding of forms that are not handed in."""

from datetime import date, timedelta

import pytest

from midun.kernel.notify.models import Notice
from midun.kernel.orgs.services import Refused
from midun.kernel.statistics.services import reminding
from midun.kernel.statistics.services.held import NotEditable
from midun.kernel.trail.models import Entry
from tests.kernel.statistics.factories import hand_in, tree_of


@pytest.fixture
def east(cast):
    return tree_of(cast)[1][1]


def told():
    found = Notice.objects.unscoped("test").filter(kind="reminder").order_by("pk")
    return list(found.values_list("membership__user__username", "text"))


def test_it_works(cast, east, at):
    assert reminding.remind(east, actor=cast.actor("city_officer"), at=at) == 2
    text = f"沪市市场监管局催报：{east}，截止 7月5日"
    assert told() == [("district_officer", text), ("district_officer_2", text)]


def test_it_is_in_the_trail(cast, east, at):
    reminding.remind(east, actor=cast.actor("city_officer"), at=at)
    assert Entry.objects.about(east).last().verb == "reminded"


def test_once_a_day_is_enough(cast, east, at):
    for hours, expected in ((0, 2), (3, 0), (24, 2)):
        assert reminding.remind(east, actor=cast.actor("city_officer"), at=at + timedelta(hours=hours)) == expected
    assert Entry.objects.about(east).filter(verb="reminded").count() == 2


@pytest.mark.parametrize("who", ["district_officer", "province_officer", "other_district_officer", "auditor"])
def test_only_the_unit_above_reminds(cast, east, at, who):
    with pytest.raises(Refused):
        reminding.remind(east, actor=cast.actor(who), at=at)


def test_it_rejects_a_form_that_was_handed_in(cast, east, at):
    with pytest.raises(NotEditable):
        reminding.remind(hand_in(cast, east, at), actor=cast.actor("city_officer"), at=at)


@pytest.mark.parametrize(
    ("today", "words"),
    [(date(2025, 7, 3), "将于 7月5日 截止"), (date(2025, 7, 5), "将于 7月5日 截止"), (date(2025, 7, 8), "已逾期 3 天")],
)
def test_the_platform_reminds_of_the_deadline(cast, east, at, today, words):
    assert reminding.remind_of_deadline(east, today=today, at=at) == 2
    assert told()[0][1] == f"{east}{words}，请及时报送"
    assert reminding.remind_of_deadline(east, today=today, at=at) == 0
