"""What a form states: counted, adjusted, carried up from below, and what changed after it was handed in."""

from datetime import date

import pytest

from midun.kernel.statistics.cells import KEPT, fill
from midun.kernel.statistics.checks import findings, obstacles
from midun.kernel.statistics.late import changes_of
from midun.kernel.statistics.services import filling
from midun.publicity.models import QuestionnaireHandout
from midun.visits.models import Visit
from tests.kernel.statistics.factories import (
    accepted,
    adjusted,
    event,
    fresh,
    frozen,
    hand_in,
    handout,
    tree_of,
    visit,
)


@pytest.fixture
def tree(cast):
    return tree_of(cast)


def numbers(form, figure):
    cell = fill(fresh(form)).cell(figure)
    return cell.now.computed, cell.stated.carried, cell.reported


def void(record, at):
    type(record).objects.unscoped("test").filter(pk=record.pk).update(voided_at=at, void_reason="误登")


def test_seventeen_cells_follow_the_records(cast, tree, at):
    east = tree[1][1]
    assert [cell.reported for cell in fill(east).cells] == [0] * 17
    visit(cast.east_bureau, cast.jia, at)
    handout(cast.east_bureau, at, count=12)
    assert numbers(east, "visits") == (1, 0, 1)
    assert numbers(east, "questionnaires") == (12, 0, 12)


def test_an_adjusted_cell_keeps_both_numbers_and_the_reason(cast, tree, at):
    east = tree[1][1]
    visit(cast.east_bureau, cast.jia, at)
    adjusted(cast, east, "visits", 3, "两家由街道走访，未登记", at)
    cell = fill(fresh(east)).cell("visits")
    assert (cell.now.computed, cell.reported, cell.stated.reason) == (1, 3, "两家由街道走访，未登记")
    visit(cast.east_bureau, cast.yi, at)
    assert numbers(east, "visits") == (2, 0, 3)


def test_an_accepted_adjustment_is_carried_up_where_figures_add_up(cast, tree, at):
    summary, (own, east, *_) = tree
    handout(cast.east_bureau, at, count=10)
    handout(cast.city_bureau, at, count=5)
    adjusted(cast, east, "questionnaires", 12, "街道另发两份", at)
    assert numbers(summary, "questionnaires") == (15, 0, 15)
    hand_in(cast, east, at)
    assert numbers(summary, "questionnaires") == (15, 0, 15)
    accepted_east = accepted(cast, own, at) and fresh(east)
    assert accepted_east.state == "submitted"
    from midun.kernel.statistics.services import steps

    steps.accept(accepted_east, version=accepted_east.version, actor=cast.actor("city_officer"), at=at)
    cell = fill(fresh(summary)).cell("questionnaires")
    assert (cell.now.computed, cell.stated.carried, cell.reported) == (15, 2, 17)
    assert [(b.unit, b.delta, b.reason, b.added) for b in cell.below] == [("东区市场监管局", 2, "街道另发两份", True)]
    assert cell.sum_below == 12 + 5


def test_a_distinct_figure_asks_for_a_decision_instead(cast, tree, at):
    summary, (_, east, *_) = tree
    visit(cast.east_bureau, cast.jia, at)
    adjusted(cast, east, "visits", 3, "两家未登记", at)
    accepted(cast, east, at)
    filled = fill(fresh(summary))
    assert numbers(summary, "visits") == (1, 0, 1)
    found = findings(filled)
    assert [(f.id, f.severity) for f in found] == [("below:visits", "hard"), ("visits-give-advice", "soft")]
    assert "东区市场监管局 +2" in found[0].text
    assert obstacles(found)
    adjusted(cast, summary, "visits", 3, "两家经核实不在其他区", at)
    assert [f.id for f in findings(fill(fresh(summary)))] == ["visits-give-advice"]


def test_a_decision_may_also_be_an_explanation(cast, tree, at):
    summary, (_, east, *_) = tree
    adjusted(cast, east, "visits", 2, "两家未登记", at)
    accepted(cast, east, at)
    now = fresh(summary)
    words = "与西区登记的是同两家"
    filling.explain(
        now, version=now.version, check_id="below:visits", text=words, actor=cast.actor("city_officer"), at=at
    )
    found = findings(fill(fresh(summary)))
    assert (found[0].id, found[0].explanation) == ("below:visits", words)
    assert obstacles(found) == []


def test_registering_afterwards_what_was_adjusted_is_not_counted_twice_silently(cast, tree, at):
    summary, (_, east, *_) = tree
    adjusted(cast, east, "questionnaires", 4, "街道发放，尚未登记", at)
    accepted(cast, east, at)
    assert numbers(summary, "questionnaires") == (0, 4, 4)
    handout(cast.east_bureau, at, count=4)
    assert numbers(summary, "questionnaires") == (4, 4, 8)
    found = findings(fill(fresh(summary)))
    assert [f.id for f in found] == ["twice:questionnaires"]
    assert "东区市场监管局" in found[0].text
    assert obstacles(found)


def test_an_adjustment_reaches_every_level(cast, at):
    from tests.kernel.statistics.factories import form_of

    top = form_of(cast, "province_bureau", subject="campaigns.campaign:9")
    summary, (own, east, west, corps) = tree_of(cast)
    type(summary).objects.unscoped("test").filter(pk=summary.pk).update(above=top)
    adjusted(cast, east, "questionnaires", 2, "两份未登记", at)
    for form in (own, east, west, corps):
        accepted(cast, form, at)
    frozen(cast, summary, at)
    accepted(cast, summary, at)
    cell = fill(fresh(top)).cell("questionnaires")
    assert (cell.now.computed, cell.stated.carried, cell.reported) == (0, 2, 2)
    assert cell.below[0].reason == "东区市场监管局 +2：两份未登记"


def test_what_was_handed_in_stands_and_the_difference_shows(cast, tree, at):
    east = tree[1][1]
    visit(cast.east_bureau, cast.jia, at)
    first = hand_in(cast, east, at)
    visit(cast.east_bureau, cast.yi, at)
    filled = fill(first)
    assert [(c.line.figure, c.late) for c in filled.late] == [("visits", 1)]
    assert (filled.cell("visits").reported, filled.cell("visits").now.computed) == (1, 2)
    assert filled.intact


def test_the_difference_is_shown_record_by_record(cast, tree, at):
    east = tree[1][1]
    stays, goes = visit(cast.east_bureau, cast.jia, at), visit(cast.east_bureau, cast.yi, at)
    grows = handout(cast.east_bureau, at, count=5)
    form = hand_in(cast, east, at)
    late = visit(cast.east_bureau, cast.law_firm, at)
    void(goes, at)
    Visit.objects.unscoped("test").filter(pk=stays.pk).update(enterprise=cast.yi)
    QuestionnaireHandout.objects.unscoped("test").filter(pk=grows.pk).update(count=9)
    body = fill(form).body
    change = changes_of(form, body, "visits")[0]
    assert ([r.pk for r in change.added], [r.pk for r in change.removed]) == ([late.pk], [goes.pk])
    assert [(r.pk, told) for r, told in change.altered] == [(stays.pk, "计入的对象已更改")]
    altered = changes_of(form, body, "questionnaires")[0].altered
    assert [(r.pk, told) for r, told in altered] == [(grows.pk, "5 → 9")]
    assert not any(changes_of(form, body, "suggestions"))


def test_moving_a_record_out_of_the_period_is_a_late_change(cast, tree, at):
    east = tree[1][1]
    made = event(cast.east_bureau, at)
    form = hand_in(cast, east, at)
    type(made).objects.unscoped("test").filter(pk=made.pk).update(day=date(2025, 7, 2))
    assert fill(form).cell("pub_events").late == -1
    assert [r.pk for r in changes_of(form, fill(form).body, "pub_events")[0].removed] == [made.pk]


def test_too_many_records_are_not_kept_one_by_one(cast, tree, at, monkeypatch):
    east = tree[1][1]
    monkeypatch.setattr("midun.kernel.statistics.cells.KEPT", 1)
    for enterprise in (cast.jia, cast.yi):
        visit(cast.east_bureau, enterprise, at)
    form = hand_in(cast, east, at)
    assert fill(form).cell("visits").reported == 2
    assert changes_of(form, fill(form).body, "visits") is None
    assert KEPT >= 1000


def test_a_snapshot_that_was_tampered_with_is_seen(cast, tree, at):
    form = hand_in(cast, tree[1][1], at)
    snapshots = form.snapshots
    snapshots.update(body=snapshots.get().body.replace('"reported":0', '"reported":7', 1))
    assert not fill(form).intact


def test_a_fixed_number_of_queries(cast, tree, at, django_assert_max_num_queries):
    summary, below = tree
    for form in below:
        accepted(cast, form, at)
    now = fresh(summary)
    with django_assert_max_num_queries(30):
        findings(fill(now))


def test_checks_compare_what_is_reported(cast, tree, at):
    east = tree[1][1]
    adjusted(cast, east, "news_central", 2, "漏登", at)
    found = findings(fill(fresh(east)))
    assert [(f.id, f.severity) for f in found] == [("central-within-total", "hard")]
    assert "第10项“其中，中央媒体报道数量” 2，第10项“共编发宣传报道” 0" in found[0].text
    adjusted(cast, east, "news_total", 2, "漏登", at)
    assert findings(fill(fresh(east))) == []
