"""Who has handed in, is late, was returned."""

from datetime import timedelta

import pytest
import time_machine

from midun.kernel.notify.models import Notice
from midun.kernel.statistics.models import StatForm
from midun.kernel.statistics.services import steps
from tests.campaigns.factories import running
from tests.kernel.statistics.factories import accepted, fresh, hand_in


def address(campaign):
    return f"/reporting/campaigns/{campaign.pk}/"


@pytest.fixture
def clock(at):
    with time_machine.travel(at, tick=False) as moved:
        yield moved


def test_it_works(login, cast, campaign, forms, at):
    accepted(cast, forms["east_bureau"], at)
    hand_in(cast, forms["west_bureau"], at)
    text = login("city_officer").get(address(campaign)).content.decode()
    assert "东区市场监管局" in text
    assert "1／4" in text
    for words in ("已通过", "待审核", "填报中"):
        assert words in text


def test_the_states_are_filters(login, cast, campaign, forms, at):
    accepted(cast, forms["east_bureau"], at)
    client = login("city_officer")
    found = client.get(address(campaign) + "?state=accepted").context["rows"]
    assert [r.form.unit.name for r in found] == ["东区市场监管局"]
    assert client.get(address(campaign) + "?state=returned").context["rows"] == []


def test_late_is_what_is_not_handed_in_after_the_deadline(login, cast, campaign, forms, clock, at):
    hand_in(cast, forms["east_bureau"], at)
    clock.move_to(at.replace(year=forms["east_bureau"].due_on.year + 1))
    late = login("city_officer").get(address(campaign) + "?state=late").context["rows"]
    assert cast.east_bureau not in [r.form.unit for r in late]
    assert all(r.days_late > 300 for r in late)
    assert len(late) == 4


def test_handed_in_late_stays_marked(login, cast, campaign, forms, at):
    StatForm.objects.unscoped("test").filter(pk=forms["east_bureau"].pk).update(due_on=at.date() - timedelta(days=1))
    accepted(cast, forms["east_bureau"], at)
    assert "逾期报送" in login("city_officer").get(address(campaign)).content.decode()


def test_the_organiser_opens_the_forms(login, cast, campaign):
    client = login("city_officer")
    assert "开启报送" in client.get(address(campaign)).content.decode()
    answer = client.post(address(campaign), {"open": "1"}, follow=True)
    assert "已开启 5 张统计表" in answer.content.decode()
    assert "没有需要补开" in client.post(address(campaign), {"open": "1"}, follow=True).content.decode()


def test_the_organiser_reminds_all_or_one(login, cast, campaign, forms, at, clock):
    hand_in(cast, forms["east_bureau"], at)
    client, east = login("city_officer"), forms["west_bureau"]
    assert "已催报西区市场监管局" in client.post(address(campaign), {"form": east.pk}, follow=True).content.decode()
    assert "今天已催报过" in client.post(address(campaign), {"form": east.pk}, follow=True).content.decode()
    assert "已催报 3 个单位" in client.post(address(campaign), {"remind": "1"}, follow=True).content.decode()
    told = Notice.objects.unscoped("test").filter(kind="reminder").values_list("membership__user__username", flat=True)
    assert sorted(told) == ["city_officer", "corps_officer", "other_district_officer"]


def test_reminding_of_what_was_handed_in_is_refused_in_words(login, cast, campaign, forms, at):
    now = hand_in(cast, forms["east_bureau"], at)
    answer = login("city_officer").post(address(campaign), {"form": now.pk}, follow=True)
    assert "已提交或已定稿" in answer.content.decode()


def test_a_returned_form_is_shown_as_such(login, cast, campaign, forms, at):
    now = hand_in(cast, forms["east_bureau"], at)
    steps.return_(now, version=now.version, reason="补登", actor=cast.actor("city_officer"), at=at)
    rows = login("city_officer").get(address(campaign) + "?state=returned").context["rows"]
    assert [r.form.pk for r in rows] == [now.pk]


def test_a_district_sees_its_own_line_only_and_may_not_remind(login, campaign, forms):
    client = login("district_officer")
    rows = client.get(address(campaign)).context["rows"]
    assert [r.form.pk for r in rows] == [forms["east_bureau"].pk]
    assert client.post(address(campaign), {"remind": "1"}).status_code == 403


def test_outsider_gets_404(login, cast, campaign):
    other = running(cast.memberships["other_district_officer"])
    assert login("district_officer").get(address(other)).status_code == 404
    assert login("city_officer").get(address(other)).status_code == 200


@pytest.mark.parametrize("who", ["enterprise_admin", "expert", "auditor", "system_admin"])
def test_other_role_gets_403(login, campaign, who):
    assert login(who).get(address(campaign)).status_code == 403
    assert login(who).get("/reporting/").status_code == 403


def test_a_single_campaign_opens_at_once_several_are_listed(login, cast, campaign):
    client = login("city_officer")
    assert client.get("/reporting/").headers["Location"] == address(campaign)
    running(cast.memberships["province_officer"])
    assert client.get("/reporting/").status_code == 200


def test_a_fixed_number_of_queries(login, cast, campaign, forms, django_assert_max_num_queries):
    client = login("city_officer")
    with django_assert_max_num_queries(20):
        client.get(address(campaign))
    assert fresh(forms["summary"]).state == "draft"
