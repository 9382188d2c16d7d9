"""The numbers of a campaign side by side."""

import io

import openpyxl
import pytest

from midun.kernel.trail.models import Entry
from midun.reporting.comparison import Against
from midun.reporting.services import forms_of, open_forms
from tests.campaigns.factories import running
from tests.kernel.statistics.factories import accepted, frozen, hand_in, handout, visit


def address(campaign):
    return f"/reporting/campaigns/{campaign.pk}/figures/"


def test_it_works(login, cast, campaign, forms, at):
    for key in ("east_bureau", "west_bureau"):
        visit(cast.organisations[key], cast.jia, at)
        hand_in(cast, forms[key], at)
    answer = login("city_officer").get(address(campaign))
    rows = {r.form.unit.name: r.values[6] for r in answer.context["rows"] if not r.form.own_only}
    assert rows == {"沪市市场监管局执法总队": None, "东区市场监管局": 1, "西区市场监管局": 1}
    assert set(answer.context["total"]) == {None}
    assert "汇总只计一家" in answer.content.decode()


def test_it_is_exported(login, cast, campaign, forms, at):
    visit(cast.east_bureau, cast.jia, at)
    hand_in(cast, forms["east_bureau"], at)
    data = login("city_officer").post(address(campaign)).content
    rows = [list(r) for r in openpyxl.load_workbook(io.BytesIO(data)).active.values]
    assert rows[1][:3] == ["单位", "状态", "1. 开展线上线下专题宣传活动（场次）"]
    east = next(r for r in rows if r[0] == "东区市场监管局")
    assert (east[1], east[8]) == ("待审核", 1)
    assert Entry.objects.about(forms["summary"]).last().verb == "exported"


def test_the_year_before_stands_beside_it(login, cast, campaign, forms, at):
    handout(cast.east_bureau, at, count=20)
    for key in ("own", "east_bureau", "west_bureau", "corps"):
        accepted(cast, forms[key], at)
    frozen(cast, forms["summary"], at)
    later = running(cast.city_officer, year=2026)
    open_forms(later, actor=cast.actor("city_officer"), at=at)
    answer = login("city_officer").get(address(later))
    assert answer.context["before"] == forms["summary"]
    row = answer.context["against"][7]
    assert (row.now, row.before, row.change, row.percent) == (None, 20, None, "")
    own = next(f for f in forms_of(later, cast.actor("district_officer")))
    hand_in(cast, own, at)
    row = login("district_officer").get(address(later)).context["against"][7]
    assert (row.now, row.before, row.change, row.percent) == (0, 20, -20, "-100.0%")


@pytest.mark.parametrize(
    ("now", "before", "change", "percent"),
    [(30, 20, 10, "+50.0%"), (5, 0, 5, ""), (0, 0, 0, ""), (None, 3, None, ""), (3, None, None, "")],
)
def test_a_change_is_only_given_where_there_is_something_to_compare(now, before, change, percent):
    row = Against(None, now, before)
    assert (row.change, row.percent) == (change, percent)


def test_outsider_gets_404(login, cast, campaign, forms):
    other = running(cast.other_district_officer, year=2025)
    assert login("district_officer").get(address(other)).status_code == 404
    assert login("station_staff").get(address(campaign)).status_code == 404


def test_before_the_forms_are_opened_there_is_nothing_to_compare(login, campaign):
    assert login("city_officer").get(address(campaign)).status_code == 404


def test_other_role_gets_403(login, campaign, forms):
    assert login("enterprise_admin").get(address(campaign)).status_code == 403


def test_the_queries_do_not_grow_with_the_units(login, cast, campaign, forms, at, django_assert_max_num_queries):
    for key in ("own", "east_bureau", "west_bureau", "corps"):
        hand_in(cast, forms[key], at)
    client = login("city_officer")
    with django_assert_max_num_queries(22):
        client.get(address(campaign))
