"""The registry, the measures, and that no number stands without its records."""

from datetime import date

import pytest

from midun.activities.kinds import Kind
from midun.kernel.statistics import figures
from midun.kernel.statistics.figures import Column, Distinct, Part, Period, Rows, Scope, Total, UnknownFigure
from midun.visits.models import Visit
from tests.kernel.statistics.factories import JUNE, event, visit


def part(measure, records=None):
    found = records if records is not None else Visit.objects.unscoped("test")
    return Part("走访", found, measure, (Column("日期", "day"),))


def test_it_works(cast, at):
    event(cast.east_bureau, at, people=[cast.jia, cast.jia, cast.yi, None])
    event(cast.west_bureau, at, people=[cast.yi])
    city, east = Scope(cast.city.path), Scope(cast.east.path)
    assert figures.get("pub_events").value(city, JUNE) == 2
    assert figures.get("pub_enterprises").value(city, JUNE) == 2
    assert figures.get("pub_enterprises").value(east, JUNE) == 2
    assert figures.get("pub_attendance").value(city, JUNE) == 5


def test_an_enterprise_counts_once_across_events_districts_and_levels(cast, at):
    for unit in (cast.east_bureau, cast.west_bureau, cast.city_bureau, cast.station):
        visit(unit, cast.jia, at)
        visit(unit, cast.jia, at, day=date(2025, 6, 20))
    for node in (cast.nation, cast.province, cast.city, cast.east, cast.west, cast.station_node):
        assert figures.get("visits").value(Scope(node.path), JUNE) == 1
    assert figures.get("visit_times").value(Scope(cast.city.path), JUNE) == 8


def test_unnamed_enterprises_and_people_are_added(cast, at):
    extra = {
        "headcount_extra": 30,
        "headcount_reason": "现场清点",
        "anonymous_enterprises": 4,
        "anonymous_reason": "线上",
    }
    event(cast.east_bureau, at, people=[cast.jia], **extra)
    assert figures.get("pub_enterprises").value(Scope(cast.east.path), JUNE) == 5
    assert figures.get("pub_attendance").value(Scope(cast.east.path), JUNE) == 31


def test_own_only_leaves_out_what_is_below(cast, at):
    event(cast.city_bureau, at, kind=Kind.TRAINING)
    event(cast.east_bureau, at, kind=Kind.TRAINING)
    own = Scope(cast.city.path, own_only=True)
    assert figures.get("train_events").value(own, JUNE) == 1
    assert figures.get("train_events").value(Scope(cast.city.path), JUNE) == 2


def test_a_path_is_not_a_prefix_of_another_nodes_number(cast):
    assert not cast.city.path.startswith(cast.city.path[:-1] + "9")
    assert Scope(cast.east.path).units().filter(pk=cast.station.pk).exists()
    assert not Scope(cast.east.path, own_only=True).units().filter(pk=cast.station.pk).exists()
    assert not Scope(cast.west.path).units().filter(pk=cast.station.pk).exists()


def test_both_ends_of_the_period_count(cast, at):
    for day in (date(2025, 5, 31), date(2025, 6, 1), date(2025, 6, 30), date(2025, 7, 1)):
        event(cast.east_bureau, at, day=day)
    assert figures.get("pub_events").value(Scope(cast.east.path), JUNE) == 2


def test_a_period_that_ends_before_it_starts_is_a_mistake():
    with pytest.raises(ValueError, match="ends before"):
        Period(date(2025, 6, 2), date(2025, 6, 1))


@pytest.mark.parametrize("measure", [Rows(), Total("secrets"), Distinct("enterprise")])
def test_a_part_measured_by_record_gives_the_same_number(cast, at, measure):
    for enterprise, secrets in ((cast.jia, 3), (cast.jia, None), (cast.yi, 4)):
        Visit.objects.create(
            unit=cast.east_bureau,
            enterprise=enterprise,
            created_at=at,
            day=date(2025, 6, 3),
            visitors="某",
            secrets=secrets,
        )
    rows = part(measure).measured(3)
    assert rows is not None
    assert [key for key, _ in rows] == sorted(key for key, _ in rows)
    assert measure.of_values([value for _, value in rows]) == part(measure).value() == part(measure).recount()
    assert part(measure).measured(2) is None


def test_an_empty_part_is_nought(db):
    for measure in (Rows(), Total("secrets"), Distinct("enterprise")):
        assert part(measure).value() == measure.of_values([]) == 0


def test_an_aggregate_is_used_and_can_be_recounted(cast, at):
    visit(cast.east_bureau, cast.jia, at)
    quick = Part("走访", Visit.objects.unscoped("test"), Rows(), (), fast=lambda: 41)
    assert (quick.value(), quick.recount()) == (41, 1)


def test_columns_reach_through_links_and_call_methods(cast, at):
    made = visit(cast.east_bureau, cast.jia, at)
    assert Column("企业", "enterprise.name").of(made) == cast.jia.name
    assert Column("方式", "get_way_display").of(made) == "走访"
    assert Column("安排", "plan_line.content").of(made) == ""
    assert Column("自算", lambda v: v.day.year).of(made) == 2025


def test_an_unknown_figure_is_refused():
    with pytest.raises(UnknownFigure):
        figures.get("nothing")


def test_a_name_is_registered_by_one_app_only():
    with pytest.raises(ValueError, match="twice"):

        @figures.figure("visits", label="x", unit="家", additive=True)
        def _again(_scope, _period):
            return []


@pytest.mark.parametrize("figure", figures.all_figures(), ids=lambda f: f.name)
def test_every_figure_says_how_it_counts_and_lists_its_records(cast, figure):
    assert figure.rule
    assert figure.unit in {"场次", "家", "人次", "份", "条", "个", "件", "篇", "次"}
    for one in figure.parts(Scope(cast.city.path), JUNE):
        assert one.columns
        assert list(one.listed()[:1]) == []
