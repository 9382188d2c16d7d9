"""The steps of a form's way, per level."""

import json

import pytest
from django.db import IntegrityError, transaction

from midun.kernel.notify.models import Notice
from midun.kernel.orgs.services import Refused, Stale
from midun.kernel.statistics.body import parse
from midun.kernel.statistics.cells import fill, newest_snapshot
from midun.kernel.statistics.models import FormState, StatForm
from midun.kernel.statistics.services import steps
from midun.kernel.statistics.services.held import NotReady
from midun.kernel.statistics.verify import faults
from midun.kernel.trail.models import Entry
from midun.kernel.workflow.services import ReasonMissing, WrongState
from tests.kernel.statistics.factories import (
    accepted,
    adjusted,
    form_of,
    fresh,
    frozen,
    hand_in,
    tree_of,
    visit,
)


@pytest.fixture
def tree(cast):
    return tree_of(cast)


@pytest.fixture
def east(tree):
    return tree[1][1]


def take(cast, name, form, who, **more):
    now = fresh(form)
    getattr(steps, name)(now, **{"version": now.version, **more}, actor=cast.actor(who), at=cast.at)
    return fresh(form)


def settle_all(cast, tree, at):
    for form in tree[1]:
        accepted(cast, form, at)
    return frozen(cast, tree[0], at)


def test_it_works(cast, tree, at):
    assert settle_all(cast, tree, at).state == "frozen"
    assert [fresh(f).state for f in tree[1]] == ["accepted"] * 4
    assert list(faults()) == []


def test_it_is_in_the_trail_with_the_digest(cast, tree, at):
    summary = settle_all(cast, tree, at)
    east = fresh(tree[1][1])
    assert list(Entry.objects.about(east).values_list("verb", flat=True)) == ["created", "submitted", "approved"]
    assert json.loads(Entry.objects.about(east).last().after)["digest"] == east.digest
    last = Entry.objects.about(summary).last()
    assert (last.verb, json.loads(last.after)["digest"]) == ("frozen", summary.digest)


def test_the_unit_above_is_told_and_then_the_unit(cast, east, at):
    accepted(cast, east, at)
    told = Notice.objects.unscoped("test").order_by("pk").values_list("membership__organisation__name", "text")
    assert set(told) == {
        ("沪市市场监管局", f"{east}已提交，请审核"),
        ("东区市场监管局", f"{east}已审核通过"),
    }


def test_a_broken_hard_check_stops_it(cast, east, at):
    adjusted(cast, east, "news_central", 2, "漏登", at)
    with pytest.raises(NotReady, match="中央媒体报道数量不能多于"):
        hand_in(cast, east, at)
    assert fresh(east).state == "draft"
    assert not east.snapshots.exists()


def test_a_soft_check_does_not(cast, east, at):
    visit(cast.east_bureau, cast.jia, at)
    assert hand_in(cast, east, at).state == "submitted"


def test_accepting_takes_the_numbers_as_submitted(cast, east, at):
    visit(cast.east_bureau, cast.jia, at)
    hand_in(cast, east, at)
    visit(cast.east_bureau, cast.yi, at)
    now = take(cast, "accept", east, "city_officer")
    body = parse(newest_snapshot(now).body)
    assert (body.numbers["visits"].reported, body.data["stage"]) == (1, "accepted")
    assert fill(now).cell("visits").late == 1


def test_it_is_returned_with_a_reason_and_remarks(cast, east, at):
    hand_in(cast, east, at)
    remarks = {"visits": "少登三家，请核对", "nothing": "x", "news_total": " "}
    now = take(cast, "return_", east, "city_officer", reason="请补登走访", remarks=remarks)
    assert (now.state, now.return_reason, now.remarks) == ("returned", "请补登走访", {"visits": "少登三家，请核对"})
    assert json.loads(Entry.objects.about(east).last().after)["remarks"] == {"visits": "少登三家，请核对"}
    again = hand_in(cast, east, at)
    assert (again.state, again.return_reason, again.remarks) == ("submitted", "", {})
    assert again.snapshots.count() == 2


def test_it_is_not_returned_without_a_reason(cast, east, at):
    hand_in(cast, east, at)
    with pytest.raises(ReasonMissing):
        take(cast, "return_", east, "city_officer", reason="  ")


def test_the_unit_may_take_it_back_before_it_is_reviewed(cast, east, at):
    hand_in(cast, east, at)
    assert take(cast, "withdraw", east, "district_officer_2").state == "draft"
    accepted(cast, east, at)
    with pytest.raises(WrongState, match="已通过"):
        take(cast, "withdraw", east, "district_officer")


def test_the_second_reviewer_hears_who_was_faster(cast, east, at):
    hand_in(cast, east, at)
    seen = fresh(east)
    steps.return_(seen, version=seen.version, reason="补登", actor=cast.actor("city_leader"), at=at)
    with pytest.raises(WrongState, match=r"city_leader已于.*“退回”"):
        steps.accept(seen, version=seen.version, actor=cast.actor("city_officer"), at=at)


def test_numbers_that_were_not_seen_are_not_accepted(cast, east, at):
    hand_in(cast, east, at)
    seen = fresh(east)
    take(cast, "withdraw", east, "district_officer")
    visit(cast.east_bureau, cast.jia, at)
    hand_in(cast, east, at)
    with pytest.raises(Stale):
        steps.accept(seen, version=seen.version, actor=cast.actor("city_officer"), at=at)
    assert fresh(east).state == "submitted"
    assert Entry.objects.about(east).last().verb == "submitted"


@pytest.mark.parametrize("name", ["accept", "return_"])
@pytest.mark.parametrize("who", ["district_officer", "district_leader", "province_officer", "other_district_officer"])
def test_only_the_unit_above_reviews(cast, east, at, name, who):
    hand_in(cast, east, at)
    with pytest.raises(Refused, match="其他单位"):
        take(cast, name, east, who, **({"reason": "x"} if name == "return_" else {}))


def test_a_summary_waits_for_its_units_or_says_why_not(cast, tree, at):
    for form in tree[1][:3]:
        accepted(cast, form, at)
    with pytest.raises(steps.ChildrenMissing, match="还有 1 个单位未审核通过（市局执法总队）"):
        frozen(cast, tree[0], at)
    now = frozen(cast, tree[0], at, reason="总队转隶，延后报送")
    body = parse(newest_snapshot(now).body)
    assert (body.missing_units, body.missing_reason) == (["沪市市场监管局执法总队"], "总队转隶，延后报送")
    assert Entry.objects.about(now).last().reason == "总队转隶，延后报送"


def test_a_unit_that_comes_after_the_freeze_is_a_difference(cast, tree, at):
    from tests.kernel.statistics.factories import handout

    for form in tree[1][:3]:
        accepted(cast, form, at)
    frozen(cast, tree[0], at, reason="延后")
    handout(cast.corps, at, count=5)
    adjusted(cast, tree[1][3], "questionnaires", 7, "两份未登记", at)
    accepted(cast, tree[1][3], at)
    cell = fill(fresh(tree[0])).cell("questionnaires")
    assert (cell.reported, cell.late) == (0, 7)


def test_a_district_form_is_not_frozen_and_a_summary_not_submitted(cast, tree, east):
    with pytest.raises(NotReady, match="直接提交审核"):
        take(cast, "freeze", east, "district_officer", reason="")
    with pytest.raises(NotReady, match="最上一级"):
        take(cast, "submit", tree[0], "city_officer")


def test_only_the_gathering_unit_freezes(cast, tree):
    for who in ("district_officer", "province_officer"):
        with pytest.raises(Refused, match="只能由汇总单位"):
            take(cast, "freeze", tree[0], who, reason="x")
    with pytest.raises(Refused, match="没有"):
        take(cast, "freeze", tree[0], "liaison_officer", reason="x")


def test_a_settled_form_is_opened_again_with_a_reason(cast, east, at):
    accepted(cast, east, at)
    with pytest.raises(ReasonMissing):
        take(cast, "reopen", east, "city_officer", reason="")
    now = take(cast, "reopen", east, "city_officer", reason="走访数有误")
    assert (now.state, now.return_reason) == ("returned", "走访数有误")
    assert accepted(cast, east, at).snapshots.count() == 4
    assert list(faults()) == []


def test_not_under_a_summary_that_is_settled(cast, tree, at):
    settle_all(cast, tree, at)
    east = tree[1][1]
    with pytest.raises(NotReady, match="汇总表已定稿"):
        take(cast, "reopen", east, "city_officer", reason="更正")
    take(cast, "reopen", tree[0], "city_leader", reason="更正")
    assert take(cast, "reopen", east, "city_officer", reason="更正").state == "returned"


def test_only_the_own_unit_opens_a_frozen_summary(cast, tree, at):
    settle_all(cast, tree, at)
    with pytest.raises(Refused, match="汇总单位"):
        take(cast, "reopen", tree[0], "province_officer", reason="更正")


@pytest.fixture
def ladder(cast):
    """District → city → province → nation, each level's summary going into the next."""
    nation = form_of(cast, "samr", subject="campaigns.campaign:9")
    province = form_of(cast, "province_bureau", above=nation, subject="campaigns.campaign:8")
    city = form_of(cast, "city_bureau", above=province, subject="campaigns.campaign:7")
    return [form_of(cast, "east_bureau", above=city, subject="campaigns.campaign:7"), city, province, nation]


def test_each_level_freezes_and_hands_in_to_the_next(cast, ladder, at):
    district, city, province, nation = ladder
    visit(cast.east_bureau, cast.jia, at)
    accepted(cast, district, at)
    for summary in (city, province):
        with pytest.raises(NotReady, match="须先“汇总定稿”"):
            hand_in(cast, summary, at)
        before = frozen(cast, summary, at)
        after = hand_in(cast, summary, at)
        assert parse(newest_snapshot(after).body).data["previous"] == before.digest
        now = accepted_only(cast, summary)
        assert [s.stage for s in now.snapshots.order_by("pk")] == ["frozen", "submitted", "accepted"]
        assert parse(newest_snapshot(now).body).counted_at == before.frozen_at
    top = frozen(cast, nation, at)
    assert parse(newest_snapshot(top).body).numbers["visits"].reported == 1
    assert list(faults()) == []


def accepted_only(cast, form):
    who = {"江省市场监管局": "province_officer", "市场监管总局": "nation_officer"}[form.above.unit.name]
    return take(cast, "accept", form, who)


def test_a_summary_returned_from_above_is_frozen_anew(cast, ladder, at):
    district, city, *_ = ladder
    accepted(cast, district, at)
    frozen(cast, city, at)
    hand_in(cast, city, at)
    now = take(cast, "return_", city, "province_officer", reason="核对走访")
    assert (now.state, now.frozen_at) == ("returned", None)
    take(cast, "reopen", district, "city_officer", reason="核对走访")
    visit(cast.east_bureau, cast.jia, at)
    accepted(cast, district, at)
    frozen(cast, city, at)
    hand_in(cast, city, at)
    assert parse(newest_snapshot(accepted_only(cast, city)).body).numbers["visits"].reported == 1


def test_a_frozen_summary_may_be_taken_back_before_it_is_reviewed(cast, ladder, at):
    accepted(cast, ladder[0], at)
    frozen(cast, ladder[1], at)
    hand_in(cast, ladder[1], at)
    now = take(cast, "withdraw", ladder[1], "city_officer")
    assert (now.state, now.frozen_at) == ("draft", None)


def test_a_tampered_snapshot_is_neither_handed_on_nor_accepted(cast, east, at):
    form = hand_in(cast, east, at)
    form.snapshots.update(body=form.snapshots.get().body.replace('"reported":0', '"reported":7', 1))
    with pytest.raises(NotReady, match="不符"):
        take(cast, "accept", east, "city_officer")
    assert len(list(faults())) == 1


def test_a_removed_snapshot_is_found(cast, east, at):
    accepted(cast, east, at)
    first = east.snapshots.order_by("pk").first()
    first.counted.all().delete()
    first.delete()
    assert any("缺失" in fault for fault in faults())


@pytest.mark.parametrize(
    "impossible",
    [
        {"state": FormState.SUBMITTED},
        {"state": FormState.RETURNED},
        {"state": FormState.ACCEPTED, "digest": "x"},
        {"state": FormState.FROZEN, "digest": "x"},
        {"own_only": True, "above": None},
    ],
)
def test_the_database_refuses_an_impossible_history(cast, east, impossible):
    with pytest.raises(IntegrityError), transaction.atomic():
        StatForm.objects.unscoped("test").filter(pk=east.pk).update(**impossible)
