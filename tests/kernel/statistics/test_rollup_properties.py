"""Properties of the roll-up, on the real tables: whatever is recorded, the levels agree with each other."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from midun.activities.kinds import Kind
from midun.kernel.statistics import figures
from midun.kernel.statistics.figures import Period, Scope
from tests.kernel.statistics import factories as make
from tests.kernel.statistics.factories import undone

UNITS = ("samr", "province_bureau", "city_bureau", "corps", "east_bureau", "station", "west_bureau")
ENTERPRISES = ("jia", "yi", "bing", None)
FIRST = date(2025, 5, 30)
ALL = Period(FIRST, FIRST + timedelta(days=6))

days = st.integers(0, 6).map(lambda n: FIRST + timedelta(days=n))
units = st.sampled_from(UNITS)
events = st.tuples(
    st.just("event"),
    units,
    days,
    st.sampled_from([Kind.PUBLICITY, Kind.GUIDANCE, Kind.TRAINING]),
    st.lists(st.sampled_from(ENTERPRISES), max_size=4),
    st.integers(0, 3),
    st.integers(0, 3),
)
others = st.tuples(
    st.sampled_from(["visit", "suggestion", "claim", "handout", "news", "central", "report", "case"]),
    units,
    days,
    st.sampled_from(ENTERPRISES[:3]),
)
months = st.lists(events | others, max_size=12)
quick = settings(
    max_examples=10,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture
def world(cast, at):
    """The cast with a third enterprise, below the station."""
    from midun.kernel.orgs import services as orgs
    from midun.kernel.orgs.actor import system_actor
    from midun.kernel.orgs.enums import OrganisationKind

    cast.organisations["bing"] = orgs.add_organisation(
        actor=system_actor("测试"),
        at=at,
        name="丙新材料有限公司",
        kind=OrganisationKind.ENTERPRISE,
        jurisdiction=cast.station_node,
        credit_code="91310000MA1K35R41P",
    )
    return cast


def enter(world, month, at):
    """Record a month."""
    for kind, unit_key, day, *more in month:
        unit = world.organisations[unit_key]
        enterprise = world.organisations[more[0]] if kind != "event" else None
        if kind == "event":
            what, people, extra, unnamed = more
            make.event(
                unit,
                at,
                kind=what,
                day=day,
                people=[world.organisations[p] if p else None for p in people],
                headcount_extra=extra,
                headcount_reason="清点" if extra else "",
                anonymous_enterprises=unnamed,
                anonymous_reason="线上" if unnamed else "",
                materials=extra,
            )
        elif kind == "visit":
            make.visit(unit, enterprise, at, day=day)
        elif kind == "claim":
            make.claim(unit, enterprise, at, day=day)
        elif kind == "case":
            make.case(unit, at, world.city_officer.user, world.city_leader.user, day=day)
        elif kind == "central":
            make.news(unit, at, day=day, level="central")
        else:
            getattr(make, kind)(unit, at, day=day)


def levels(world):
    """Every node with children: its scope, and the scopes that make it up (its own units, then each child)."""
    tree = {
        "nation": ["province"],
        "province": ["city"],
        "city": ["corps_node", "east", "west"],
        "east": ["station_node"],
    }
    for name, children in tree.items():
        path = world.nodes[name].path
        yield Scope(path), [Scope(path, own_only=True), *(Scope(world.nodes[c].path) for c in children)]


@quick
@given(month=months)
def test_sum_over_children_equals_parent_where_figures_add_up(world, at, month):
    with undone():
        enter(world, month, at)
        for figure in figures.all_figures():
            for parent, children in levels(world):
                values = [figure.value(child, ALL) for child in children]
                whole = figure.value(parent, ALL)
                if figure.additive:
                    assert whole == sum(values), figure.name
                else:
                    assert max(values) <= whole <= sum(values), figure.name


@quick
@given(month=months)
def test_every_number_is_what_its_list_says(world, at, month):
    with undone():
        enter(world, month, at)
        for figure in figures.all_figures():
            for scope in (Scope(world.city.path), Scope(world.city.path, own_only=True), Scope(world.east.path)):
                listed, total = 0, 0
                for part in figure.parts(scope, ALL):
                    rows = part.measured(1000)
                    assert len(rows) == part.listed().count()
                    assert part.measure.of_values([value for _, value in rows]) == part.value() == part.recount()
                    listed, total = listed + len(rows), total + part.value()
                assert figure.value(scope, ALL) == total
                assert (total > 0) == (listed > 0)


@quick
@given(month=months, cut=st.integers(0, 5))
def test_two_halves_of_a_period_make_the_whole(world, at, month, cut):
    middle = FIRST + timedelta(days=cut)
    first, second = Period(FIRST, middle), Period(middle + timedelta(days=1), ALL.end)
    with undone():
        enter(world, month, at)
        scope = Scope(world.city.path)
        for figure in figures.all_figures():
            halves = [figure.value(scope, first), figure.value(scope, second)]
            whole = figure.value(scope, ALL)
            assert max(halves) <= whole <= sum(halves), figure.name
            assert not figure.additive or whole == sum(halves), figure.name


@quick
@given(month=months, gone=st.integers(0, 11))
def test_voiding_a_record_never_raises_a_number(world, at, month, gone):
    from midun.visits.models import Visit

    with undone():
        enter(world, month, at)
        scope, visits = Scope(world.nation.path), Visit.objects.unscoped("test").order_by("pk")
        before = {f.name: f.value(scope, ALL) for f in figures.all_figures()}
        one = visits[gone : gone + 1].first()
        visits.filter(pk=one.pk if one else None).update(voided_at=at, void_reason="误登")
        after = {f.name: f.value(scope, ALL) for f in figures.all_figures()}
        assert all(after[name] <= before[name] for name in before)
        assert after["visit_times"] == before["visit_times"] - (one is not None)
