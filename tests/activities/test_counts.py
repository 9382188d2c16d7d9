"""The counts kept for big subtrees are at every moment what the records give."""

import threading
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from itertools import count
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Q
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from midun.activities import tallies
from midun.activities.kinds import Kind, Method
from midun.activities.models import Activity, Participation
from midun.activities.people import Person
from midun.activities.services import events, participants, sign_in
from midun.kernel.orgs import services as orgs
from midun.kernel.orgs.actor import system_actor
from midun.kernel.orgs.enums import Level, OrganisationKind
from midun.kernel.orgs.models import Jurisdiction, Organisation
from midun.kernel.statistics import counts, figures, recount
from midun.kernel.statistics.figures import Period, Scope
from midun.kernel.statistics.models import DayCount
from midun.kernel.trail.models import Entry
from midun.kernel.trail.services import verify
from midun.kernel.trail.verbs import Verb

ACTOR = system_actor("测试")
DAY = date(2025, 6, 10)
JUNE = Period(date(2025, 6, 1), date(2025, 6, 30))


def hold(unit, at, *, day=DAY, kind=Kind.PUBLICITY, **more):
    return events.add(unit=unit, actor=ACTOR, at=at, title="讲座", day=day, kind=kind, **more)


def of(enterprise, number):
    return Person(
        name=f"员工{number}",
        enterprise=enterprise.name,
        credit_code=enterprise.credit_code or "",
        phone=f"1390000{number:04d}",
    )


def come(activity, at, *people):
    participants.add_people(activity, people=people, method=Method.PASTE, actor=ACTOR, at=at)


def wrong_counts():
    return [difference for node in recount.kept_nodes() for difference in recount.differences(node)]


def value(name, node, period=JUNE):
    return figures.get(name).value(Scope(node.path), period)


def recounted(name, node, period=JUNE):
    return sum(part.recount() for part in figures.get(name).parts(Scope(node.path), period))


def test_an_enterprise_counts_once_over_districts_and_events(cast, at):
    for unit in (cast.east_bureau, cast.west_bureau):
        for day in (DAY, DAY + timedelta(days=1)):
            come(hold(unit, at, day=day, materials=5), at, of(cast.jia, 1), of(cast.jia, 2), of(cast.yi, 3))
    for node in (cast.nation, cast.province, cast.city, cast.east):
        half = 1 if node == cast.east else 2
        assert value("pub_enterprises", node) == 2
        assert value("pub_attendance", node) == 6 * half
        assert value("pub_events", node) == 2 * half
        assert value("pub_materials", node) == 10 * half
    assert value("pub_enterprises", cast.nation, Period(DAY, DAY)) == 2
    assert value("pub_enterprises", cast.nation, Period(DAY + timedelta(days=2), JUNE.end)) == 0
    assert wrong_counts() == []


def test_counts_are_read_for_big_subtrees_and_records_for_small_ones(cast, at):
    come(hold(cast.east_bureau, at), at, of(cast.jia, 1))

    def reads_counts(scope):
        return all(
            part.fast
            for name in ("pub_events", "pub_enterprises", "pub_attendance")
            for part in figures.get(name).parts(scope, JUNE)
        )

    assert reads_counts(Scope(cast.nation.path))
    assert reads_counts(Scope(cast.province.path))
    assert not reads_counts(Scope(cast.city.path))
    assert not reads_counts(Scope(cast.nation.path, own_only=True))
    assert set(DayCount.objects.unscoped("test").values_list("node", flat=True)) == {cast.nation.pk, cast.province.pk}


def test_only_the_subtree_sees_its_counts(cast, at):
    hold(cast.east_bureau, at)
    assert DayCount.objects.visible_to(cast.actor("nation_officer")).count() == 2
    assert DayCount.objects.visible_to(cast.actor("province_officer")).count() == 1
    for outsider in ("city_officer", "enterprise_admin", "system_admin"):
        assert not DayCount.objects.visible_to(cast.actor(outsider)).exists()


def test_an_act_that_fails_leaves_the_counts_alone(cast, at):
    activity = hold(cast.east_bureau, at)
    come(activity, at, of(cast.jia, 1))
    entry = Participation.objects.unscoped("test").get()
    participants.void_participation(entry, reason="误登", actor=ACTOR, at=at)
    with pytest.raises(participants.AlreadyVoided):
        participants.void_participation(entry, reason="误登", actor=ACTOR, at=at)
    touched = tallies.people(Q(activity=activity), [cast.yi.pk])
    with pytest.raises(ZeroDivisionError), transaction.atomic(), counts.following(touched):
        Participation.objects.unscoped("test").update(voided_at=None, void_reason="", counts=True)
        raise ZeroDivisionError
    assert value("pub_enterprises", cast.nation) == recounted("pub_enterprises", cast.nation) == 0
    assert wrong_counts() == []


def test_acts_do_not_nest(cast, at):
    touched = tallies.new_event(cast.east_bureau, DAY)
    with counts.following(touched), pytest.raises(RuntimeError, match="already follow"), counts.following(touched):
        pass  # never reached


def test_moved_work_counts_where_it_now_belongs(cast, at):
    other = orgs.add_jurisdiction(actor=ACTOR, at=at, name="河省", level=Level.PROVINCE, parent=cast.nation)
    come(hold(cast.east_bureau, at), at, of(cast.jia, 1))
    come(hold(cast.west_bureau, at), at, of(cast.jia, 2), of(cast.yi, 3))
    move(cast.west, other, at)
    assert [value("pub_enterprises", node) for node in (cast.nation, cast.province, other)] == [2, 1, 2]
    organisation = Organisation.objects.unscoped("test").get(pk=cast.east_bureau.pk)
    place = orgs.add_jurisdiction(actor=ACTOR, at=at, name="新区", level=Level.COUNTY, parent=other)
    orgs.change_organisation(
        organisation=organisation, version=organisation.version, fields={"jurisdiction": place}, actor=ACTOR, at=at
    )
    assert [value("pub_attendance", node) for node in (cast.nation, cast.province, other)] == [3, 0, 3]
    assert wrong_counts() == []
    assert Entry.objects.filter(verb=Verb.RECOUNTED, reason="辖区调整").count() == 4


def test_a_node_that_rises_gets_counts_and_one_that_sinks_loses_them(cast, at):
    come(hold(cast.east_bureau, at), at, of(cast.jia, 1))
    move(cast.city, None, at)
    city = Jurisdiction.objects.unscoped("test").get(pk=cast.city.pk)
    assert city.path == f"{city.pk}."
    assert value("pub_enterprises", city) == 1
    assert value("pub_enterprises", cast.nation) == 0
    assert wrong_counts() == []
    move(city, cast.province, at)
    assert value("pub_enterprises", cast.nation) == 1
    assert not DayCount.objects.unscoped("test").filter(node__in=(cast.city, cast.east)).exists()
    assert wrong_counts() == []


def move(node, parent, at):
    now = Jurisdiction.objects.unscoped("test").get(pk=node.pk)
    orgs.change_jurisdiction(
        node=now, version=now.version, name=now.name, level=Level(now.level), parent=parent,
        division_code=now.division_code, order=now.order, actor=ACTOR, at=at,
    )  # fmt: skip


def test_wrong_counts_are_found_put_right_and_in_the_trail(cast, at, capsys):
    come(hold(cast.east_bureau, at), at, of(cast.jia, 1))
    call_command("recount")
    assert "计数与记录一致" in capsys.readouterr().out
    DayCount.objects.unscoped("test").filter(node=cast.nation, series="events.held.publicity").update(number=4)
    assert [(d.node, d.series, d.excess) for d in wrong_counts()] == [("国家", "events.held.publicity", 3)]
    with pytest.raises(SystemExit):
        call_command("recount")
    assert "国家 events.held.publicity 2025-06-10：多 3" in capsys.readouterr().err
    call_command("recount", "--repair")
    assert "已按记录更正" in capsys.readouterr().out
    entry = Entry.objects.get(verb=Verb.RECOUNTED)
    assert (entry.target_label, "多 3" in entry.reason) == ("国家", True)
    assert value("pub_events", cast.nation) == 1
    assert wrong_counts() == []


def test_the_daily_job_puts_right_what_was_written_past_the_services(cast, at, caplog):
    hold(cast.east_bureau, at)
    Activity.objects.unscoped("past the services").update(kind=Kind.TRAINING)
    from midun.kernel.statistics.jobs import prove

    prove(at=at)
    assert value("train_events", cast.nation) == 1
    assert wrong_counts() == []
    assert "计数与记录不符" in caplog.text


@dataclass
class World:
    """What random acts act on."""

    at: Any
    units: list[Any]
    enterprises: list[Any]
    provinces: list[Any]
    node: Any
    held: list[Activity] = field(default_factory=list)
    people: Any = field(default_factory=count)

    def event(self, a):
        return Activity.objects.unscoped("test").get(pk=self.held[a % len(self.held)].pk) if self.held else None

    def entry(self, a):
        known = list(Participation.objects.unscoped("test").order_by("pk"))
        return known[a % len(known)] if known else None

    def day(self, a):
        return date(2025, 5, 30) + timedelta(days=a % 6)

    def add(self, a, b):
        kinds = list(Kind)
        extra = {"anonymous_enterprises": b, "anonymous_reason": "线上"} if b % 3 else {}
        unit = self.units[a % len(self.units)]
        self.held.append(hold(unit, self.at, day=self.day(b), kind=kinds[(a + b) % 10], materials=a * b, **extra))

    def list_people(self, a, b):
        if event := self.event(a):
            some = [self.enterprises[(b + n) % len(self.enterprises)] for n in range(1 + b % 3)]
            come(event, self.at, *(of(e, next(self.people)) for e in some))

    def sign_in(self, a, b):
        if event := self.event(a):
            closes = self.at + timedelta(hours=1)
            door = sign_in.open_sign_in(event, closes_at=closes, rotating=False, actor=ACTOR, at=self.at)
            person = of(self.enterprises[b % len(self.enterprises)], next(self.people))
            sign_in.sign_in(token=door.token, person=person, ticket="", at=self.at)

    def stranger(self, a, b):
        """Somebody of an enterprise that nobody entered yet signs in; an officer takes the enterprise in."""
        if event := self.event(a):
            closes = self.at + timedelta(hours=1)
            door = sign_in.open_sign_in(event, closes_at=closes, rotating=False, actor=ACTOR, at=self.at)
            code = STRANGERS[b % len(STRANGERS)]
            person = Person(
                name="来宾", enterprise="丙检测有限公司", credit_code=code, phone=f"137{next(self.people):08d}"
            )
            sign_in.sign_in(token=door.token, person=person, ticket="", at=self.at)
            if b % 2:
                participants.take_in(event, actor=ACTOR, at=self.at)

    def void_entry(self, a, b):
        if entry := self.entry(a):
            participants.void_participation(entry, reason="误登", actor=ACTOR, at=self.at)

    def match(self, a, b):
        if entry := self.entry(a):
            enterprise = [None, *self.enterprises][b % (1 + len(self.enterprises))]
            participants.match(entry, enterprise=enterprise, alike=bool(b % 2), actor=ACTOR, at=self.at)

    def change(self, a, b):
        if event := self.event(a):
            fields = {
                "day": self.day(b),
                "kind": list(Kind)[b % 10],
                "materials": b,
                "headcount_extra": b + 1,
                "headcount_reason": "清点",
            }
            events.change(event, version=event.version, actor=ACTOR, at=self.at, fields=fields)

    def void(self, a, b):
        if event := self.event(a):
            events.void(event, version=event.version, reason="取消", actor=ACTOR, at=self.at)

    def restore(self, a, b):
        if event := self.event(a):
            events.restore(event, version=event.version, reason="误作废", actor=ACTOR, at=self.at)

    def move(self, a, b):
        move(self.node, self.provinces[a % len(self.provinces)], self.at)


STRANGERS = ("91310000MA1FL0JK1K", "91310000MA1FL0JLXB")
ACTS = ("add", "list_people", "sign_in", "stranger", "void_entry", "match", "change", "void", "restore", "move")
MADE_IN_VAIN = (events.Voided, orgs.Stale, participants.AlreadyVoided, sign_in.SignInClosed, orgs.NotPossible)


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking whole months takes minutes
)
@given(
    acts=st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 9), st.integers(0, 9)), min_size=8, max_size=25),
    start=st.integers(0, 6),
    length=st.integers(0, 6),
)
def test_after_any_acts_every_figure_is_what_a_recount_gives(cast, at, acts, start, length):
    period = Period(date(2025, 5, 29) + timedelta(days=start), date(2025, 5, 29) + timedelta(days=start + length))
    with transaction.atomic():
        other = orgs.add_jurisdiction(actor=ACTOR, at=at, name="河省", level=Level.PROVINCE, parent=cast.nation)
        there = orgs.add_organisation(
            actor=ACTOR, at=at, name="河省市场监管局", kind=OrganisationKind.BUREAU, jurisdiction=other
        )
        world = World(
            at,
            [cast.east_bureau, cast.west_bureau, cast.samr, there],
            [cast.jia, cast.yi],
            [cast.city, other],
            cast.west,
        )
        world.add(0, 0)
        world.add(1, 3)
        for name, a, b in acts:
            try:
                with transaction.atomic():
                    getattr(world, name)(a, b)
            except MADE_IN_VAIN:
                pass
        for node in (cast.nation, cast.province, other):
            for name in (figure.name for figure in figures.all_figures()):
                assert value(name, node, period) == recounted(name, node, period), (name, node, acts)
        assert wrong_counts() == []
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
def test_many_who_sign_in_at_once_are_counted_exactly(cast, at):
    doors = [
        sign_in.open_sign_in(
            hold(unit, at, day=DAY + timedelta(days=n % 2)),
            closes_at=at + timedelta(hours=1),
            rotating=False,
            actor=ACTOR,
            at=at,
        )
        for n, unit in enumerate((cast.east_bureau, cast.west_bureau, cast.corps))
    ]

    def arrive(turn):
        for n, door in enumerate(doors):
            person = of((cast.jia, cast.yi)[(turn + n) % 2], 100 * turn + n)
            sign_in.sign_in(token=door.token, person=person, ticket="", at=at)

    assert at_once([partial(arrive, turn) for turn in range(4)]) == []
    assert value("pub_attendance", cast.nation) == 12
    assert value("pub_enterprises", cast.nation) == 2
    assert wrong_counts() == []
    assert list(verify()) == []


@pytest.mark.django_db(transaction=True)
def test_acts_of_every_kind_at_once_leave_the_counts_exact(cast, at):
    held = [hold(unit, at) for unit in (cast.east_bureau, cast.west_bureau)]
    for n, event in enumerate(held):
        come(event, at, of(cast.jia, n), of(cast.yi, 10 + n))
    door = sign_in.open_sign_in(held[0], closes_at=at + timedelta(hours=1), rotating=False, actor=ACTOR, at=at)
    entries = list(Participation.objects.unscoped("test").order_by("pk"))

    def change(event):
        now = Activity.objects.unscoped("test").get(pk=event.pk)
        fields = {"day": DAY + timedelta(days=3), "materials": 7}
        events.change(now, version=now.version, actor=ACTOR, at=at, fields=fields)

    failed = at_once(
        [
            lambda: sign_in.sign_in(token=door.token, person=of(cast.yi, 77), ticket="", at=at),
            lambda: change(held[0]),
            lambda: come(held[1], at, of(cast.jia, 88), of(cast.jia, 89)),
            lambda: participants.void_participation(entries[0], reason="误登", actor=ACTOR, at=at),
            lambda: participants.match(entries[3], enterprise=cast.jia, alike=False, actor=ACTOR, at=at),
            lambda: change(held[1]),
        ]
    )
    assert [error for error in failed if not isinstance(error, orgs.Stale)] == []
    for name in (figure.name for figure in figures.all_figures()):
        assert value(name, cast.nation) == recounted(name, cast.nation), name
    assert wrong_counts() == []
    assert list(verify()) == []


def at_once(acts):
    """Run every act in a thread of its own; returns what went wrong."""
    failed = []

    def run(act):
        try:
            act()
        except Exception as error:  # noqa: BLE001  # handed to the test, which looks at it
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return failed
