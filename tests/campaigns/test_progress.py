"""What came of the plan: records that point at a line, a unit's report, the filter, the calendar."""

import re
from datetime import UTC, date, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from midun.activities.services import events
from midun.campaigns.ics import Event, calendar
from midun.campaigns.models import PlanLine, PlanState
from midun.campaigns.services import campaigns, imports, plan, progress, review
from midun.kernel.files.models import Attachment
from midun.kernel.orgs.services import Refused, Stale
from midun.kernel.trail.models import Entry
from midun.kernel.workflow.services import ReasonMissing
from tests.campaigns.factories import csv_of, lines_of, running

PDF = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"


@pytest.fixture
def campaign(cast):
    return running(cast.city_officer)


@pytest.fixture
def planned(campaign, cast, at):
    source = imports.read_source(data=csv_of(), name="附件1.csv")
    imports.import_annex(campaign=campaign, source=source, actor=cast.actor("city_officer"), at=at)
    return campaign


@pytest.fixture
def line(planned, cast):
    """The first line of the eastern district, approved."""
    return next(line for line in lines_of(planned) if line.unit == cast.east_bureau)


def address(name, *args):
    return reverse(f"campaigns:{name}", args=args)


def told(name, *, line, login, who="district_officer", **data):
    fresh = PlanLine.objects.unscoped("test").get(pk=line.pk)
    return login(who).post(address(name, line.pk), {"version": fresh.version, **data}, follow=True)


def event(line, cast, at, **more):
    return events.add(
        unit=line.unit,
        actor=cast.actor("district_officer"),
        at=at,
        kind="publicity",
        title="园区宣传",
        day=date(2025, 6, 10),
        plan_line=line,
        **more,
    )


def test_it_works(login, line, cast, at):
    event(line, cast, at)
    shown = login("district_officer").get(address("line", line.pk)).content.decode()
    assert "园区宣传" in shown
    assert f'/activities/new/?plan_line={line.pk}"' in shown
    file = SimpleUploadedFile("成果.pdf", PDF)
    answer = told("line-finish", line=line, login=login, note="走访 12 家企业，指导完善制度 8 项", documents=file)
    assert "已登记完成情况" in answer.content.decode()
    assert "走访 12 家企业" in answer.content.decode()
    line.refresh_from_db()
    assert line.done_at is not None
    assert [a.name for a in Attachment.objects.of(line)] == ["成果.pdf"]


def test_it_is_in_the_trail(login, line):
    told("line-finish", line=line, login=login, note="完成")
    told("line-finish", line=line, login=login, note="完成，并已回访")
    told("line-unfinish", line=line, login=login, reason="漏了两家")
    assert list(Entry.objects.about(line).values_list("verb", flat=True))[-3:] == ["closed", "changed", "reopened"]
    last = Entry.objects.about(line).last()
    assert (last.reason, "并已回访" in last.before) == ("漏了两家", True)


def test_outsider_gets_404(login, line):
    for name in ("line-finish", "line-unfinish"):
        assert login("other_district_officer").get(address(name, line.pk)).status_code == 404


def test_other_role_gets_403(login, line):
    for who in ("liaison_officer", "district_leader", "city_officer"):
        assert login(who).post(address("line-finish", line.pk), {"note": "x", "version": 1}).status_code == 403


def test_it_rejects_an_empty_report(login, line):
    told("line-finish", line=line, login=login, note="  ")
    line.refresh_from_db()
    assert line.done_at is None


def test_it_rejects_a_line_that_is_not_approved(cast, campaign, at):
    actor = cast.actor("district_officer")
    draft = plan.add_line(campaign=campaign, content="走访企业", actor=actor, at=at)
    with pytest.raises(Exception, match="只有审核通过"):
        progress.finish(line=draft, version=1, note="完成", actor=actor, at=at)


def test_it_rejects_a_stale_report(cast, line, at):
    actor = cast.actor("district_officer")
    same = PlanLine.objects.visible_to(actor).select_related("campaign").get(pk=line.pk)
    progress.finish(line=line, version=line.version, note="甲写的", actor=actor, at=at)
    with pytest.raises(Stale):
        progress.finish(line=same, version=same.version, note="乙写的", actor=cast.actor("district_officer_2"), at=at)
    same.refresh_from_db()
    assert same.done_note == "甲写的"


def test_it_rejects_taking_back_without_a_reason(cast, line, at):
    actor = cast.actor("district_officer")
    progress.finish(line=line, version=line.version, note="完成", actor=actor, at=at)
    with pytest.raises(ReasonMissing):
        progress.unfinish(line=line, version=line.version, reason=" ", actor=actor, at=at)


def test_another_unit_does_not_report_for_it(cast, line, at):
    with pytest.raises(Refused):
        progress.finish(line=line, version=line.version, note="完成", actor=cast.actor("city_officer"), at=at)


def test_a_returned_line_is_not_done_any_more(cast, line, planned, at):
    progress.finish(line=line, version=line.version, note="完成", actor=cast.actor("district_officer"), at=at)
    lines = [(line.pk, line.version)]
    review.send_back(campaign=planned, lines=lines, reason="内容不符", actor=cast.actor("city_officer"), at=at)
    line.refresh_from_db()
    assert (line.state, line.done_at, line.done_note) == (PlanState.RETURNED, None, "")


def test_the_database_refuses_done_without_a_word(line):
    with pytest.raises(IntegrityError), transaction.atomic():
        PlanLine.objects.unscoped("test").filter(pk=line.pk).update(done_at=datetime(2025, 6, 1, tzinfo=UTC))


def test_the_plan_shows_and_filters_progress(login, line, planned, cast, at):
    event(line, cast, at)
    city = login("city_officer")

    def shown(progress):
        page = city.get(address("plan", planned.pk), {"progress": progress}).context["page"]
        return {row.pk for row in page.object_list}

    everything = {row.pk for row in lines_of(planned)}
    assert shown("begun") == {line.pk}
    assert shown("none") == everything - {line.pk}
    told("line-finish", line=line, login=login, note="完成")
    assert (shown("begun"), shown("done")) == (set(), {line.pk})
    board = {unit.unit_id: counts for unit, counts in city.get(address("detail", planned.pk)).context["board"]}
    assert (board[line.unit_id]["begun"], board[line.unit_id]["done"]) == (1, 1)


def test_a_voided_record_no_longer_shows(login, line, cast, at):
    made = event(line, cast, at)
    events.void(made, version=1, reason="重复登记", actor=cast.actor("district_officer"), at=at)
    assert "园区宣传" not in login("district_officer").get(address("line", line.pk)).content.decode()


def test_records_outside_the_subtree_are_not_counted(login, line, cast, at):
    """The western district points one of its records at the eastern line by mistake: only who sees both counts it."""
    events.add(
        unit=cast.west_bureau,
        actor=cast.actor("other_district_officer"),
        at=at,
        kind="publicity",
        title="西区的活动",
        day=date(2025, 6, 10),
        plan_line=line,
    )
    assert "西区的活动" not in login("district_officer").get(address("line", line.pk)).content.decode()
    assert "西区的活动" in login("city_officer").get(address("line", line.pk)).content.decode()


def test_a_strand_goes_only_when_nothing_uses_it(cast, planned, at):
    actor = cast.actor("city_officer")
    unused = planned.strands.exclude(plan_lines__isnull=False).first()
    keep = [(s.pk, s.heading, s.keywords) for s in planned.strands.all() if s.pk != (unused.pk if unused else 0)]
    campaigns.set_headings(campaign=planned, strands=keep, forms=[], actor=actor, at=at)
    assert planned.strands.count() == len(keep)


# the calendar


def unfolded(data):
    return data.decode().replace("\r\n ", "").split("\r\n")


def test_the_calendar_has_the_month_its_deadlines_and_dated_lines(login, planned, line):
    PlanLine.objects.unscoped("test").filter(pk=line.pk).update(planned_on=date(2023, 6, 12))
    response = login("district_officer").get(address("calendar", planned.pk))
    lines = unfolded(response.content)
    assert response["Content-Type"].startswith("text/calendar")
    assert "DTSTART;VALUE=DATE:20230601" in lines
    assert "DTEND;VALUE=DATE:20230701" in lines
    assert any(text.startswith("SUMMARY:东区市场监管局") or "走访企业并指导" in text for text in lines)
    assert sum(text == "BEGIN:VEVENT" for text in lines) == 3  # the month, the form, the dated line


def test_the_calendar_of_another_district_is_404(login, cast):
    hidden = running(cast.district_officer)
    assert login("other_district_officer").get(address("calendar", hidden.pk)).status_code == 404


@given(st.text(min_size=1, max_size=300), st.text(max_size=300))
def test_any_text_survives_the_calendar(title, text):
    moment = datetime(2025, 6, 1, tzinfo=UTC)
    data = calendar("月", [Event("1@midun", date(2025, 6, 1), date(2025, 6, 1), title, text)], at=moment)
    assert all(len(part) <= 75 for part in data.split(b"\r\n"))
    kept = next(part for part in unfolded(data) if part.startswith("SUMMARY:")).removeprefix("SUMMARY:")
    plain = re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], kept)
    assert plain == title.replace("\r", "")
