"""Visited enterprises are counted once, visits each time, both by the day of the visit, both with their records."""

from datetime import date

from midun.kernel.statistics import figures
from midun.kernel.statistics.figures import Period, Scope
from midun.visits import services

JUNE = Period(date(2025, 6, 1), date(2025, 6, 30))


def value(name, node, *, own_only=False):
    return figures.get(name).value(Scope(node.path, own_only=own_only), JUNE)


def test_an_enterprise_counts_once_however_often_and_by_whomever(record, cast):
    record()
    record(day=date(2025, 6, 30))
    record("station_staff")
    record("other_district_officer")
    record("other_district_officer", enterprise=cast.yi)
    assert (value("visits", cast.city), value("visit_times", cast.city)) == (2, 5)
    assert (value("visits", cast.east), value("visits", cast.west)) == (1, 2)  # the sum exceeds the distinct number
    assert value("visits", cast.east, own_only=True) == value("visits", cast.station_node) == 1


def test_by_the_day_of_the_visit(record, cast):
    record(day=date(2025, 5, 31))
    record(day=date(2025, 7, 1))
    assert value("visits", cast.city) == 0
    record(day=date(2025, 6, 1))
    assert value("visits", cast.city) == 1


def test_a_voided_visit_does_not_count_until_it_is_restored(visit, cast, at):
    officer = cast.actor("district_officer")
    assert (value("visits", cast.city), value("suggestions", cast.city)) == (1, 1)
    services.void(visit, version=1, reason="重复", actor=officer, at=at)
    assert (value("visits", cast.city), value("suggestions", cast.city)) == (0, 0)
    services.restore(visit, version=2, reason="不重复", actor=officer, at=at)
    assert (value("visits", cast.city), value("suggestions", cast.city)) == (1, 1)


def test_every_number_lists_its_records(record, cast):
    record()
    record()
    for name, number in (("visits", 1), ("visit_times", 2)):
        figure = figures.get(name)
        (part,) = figure.parts(Scope(cast.city.path), JUNE)
        rows = [[column.of(r) for column in part.columns] for r in part.listed()]
        assert figure.rule
        assert part.value() == part.recount() == number
        assert len(rows) == 2
        assert cast.jia.credit_code in rows[0]
    assert not figures.get("visits").additive
