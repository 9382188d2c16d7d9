"""The big screen: its numbers are those of the form, its tiles open their tables, many screens cost as much as one."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from midun.activities.services import events
from midun.campaigns.models import Campaign
from midun.campaigns.services import campaigns, plan, progress, review
from midun.dashboards.fresh import fresh
from midun.kernel.statistics import figures
from midun.kernel.statistics.figures import Period, Scope
from midun.visits import services as visits
from tests.campaigns.factories import campaign_of


@pytest.fixture
def june(cast, at):
    """The city's campaign, running in June 2025, with one approved line of the east bureau."""
    made = campaign_of(cast.city_officer)
    campaigns.launch(campaign=made, actor=cast.actor("city_officer"), at=at)
    Campaign.objects.unscoped("test").filter(pk=made.pk).update(start=date(2025, 6, 1), end=date(2025, 6, 30))
    made.refresh_from_db()
    return made


@pytest.fixture
def line(june, cast, at):
    """An approved line of the east bureau."""
    actor = cast.actor("district_officer")
    made = plan.add_line(campaign=june, content="举办培训", strand=None, actor=actor, at=at)
    plan.submit(lines=[made], actor=actor, at=at)
    made.refresh_from_db()
    review.approve(campaign=june, lines=[(made.pk, made.version)], actor=cast.actor("city_leader"), at=at)
    made.refresh_from_db()
    return made


@pytest.fixture
def hold(cast, at):
    """`hold("district_officer")` adds an event of the person's unit."""

    def holding(who, **more):
        member = cast.memberships[who]
        fields = {"kind": "training", "title": "培训", "day": date(2025, 6, 3), **more}
        return events.add(unit=member.organisation, actor=member.actor(), at=at, **fields)

    return holding


def data(client, month):
    return client.get(f"/board/{month.pk}/data/").json()


def test_it_works(login, june, hold, cast, at):
    hold("district_officer")
    hold("other_district_officer")
    visits.record_visit(
        unit=cast.east_bureau,
        enterprise=cast.jia,
        actor=cast.actor("district_officer"),
        at=at,
        day=date(2025, 6, 4),
        visitors="某",
    )
    got = data(login("city_officer"), june)
    assert {d["day"]: (d["events"], d["visits"]) for d in got["days"]}["2025-06-03"] == (2, 0)
    assert {d["day"]: (d["events"], d["visits"]) for d in got["days"]}["2025-06-04"] == (0, 1)
    assert next(i["text"] for i in got["latest"]) == "走访甲精密机械有限公司"
    assert got["as_of"]


def test_every_number_of_the_form_is_there_and_equals_its_figure(login, june, hold, cast):
    hold("district_officer", kind="publicity", materials=40)
    got = data(login("city_officer"), june)
    numbers = [n for item in got["items"] for n in item["numbers"]]
    assert len(numbers) == 17
    scope, period = Scope(cast.actor("city_officer").path), Period(date(2025, 6, 1), date(2025, 6, 30))
    for number in numbers:
        name = number["url"].rstrip("/").rsplit("/", 1)[1]
        assert number["value"] == figures.get(name).value(scope, period)


def test_every_tile_opens_its_table(login, june, hold, line):
    hold("district_officer")
    client = login("city_officer")
    got = data(client, june)
    addresses = [n["url"] for item in got["items"] for n in item["numbers"]]
    addresses += [u["url"] for u in got["units"]] + [i["url"] for i in got["latest"]]
    addresses += [f"/board/{june.pk}/{name}/" for name in ("days", "units", "latest")]
    assert {client.get(address).status_code for address in addresses} == {200}


def test_a_line_counts_as_carried_out_by_a_record_or_by_the_units_word(login, june, line, hold, cast, at):
    def east(client):
        return next(u for u in data(client, june)["units"] if u["name"].startswith("东区"))

    client = login("city_officer")
    assert (east(client)["planned"], east(client)["done"], east(client)["stage"]) == (1, 0, 0)
    progress.finish(line=line, version=line.version, note="办了", actor=cast.actor("district_officer"), at=at)
    page = client.get(f"/board/{june.pk}/units/").context["rows"]
    assert next(u for u in page if u.name.startswith("东区")).done == 1
    line.refresh_from_db()
    progress.unfinish(line=line, version=line.version, reason="误点", actor=cast.actor("district_officer"), at=at)
    hold("district_officer", plan_line=line)
    page = client.get(f"/board/{june.pk}/units/").context["rows"]
    assert next(u for u in page if u.name.startswith("东区")).share == 100


def test_a_district_sees_its_own_numbers_only(login, june, hold):
    hold("district_officer")
    hold("other_district_officer")
    got = data(login("district_officer"), june)
    assert sum(d["events"] for d in got["days"]) == 1
    assert {i["unit"] for i in got["latest"]} == {"东区市场监管局"}


def test_outsider_gets_404(login, june):
    Campaign.objects.unscoped("test").filter(pk=june.pk).update(organiser=june.organiser)
    for path in ("", "data/", "units/", "days/", "latest/", "figures/visits/"):
        assert login("city_officer").get(f"/board/99999/{path}").status_code == 404
    assert login("city_officer").get(f"/board/{june.pk}/figures/nothing/").status_code == 404


@pytest.mark.parametrize("who", ["enterprise_admin", "expert", "station_staff", "liaison_officer"])
def test_other_role_gets_403(login, june, who):
    assert login(who).get(f"/board/{june.pk}/data/").status_code == 403


def test_a_draft_is_on_no_screen(login, cast):
    draft = campaign_of(cast.city_officer)
    assert login("city_officer").get(f"/board/{draft.pk}/").status_code == 404
    assert "没有可展示的服务月" in login("city_officer").get("/board/").content.decode()


def test_a_hundred_screens_cost_as_much_as_one(login, june, hold):
    hold("district_officer")
    client = login("city_officer")
    data(client, june)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        data(client, june)
    assert len(asked) <= 6
    assert not [q for q in asked.captured_queries if "activities_activity" in q["sql"]]


def test_numbers_are_made_anew_by_one_while_the_others_get_the_last(at):
    made = []

    def count():
        made.append(1)
        if len(made) == 2:  # while one counts, another asks
            assert fresh("k", count, seconds=10, at=at + timedelta(seconds=21)) == (1, at)
        return len(made)

    assert fresh("k", count, seconds=10, at=at) == (1, at)
    assert fresh("k", count, seconds=10, at=at + timedelta(seconds=9)) == (1, at)
    assert fresh("k", count, seconds=10, at=at + timedelta(seconds=20)) == (2, at + timedelta(seconds=20))
    assert len(made) == 2


def test_the_collecting_asks_equally_often_however_much_there_is(login, june, hold, cast):
    client = login("city_officer")
    with CaptureQueriesContext(connection) as few:
        data(client, june)
    for n in range(10):
        hold("district_officer", day=date(2025, 6, 1 + n))
    from django.core.cache import cache

    cache.clear()
    with CaptureQueriesContext(connection) as many:
        data(client, june)
    assert len(many) <= len(few) + 1
