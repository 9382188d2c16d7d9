"""The eight figures of activities: what counts, what does not, and that distinct means distinct."""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from midun.activities.kinds import Group, Kind
from midun.activities.models import Activity, Participation
from midun.activities.people import Person
from midun.activities.services import events, participants
from midun.kernel.statistics import figures
from midun.kernel.statistics.figures import Period, Scope
from tests.activities.factories import DAY, entries, event, listed, number, people

JUNE = Period(date(2025, 6, 1), date(2025, 6, 30))
NAMES = (
    "pub_events", "pub_enterprises", "pub_attendance", "pub_materials",
    "meet_events", "meet_enterprises",
    "train_events", "train_enterprises", "train_attendance",
)  # fmt: skip


def numbers(scope):
    return {name: number(name, scope, JUNE) for name in NAMES}


def some(scope):
    return {name: value for name, value in numbers(scope).items() if value}


def test_it_works(cast):
    made = event(cast.district_officer, kind="open_day", materials=30)
    listed(made, cast.district_officer, people("张三", "李四"))
    assert some(Scope(cast.east.path)) == {
        "pub_events": 1,
        "pub_enterprises": 1,
        "pub_attendance": 2,
        "pub_materials": 30,
    }
    assert some(Scope(cast.west.path)) == {}


@pytest.mark.parametrize(
    ("kind", "heading"), [("symposium", "meet"), ("guidance", "meet"), ("promotion", "meet"), ("salon", "train")]
)
def test_each_kind_counts_under_its_heading(cast, kind, heading):
    made = event(cast.district_officer, kind=kind)
    listed(made, cast.district_officer, people("张三"))
    found = some(Scope(cast.east.path))
    assert {name.split("_")[0] for name in found} == {heading}
    assert found[f"{heading}_enterprises"] == 1


def test_an_enterprise_counts_once_over_events_units_and_levels(cast):
    for who in ("district_officer", "other_district_officer", "city_officer", "corps_officer"):
        for day in (3, 9):
            made = event(cast.memberships[who], kind="training", day=date(2025, 6, day))
            listed(made, cast.memberships[who], people("张三", "李四"))
    city = numbers(Scope(cast.city.path))
    assert (city["train_events"], city["train_enterprises"], city["train_attendance"]) == (8, 1, 16)
    assert number("train_enterprises", Scope(cast.east.path), JUNE) == 1
    assert number("train_enterprises", Scope(cast.city.path, own_only=True), JUNE) == 1
    assert number("train_events", Scope(cast.city.path, own_only=True), JUNE) == 2


def test_by_credit_code_not_by_spelling(cast):
    made = event(cast.district_officer)
    persons = [
        Person("张三", "甲精密机械有限公司", phone="13800000001"),
        Person("李四", "甲精密机械", "91310000MA1K35XR8Q", "13800000002"),
        Person("王五", " 甲精密机械 有限公司", phone="13800000003"),
    ]
    listed(made, cast.district_officer, persons)
    assert [p.enterprise_id for p in entries(made)] == [cast.jia.pk] * 3
    assert number("train_enterprises", Scope(cast.east.path), JUNE) == 1


def test_counts_without_a_list_are_added_with_their_reason(cast):
    event(
        cast.district_officer,
        kind="publicity",
        headcount_extra=40,
        headcount_reason="现场清点",
        anonymous_enterprises=7,
        anonymous_reason="流动宣传，未逐一登记企业",
    )
    found = some(Scope(cast.east.path))
    assert found == {"pub_events": 1, "pub_enterprises": 7, "pub_attendance": 40}
    parts = figures.get("pub_enterprises").parts(Scope(cast.east.path), JUNE)
    assert [(part.label, part.value()) for part in parts] == [
        ("列名企业（跨场次、跨单位去重）", 0),
        ("未列名企业（按活动登记数）", 7),
    ]
    column = parts[1].columns[-1]
    assert (column.title, column.of(parts[1].listed()[0])) == ("原因", "流动宣传，未逐一登记企业")


def test_the_days_of_the_period_count_and_no_others(cast):
    for day in (date(2025, 5, 31), date(2025, 6, 1), date(2025, 6, 30), date(2025, 7, 1)):
        listed(event(cast.district_officer, day=day), cast.district_officer, people("张三"))
    assert number("train_events", Scope(cast.east.path), JUNE) == 2
    assert number("train_attendance", Scope(cast.east.path), JUNE) == 2


def test_what_is_voided_does_not_count_and_counts_again_when_restored(cast, at):
    actor = cast.actor("district_officer")
    made = event(cast.district_officer)
    first, _ = listed(made, cast.district_officer, people("张三", "李四"))
    participants.void_participation(first, reason="写错了", actor=actor, at=at)
    assert number("train_attendance", Scope(cast.east.path), JUNE) == 1
    events.void(made, version=1, reason="未举办", actor=actor, at=at)
    assert some(Scope(cast.east.path)) == {}
    events.restore(made, version=2, reason="误作废", actor=actor, at=at)
    assert number("train_attendance", Scope(cast.east.path), JUNE) == 1


def test_a_change_of_kind_or_day_moves_everybody(cast, at):
    made = event(cast.district_officer, kind="training")
    listed(made, cast.district_officer, people("张三", "李四"))
    fields = {"kind": "symposium", "day": date(2025, 6, 20)}
    events.change(made, version=1, actor=cast.actor("district_officer"), at=at, fields=fields)
    assert some(Scope(cast.east.path)) == {"meet_events": 1, "meet_enterprises": 1}
    assert {(p.group, p.day) for p in entries(made)} == {(Group.MEETING, date(2025, 6, 20))}


def test_people_without_an_enterprise_count_as_people_only(cast):
    made = event(cast.district_officer)
    persons = [
        Person("张三", "个人", phone="13800000001"),
        Person("李四", "东区市场监督管理局", phone="13800000002"),
        Person("王五", "没有收录的公司", phone="13800000003"),
    ]
    kept = listed(made, cast.district_officer, persons)
    assert [(p.is_enterprise, p.is_unmatched) for p in kept] == [(False, False), (False, False), (True, True)]
    found = some(Scope(cast.east.path))
    assert found == {"train_events": 1, "train_attendance": 3}


def test_every_number_is_the_length_of_its_list(cast):
    made = event(cast.district_officer, kind="forum", materials=5)
    listed(made, cast.district_officer, people("张三", "李四"))
    for name in NAMES:
        for part in figures.get(name).parts(Scope(cast.nation.path), JUNE):
            rows = [[column.of(row) for column in part.columns] for row in part.listed()]
            assert part.value() == part.recount()
            assert (part.value() == 0) == (rows == [])


MOVES = st.lists(
    st.tuples(
        st.sampled_from(("district_officer", "other_district_officer", "city_officer", "corps_officer")),
        st.sampled_from(list(Kind)),
        st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=4),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(MOVES)
def test_the_roll_up_is_the_sum_of_its_units_and_distinct_never_more(cast, at, moves):
    """Additive figures sum over the children; 家 lies between the largest child and the sum; all equal a plain count."""
    Participation.objects.unscoped("fresh").delete()
    Activity.objects.unscoped("fresh").delete()
    for who, kind, visitors, materials in moves:
        made = event(cast.memberships[who], kind=kind, materials=materials)
        persons = [
            Person(f"人{phone}", "甲精密机械有限公司" if jia else "乙生物医药股份有限公司", phone=f"1390000000{phone}")
            for phone, jia in visitors
        ]
        listed(made, cast.memberships[who], persons)
    city = Scope(cast.city.path)
    children = [
        Scope(cast.city.path, own_only=True),
        *(Scope(node.path) for node in (cast.east, cast.west, cast.corps_node)),
    ]
    for name in NAMES:
        whole, parts = number(name, city, JUNE), [number(name, child, JUNE) for child in children]
        if figures.get(name).additive:
            assert whole == sum(parts)
        else:
            assert max(parts) <= whole <= sum(parts)
    by_hand = {
        (p.activity.group, p.enterprise_id)
        for p in Participation.objects.unscoped("by hand").select_related("activity")
        if p.enterprise_id
    }
    for prefix, group in (("pub", Group.PUBLICITY), ("meet", Group.MEETING), ("train", Group.TRAINING)):
        assert number(f"{prefix}_enterprises", city, JUNE) == sum(g == group for g, _ in by_hand)


def test_the_database_keeps_a_count_and_its_reason_together(cast):
    from django.db import IntegrityError, transaction

    made = event(cast.district_officer)
    rows = Activity.objects.unscoped("test").filter(pk=made.pk)
    for fields in ({"headcount_extra": 3}, {"anonymous_enterprises": 3}, {"headcount_reason": "没有人数"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**fields)
    assert made.day == DAY
