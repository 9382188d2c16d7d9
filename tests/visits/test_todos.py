"""The follow-up appears on the desk a week ahead and stays until somebody went there again."""

from datetime import date

from midun.kernel.web.todos import todos_for
from midun.visits import services


def asked(cast, day, who="district_officer"):
    found = todos_for(cast.actor(who), day)
    return [(t.text, t.due) for t in found if t.kind == "回访"]


DUE = date(2025, 7, 10)
TODO = [("回访甲精密机械有限公司", DUE)]


def test_it_appears_a_week_ahead_and_stays_when_it_is_late(record, cast):
    record(follow_up_on=DUE)
    assert asked(cast, date(2025, 7, 2)) == []
    assert asked(cast, date(2025, 7, 3)) == asked(cast, DUE) == asked(cast, date(2025, 9, 1)) == TODO
    assert asked(cast, DUE, "district_officer_2") == TODO
    assert asked(cast, DUE, "liaison_officer") == TODO
    assert asked(cast, DUE, "district_leader") == asked(cast, DUE, "other_district_officer") == []


def test_a_later_visit_of_any_way_settles_it(record, cast):
    record(follow_up_on=DUE)
    record(day=date(2025, 7, 8), way="telephone")
    assert asked(cast, DUE) == []


def test_a_revisit_may_ask_for_another(record, cast):
    record(way="revisit", follow_up_on=DUE)
    assert asked(cast, DUE) == TODO
    record(day=DUE, way="revisit", follow_up_on=date(2025, 8, 10))
    assert asked(cast, date(2025, 8, 10)) == [("回访甲精密机械有限公司", date(2025, 8, 10))]


def test_another_enterprise_an_earlier_or_a_voided_visit_does_not(record, cast, at):
    record(follow_up_on=DUE)
    record(day=date(2025, 5, 1))
    record(enterprise=cast.yi, day=date(2025, 7, 8))
    record("other_district_officer", day=date(2025, 7, 8))
    gone = record(day=date(2025, 7, 8))
    services.void(gone, version=1, reason="x", actor=cast.actor("district_officer"), at=at)
    assert asked(cast, DUE) == TODO


def test_a_voided_visit_asks_for_nothing(record, cast, at):
    gone = record(follow_up_on=DUE)
    services.void(gone, version=1, reason="x", actor=cast.actor("district_officer"), at=at)
    assert asked(cast, DUE) == []
