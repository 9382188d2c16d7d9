"""The desk: what it shows each role, and that it shows nothing of others."""

from datetime import date

import pytest

from midun.activities.services import events
from midun.campaigns.services import campaigns
from midun.dashboards.desk import done, month, running
from midun.dashboards.roles import desk_of
from midun.kernel.notify.models import Notice
from midun.kernel.notify.services import send
from midun.kernel.orgs.enums import Role
from midun.kernel.orgs.services import grant
from midun.kernel.web.todos import Todo
from midun.visits import services as visits
from tests.campaigns.factories import campaign_of

EVERYBODY = (
    "city_officer", "city_leader", "liaison_officer", "station_staff", "enterprise_admin", "confidentiality_officer",
    "expert", "system_admin", "security_admin", "auditor",
)  # fmt: skip


@pytest.fixture
def free(settings):
    settings.MIDUN_ADMINS_NEED_SECOND_FACTOR = False


@pytest.fixture
def running_month(cast, at):
    """The city's campaign of June 2025, launched."""
    made = campaign_of(cast.city_officer)
    campaigns.launch(campaign=made, actor=cast.actor("city_officer"), at=at)
    made.refresh_from_db()
    return made


@pytest.mark.parametrize("who", EVERYBODY)
def test_every_role_has_a_desk_that_speaks_to_it(login, free, cast, who):
    shown = login(who).get("/desk/").content.decode()
    words = desk_of(Role(cast.memberships[who].role))
    assert words.lead in shown
    assert (words.nothing in shown and "没有待办事项" in shown) or 'class="list-group-item' in shown
    assert "没有未读通知" in shown


def test_every_role_has_words():
    assert all(desk_of(role).lead and desk_of(role).nothing for role in Role if role != Role.VISITOR)


def test_deadlines_are_said_in_words_and_the_overdue_come_first(login, cast, at, time_machine_at):
    actor = cast.actor("district_officer")
    for n, due in enumerate((date(2025, 6, 12), date(2025, 6, 7), date(2025, 6, 10))):
        fields = {"day": date(2025, 5, 1), "visitors": "某", "follow_up_on": due}
        enterprise = cast.jia if n == 0 else cast.yi if n == 1 else cast.samr
        visits.record_visit(unit=cast.east_bureau, enterprise=enterprise, actor=actor, at=at, **fields)
    shown = login("district_officer").get("/desk/").content.decode()
    assert shown.index("已逾期 3 天") < shown.index("今天截止") < shown.index("还有 2 天")
    assert "1 项已逾期" in shown
    assert "截止 2025-06-07" in shown


@pytest.fixture
def time_machine_at(at):
    """Now is the time at which the tests take place."""
    import time_machine

    with time_machine.travel(at, tick=False):
        yield


def test_many_things_to_do_are_folded(login, monkeypatch):
    todo = Todo("填报", "某事", "/x/", None)
    monkeypatch.setattr("midun.dashboards.views.pages.todos_for", lambda _actor, _today: [todo] * 11)
    shown = login("district_officer").get("/desk/").content.decode()
    assert "其余 3 项" in shown


def test_what_one_did_is_listed_with_its_page(login, cast, at):
    actor = cast.actor("district_officer")
    fields = {"kind": "training", "title": "离职交接培训", "day": date(2025, 6, 3)}
    made = events.add(unit=cast.east_bureau, actor=actor, at=at, **fields)
    acts = done(actor)
    assert (acts[0].verb, acts[0].url) == ("登记", made.get_absolute_url())
    assert not done(cast.actor("district_officer_2"))
    assert f'href="{made.get_absolute_url()}"' in login("district_officer").get("/desk/").content.decode()


def test_another_membership_of_the_same_person_has_its_own_desk(cast, at):
    actor = cast.actor("district_officer")
    events.add(unit=cast.east_bureau, actor=actor, at=at, kind="training", title="培训", day=date(2025, 6, 3))
    second = grant(
        user=cast.district_officer.user,
        organisation=cast.station,
        role=Role.STATION_STAFF,
        actor=cast.actor("security_admin"),
        at=at,
    )
    assert done(second.actor()) == []


def test_unread_notices_can_be_read_from_the_desk(login, cast, at):
    for n in range(2):
        send(kind=Notice.Kind.TODO, to=[cast.district_officer], text=f"第{n}件", url="/x/", key=f"k{n}", at=at)
    client = login("district_officer")
    shown = client.get("/desk/").content.decode()
    assert "第0件" in shown
    assert "全部已读" in shown
    client.post("/notices/", {"next": "/desk/"})
    assert "没有未读通知" in client.get("/desk/").content.decode()


def test_the_running_month_is_on_the_desk_of_those_it_concerns(running_month, cast):
    for who in ("city_officer", "district_officer", "station_staff", "enterprise_admin"):
        assert running(cast.actor(who)) == running_month
    assert running(cast.actor("expert")) is None
    assert running(cast.actor("auditor")) is None


def test_the_month_counts_its_days(running_month):
    first, last = running_month.start, running_month.end
    begun = month(running_month, first)
    assert (begun.day, begun.left) == (1, (last - first).days)
    assert month(running_month, last).left == 0
    over = month(running_month, date(last.year, last.month + 1, 5))
    assert over.day == over.days
    assert over.left < 0
    assert month(None, first) is None


def test_the_figures_of_the_form_are_counted_for_ones_own_subtree(login, running_month, cast, at):
    for who, unit in (("district_officer", "east_bureau"), ("other_district_officer", "west_bureau")):
        fields = {"kind": "publicity", "title": "宣传", "day": date(2025, 6, 3), "materials": 40}
        events.add(unit=cast.organisations[unit], actor=cast.actor(who), at=at, **fields)
    # the template's own days may lie in another year
    type(running_month).objects.unscoped("test").filter(pk=running_month.pk).update(
        start=date(2025, 6, 1), end=date(2025, 6, 30)
    )
    items = login("district_officer").get("/desk/figures/").context["items"]
    assert [i.number for i in items] == [str(n) for n in range(1, 11)]
    assert sum(len(i.numbers) for i in items) == 17
    assert [n.value for n in items[0].numbers] == [1, 0, 0, 40]
    assert login("city_officer").get("/desk/figures/").context["items"][0].numbers[0].value == 2


def test_without_a_month_there_are_no_figures(login):
    assert login("district_officer").get("/desk/figures/").status_code == 404


def test_the_desk_asks_the_database_equally_often_however_much_there_is(login, cast, at, django_assert_max_num_queries):
    client = login("district_officer")
    actor = cast.actor("district_officer")
    events.add(unit=cast.east_bureau, actor=actor, at=at, kind="training", title="培训", day=date(2025, 6, 3))
    client.get("/desk/")
    with django_assert_max_num_queries(26) as few:
        client.get("/desk/")
    for n in range(12):
        events.add(unit=cast.east_bureau, actor=actor, at=at, kind="training", title=f"培训{n}", day=date(2025, 6, 3))
        send(kind=Notice.Kind.TODO, to=[cast.district_officer], text=f"第{n}件", url="/x/", key=f"k{n}", at=at)
    with django_assert_max_num_queries(26) as many:
        client.get("/desk/")
    assert len(few) == len(many)
