"""What the ledger contributes to the form, each number with its records, each by the right date."""

from datetime import UTC, date, datetime

import pytest

from midun.claims import services
from midun.kernel.statistics import figures
from midun.kernel.statistics.figures import Period, Scope

JUNE = Period(date(2025, 6, 1), date(2025, 6, 30))
JULY = Period(date(2025, 7, 1), date(2025, 7, 31))
LAST_MOMENT = datetime(2025, 6, 30, 15, 59, 59, tzinfo=UTC)
"""23:59:59 on 30 June in Shanghai."""


def value(name, node, period=JUNE, *, own_only=False):
    return figures.get(name).value(Scope(node.path, own_only=own_only), period)


@pytest.fixture
def resolve(raise_claim, cast):
    def make(moment, *, resolved=True, who="district_officer", **fields):
        claim = raise_claim(who, **fields)
        services.accept(claim, actor=cast.actor(who), at=moment)
        services.close(claim, resolved=resolved, reply="已解决", actor=cast.actor(who), at=moment)
        return claim

    return make


def test_resolved_counts_by_the_day_it_was_closed(resolve, cast):
    resolve(LAST_MOMENT, raised_on=date(2025, 5, 20))
    resolve(datetime(2025, 6, 30, 16, 0, tzinfo=UTC))  # midnight: already July
    assert (value("claims_resolved", cast.city), value("claims_resolved", cast.city, JULY)) == (1, 1)


def test_only_what_was_resolved_counts(resolve, raise_claim, cast, at):
    resolve(LAST_MOMENT, resolved=False)
    refused = raise_claim()
    services.refuse(refused, reason="x", reply="y", actor=cast.actor("district_officer"), at=at)
    raise_claim()
    assert value("claims_resolved", cast.city) == 0
    assert value("claims_registered", cast.city) == 3


def test_a_voided_claim_does_not_count(resolve, cast, at):
    claim = resolve(LAST_MOMENT)
    assert value("claims_resolved", cast.city) == 1
    services.void(claim, version=1, reason="重复", actor=cast.actor("district_officer"), at=at)
    assert value("claims_resolved", cast.city) == value("claims_registered", cast.city) == 0


def test_it_counts_for_the_unit_that_resolved_it(raise_claim, cast, at):
    claim = raise_claim()
    services.transfer(claim, to=cast.station, reason="上门", actor=cast.actor("district_officer"), at=at)
    services.accept(claim, actor=cast.actor("station_staff"), at=at)
    services.close(claim, resolved=True, reply="已解决", actor=cast.actor("station_staff"), at=at)
    assert value("claims_resolved", cast.station_node, own_only=True) == 1
    assert value("claims_resolved", cast.east, own_only=True) == 0
    assert value("claims_resolved", cast.east) == value("claims_resolved", cast.nation) == 1
    assert value("claims_resolved", cast.west) == 0


@pytest.mark.parametrize("name", ["claims_resolved", "claims_registered", "suggestions"])
def test_every_number_lists_its_records(resolve, cast, at, name):
    resolve(LAST_MOMENT)
    services.suggest(
        unit=cast.east_bureau,
        actor=cast.actor("district_officer"),
        at=at,
        topic="system",
        text="建议",
        given_on=date(2025, 6, 3),
    )
    figure = figures.get(name)
    assert figure.rule
    (part,) = figure.parts(Scope(cast.city.path), JUNE)
    rows = [[column.of(record) for column in part.columns] for record in part.listed()]
    assert len(rows) == part.value() == part.recount() == 1
    assert "东区市场监管局" in rows[0]
