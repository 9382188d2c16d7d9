"""Importing the annex into the plan."""

import pytest

from midun.campaigns.annex import AnnexError
from midun.campaigns.models import CampaignUnit, PendingImport, PlanLine, PlanState, UnitAlias
from midun.campaigns.services import campaigns, export, imports, participants, plan
from midun.campaigns.services.preview import CREATE, SKIP, RowStatus, preview
from midun.campaigns.services.rights import NotNow
from midun.kernel.notify.models import Notice
from midun.kernel.orgs.models import Jurisdiction, Organisation
from midun.kernel.orgs.services import Refused
from midun.kernel.trail.models import Entry
from midun.kernel.trail.services import verify
from midun.lib.sheets import SheetError
from tests.campaigns.factories import PLAN, campaign_of, csv_of, docx_of, lines_of, running, shanghai, xlsx_of


@pytest.fixture
def campaign(cast):
    return running(cast.city_officer)


def take(campaign, actor, at, data=None, **more):
    source = imports.read_source(data=data or csv_of(), name="附件1.csv")
    return imports.import_annex(campaign=campaign, source=source, actor=actor, at=at, **more)


def state_of(campaign):
    return [(p.number, p.category, p.unit_id, p.content, p.state, p.strand_id, p.version) for p in lines_of(campaign)]


@pytest.mark.parametrize("make", [csv_of, xlsx_of, docx_of], ids=["csv", "xlsx", "docx"])
def test_it_works(campaign, cast, at, make):
    outcome = take(campaign, cast.actor("city_officer"), at, make())
    assert (outcome.new, outcome.changed, outcome.same, outcome.rejected) == (6, 0, 0, 0)
    lines = lines_of(campaign)
    assert [(p.category, p.unit.label, p.number, p.content) for p in lines] == list(PLAN)
    assert {p.state for p in lines} == {PlanState.APPROVED}
    assert [p.unit for p in lines][2] == cast.corps


def test_importing_the_same_again_changes_nothing(campaign, cast, at):
    actor = cast.actor("city_officer")
    take(campaign, actor, at)
    before, entries = state_of(campaign), Entry.objects.count()
    outcome = take(campaign, actor, at, xlsx_of())
    assert (outcome.new, outcome.changed, outcome.same) == (0, 0, 6)
    assert state_of(campaign) == before
    assert Entry.objects.count() == entries + 1
    assert Entry.objects.order_by("-seq").first().verb == "imported"


def test_a_corrected_annex_updates_by_content_and_by_number(campaign, cast, at):
    actor = cast.actor("city_officer")
    take(campaign, actor, at)
    known = {p.content: p.pk for p in lines_of(campaign)}
    inserted = ("市级层面", "市市场监管局", 2, "召开专家研讨会")
    shifted = [PLAN[0], inserted, *[(c, u, n + 1, t) for c, u, n, t in PLAN[1:]]]
    shifted[-1] = (*shifted[-1][:3], "会同检察院、法院开展联动执法")
    outcome = take(campaign, actor, at, csv_of(shifted))
    assert (outcome.new, outcome.changed, outcome.same) == (2, 4, 1)
    lines = {p.content: p for p in lines_of(campaign)}
    assert lines[PLAN[1][3]].pk == known[PLAN[1][3]]
    assert lines[PLAN[1][3]].number == 3
    assert {p.number for p in lines.values()} == {1, 2, 3, 4, 5, 6, 7, 8}
    assert lines[PLAN[5][3]].number == 8, "a line the new annex does not name stays, behind the others"


def test_an_edited_line_is_updated_in_place(campaign, cast, at):
    actor = cast.actor("city_officer")
    take(campaign, actor, at)
    edited = [*PLAN[:5], (*PLAN[5][:3], "会同检察院、法院开展联动执法")]
    outcome = take(campaign, actor, at, csv_of(edited))
    assert (outcome.new, outcome.changed, outcome.same) == (0, 1, 5)
    entry = Entry.objects.filter(verb="changed", target_type="campaigns.planline").last()
    assert PLAN[5][3] in entry.before
    assert "法院" in entry.after


def test_a_unit_s_own_lines_are_recognised_and_never_lost(campaign, cast, at):
    district = cast.actor("district_officer")
    same = plan.add_line(campaign=campaign, content=PLAN[3][3], actor=district, at=at)
    other = plan.add_line(campaign=campaign, content="区里自己的活动", actor=district, at=at)
    take(campaign, cast.actor("city_officer"), at)
    same.refresh_from_db()
    other.refresh_from_db()
    assert (same.number, same.state) == (4, PlanState.APPROVED)
    assert (other.number, other.state, other.content) == (7, PlanState.DRAFT, "区里自己的活动")


def test_as_pending_lines_wait_for_review(campaign, cast, at):
    take(campaign, cast.actor("city_officer"), at, as_pending=True)
    assert {p.state for p in lines_of(campaign)} == {PlanState.SUBMITTED}


def test_lines_get_a_suggested_strand(campaign, cast, at):
    take(campaign, cast.actor("city_officer"), at)
    assert [p.strand.key for p in lines_of(campaign)] == [
        "research", "publicity", "enforcement", "research", "publicity", "enforcement",
    ]  # fmt: skip


def test_it_is_in_the_trail(campaign, cast, at):
    take(campaign, cast.actor("city_officer"), at)
    act = Entry.objects.about(campaign).last()
    assert (act.verb, act.organisation) == ("imported", "沪市市场监管局")
    assert '"new":6' in act.after
    assert Entry.objects.filter(verb="imported", target_type="campaigns.planline").count() == 6
    assert list(verify()) == []


def unknown(rows=(("市级层面", "自贸区保税区局", 7, "走访保税区企业"),)):
    return csv_of([*PLAN, *rows])


def test_it_rejects_unknown_units_until_decided(campaign, cast, at):
    with pytest.raises(imports.NotDecided, match="1 个单位未识别"):
        take(campaign, cast.actor("city_officer"), at, unknown())
    assert lines_of(campaign) == []


def test_an_unknown_unit_can_be_matched_and_is_remembered(campaign, cast, at):
    actor = cast.actor("city_officer")
    outcome = take(campaign, actor, at, unknown(), decisions={"自贸区保税区局": f"unit:{cast.station.pk}"})
    assert outcome.new == 7
    assert lines_of(campaign)[-1].unit == cast.station
    assert outcome.joined == ["张江商业秘密保护服务站"]
    again = take(campaign, actor, at, unknown())
    assert again.same == 7
    assert UnitAlias.objects.unscoped("test").count() == 1
    assert Entry.objects.filter(verb="matched").count() == 1


def test_an_unknown_unit_can_be_created_below_the_organiser(campaign, cast, at):
    actor = cast.actor("city_officer")
    outcome = take(campaign, actor, at, unknown(), decisions={"自贸区保税区局": CREATE})
    assert outcome.created == ["自贸区保税区局"]
    unit = lines_of(campaign)[-1].unit
    assert unit.jurisdiction.parent == cast.city
    assert unit.jurisdiction.division_code == ""
    assert Entry.objects.about(unit).last().organisation == "沪市市场监管局"
    assert take(campaign, actor, at, unknown()).same == 7


def test_an_unknown_unit_can_be_left_out(campaign, cast, at):
    decided = {"自贸区保税区局": SKIP}
    with pytest.raises(imports.NotDecided, match="1 行被拒收"):
        take(campaign, cast.actor("city_officer"), at, unknown(), decisions=decided)
    outcome = take(campaign, cast.actor("city_officer"), at, unknown(), decisions=decided, skip_rejected=True)
    assert (outcome.new, outcome.rejected) == (6, 1)


def test_it_rejects_a_unit_of_another_subtree(campaign, cast, at):
    decided = {"自贸区保税区局": f"unit:{cast.samr.pk}"}
    with pytest.raises(imports.NotDecided):
        take(campaign, cast.actor("city_officer"), at, unknown(), decisions={})
    pending = imports.open_import(
        campaign=campaign,
        source=imports.read_source(data=unknown(), name="x.csv"),
        as_pending=False,
        actor=cast.actor("city_officer"),
        at=at,
    )
    with pytest.raises(Refused):
        imports.decide(pending=pending, decisions=decided, as_pending=False, actor=cast.actor("city_officer"))


@pytest.mark.parametrize("who", ["district_officer", "province_officer", "city_leader", "liaison_officer"])
def test_other_role_is_refused(campaign, cast, at, who):
    with pytest.raises(Refused):
        take(campaign, cast.actor(who), at)


def test_only_the_organiser_creates_units(campaign, cast, at):
    with pytest.raises(Refused):
        participants.create_unit(campaign=campaign, name="新局", actor=cast.actor("district_officer"), at=at)
    with pytest.raises(Refused):
        participants.create_unit(campaign=campaign, name="新局", actor=cast.actor("city_leader"), at=at)


def test_it_rejects_a_closed_campaign(campaign, cast, at):
    actor = cast.actor("city_officer")
    campaigns.close(campaign=campaign, actor=actor, at=at)
    with pytest.raises(NotNow):
        take(campaign, actor, at)


def test_it_rejects_what_is_no_plan(cast, at):
    with pytest.raises(AnnexError):
        imports.read_source(data="甲,乙\n1,2\n".encode(), name="x.csv")
    with pytest.raises(SheetError):
        imports.read_source(data=b"\x00\x01\x02\x03", name="x.bin")


def opened(campaign, cast, at, data=None):
    source = imports.read_source(data=data or csv_of(), name="附件1.csv")
    return imports.open_import(
        campaign=campaign, source=source, as_pending=False, actor=cast.actor("city_officer"), at=at
    )


def test_confirming_twice_applies_once(campaign, cast, at):
    pending = opened(campaign, cast, at)
    assert lines_of(campaign) == []
    shown = imports.preview_of(pending)
    how = {"fingerprint": shown.fingerprint, "skip_rejected": False, "actor": cast.actor("city_officer"), "at": at}
    first = imports.confirm(pending=pending, **how)
    entries = Entry.objects.count()
    assert imports.confirm(pending=pending, **how) == first
    assert Entry.objects.count() == entries
    assert len(lines_of(campaign)) == 6


def test_a_preview_that_is_out_of_date_is_shown_again(campaign, cast, at):
    pending = opened(campaign, cast, at)
    shown = imports.preview_of(pending)
    plan.add_line(campaign=campaign, content=PLAN[4][3], actor=cast.actor("district_officer"), at=at)
    with pytest.raises(imports.PreviewOutdated):
        imports.confirm(
            pending=pending, fingerprint=shown.fingerprint, skip_rejected=False, actor=cast.actor("city_officer"), at=at
        )
    assert len(lines_of(campaign)) == 1


def test_a_failure_in_the_middle_leaves_nothing(campaign, cast, at, monkeypatch):
    real, calls = imports.record, []

    def failing(**more):
        calls.append(more)
        if len(calls) == 4:
            raise RuntimeError("power cut")
        return real(**more)

    monkeypatch.setattr(imports, "record", failing)
    entries = Entry.objects.count()
    decided = {"自贸区保税区局": CREATE}
    with pytest.raises(RuntimeError):
        take(campaign, cast.actor("city_officer"), at, unknown(), decisions=decided)
    assert lines_of(campaign) == []
    assert Entry.objects.count() == entries
    assert not Organisation.objects.unscoped("test").filter(name="自贸区保税区局").exists()
    assert not Jurisdiction.objects.unscoped("test").filter(name="自贸区保税区局").exists()


def test_expired_previews_are_dropped(campaign, cast, at):
    pending = opened(campaign, cast, at)
    late = at + imports.KEPT
    with pytest.raises(imports.NotDecided, match="24 小时"):
        imports.confirm(pending=pending, fingerprint="", skip_rejected=False, actor=cast.actor("city_officer"), at=late)
    assert imports.drop_expired(at=late) == 1
    assert not PendingImport.objects.unscoped("test").exists()


def test_units_are_told_once(campaign, cast, at):
    take(campaign, cast.actor("city_officer"), at)
    take(campaign, cast.actor("city_officer"), at)
    told = Notice.objects.unscoped("test").filter(membership=cast.district_officer)
    assert told.count() == 1


def test_export_and_import_again_is_lossless(campaign, cast, at):
    actor = cast.actor("city_officer")
    take(campaign, actor, at)
    before = state_of(campaign)
    data = export.plan_file(kind="xlsx", campaign=campaign, lines=lines_of(campaign), actor=actor, at=at)
    outcome = take(campaign, actor, at, data)
    assert (outcome.new, outcome.changed, outcome.same, outcome.rejected) == (0, 0, 6, 0)
    assert state_of(campaign) == before


def real_sources(shared):
    text = (shared / "seeds/shanghai-2023-service-month-notice.txt").read_text(encoding="utf-8")
    data = (shared / "data/shanghai-2023-annex1-activities.csv").read_bytes()
    rows = [(r.category, r.unit, r.number, r.content) for r in imports.read_source(data=data, name="a.csv").annex.rows]
    yield imports.read_source(data=data, name="a.csv")
    yield imports.read_source(data=data.decode("utf-8-sig").encode("gb18030"), name="a.csv")
    yield imports.read_source(text=text)
    yield imports.read_source(data=xlsx_of(rows), name="a.xlsx")
    yield imports.read_source(data=docx_of(rows), name="a.docx")
    yield imports.read_source(data=docx_of(rows, page=9), name="a.docx")


@pytest.mark.django_db
def test_the_real_annex_gives_62_lines_of_20_units_in_every_form(shared, at):
    organiser, officer = shanghai()
    campaign = campaign_of(officer)
    sources = list(real_sources(shared))
    for source in sources:
        assert len(source.annex.rows) == 62
        assert source.annex.rejected == ()
    shown = preview(campaign=campaign, annex=sources[0].annex, decisions={})
    assert (shown.counts[RowStatus.NEW], shown.unknown, shown.units) == (62, [], 20)
    outcome = imports.import_annex(campaign=campaign, source=sources[0], actor=officer.actor(), at=at)
    assert (outcome.new, outcome.joined, outcome.created) == (62, [], [])
    lines = lines_of(campaign)
    assert len({p.unit_id for p in lines}) == 20
    assert lines[0].unit == organiser
    assert lines[60].unit.name == "上海市市场监督管理局机场分局"
    before = state_of(campaign)
    for source in sources[1:]:
        outcome = imports.import_annex(campaign=campaign, source=source, actor=officer.actor(), at=at)
        assert (outcome.same, outcome.new, outcome.changed) == (62, 0, 0), source.name
    assert state_of(campaign) == before
    data = export.plan_file(kind="xlsx", campaign=campaign, lines=lines, actor=officer.actor(), at=at)
    assert (
        imports.import_annex(
            campaign=campaign, source=imports.read_source(data=data, name="out.xlsx"), actor=officer.actor(), at=at
        ).same
        == 62
    )
    assert all(p.strand_id for p in lines), [p.content for p in lines if not p.strand_id]


@pytest.mark.django_db
def test_participants_keep_the_categories_and_order_of_the_template(at):
    _, officer = shanghai()
    units = list(CampaignUnit.objects.unscoped("test").filter(campaign=campaign_of(officer)))
    assert [u.category for u in units] == ["市级层面"] * 2 + ["区级层面"] * 18
    assert units[1].unit.name.endswith("执法总队")
    assert units[-1].unit.name.endswith("机场分局")


def test_a_voided_line_is_not_recognised(campaign, cast, at):
    district = cast.actor("district_officer")
    line = plan.add_line(campaign=campaign, content=PLAN[3][3], actor=district, at=at)
    plan.void_line(line=line, version=1, reason="重复", actor=district, at=at)
    take(campaign, cast.actor("city_officer"), at)
    assert PlanLine.objects.unscoped("test").filter(campaign=campaign).count() == 7
