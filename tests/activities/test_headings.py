"""Which kind of event counts under which heading: content, by day."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from midun.activities import headings
from midun.activities.headings import BadHeadings, group_of, read, versions, words
from midun.activities.kinds import Group, Kind
from midun.activities.models import Activity
from midun.activities.services import regroup
from midun.kernel.statistics import figures
from midun.kernel.statistics.figures import Period, Scope
from midun.kernel.trail.models import Entry
from tests.activities.factories import entries, event, listed, people

ROOT = Path(__file__).resolve().parents[2]
FIRST = ROOT / "content" / "activities" / "headings-1.yaml"
JUNE = Period(date(2025, 6, 1), date(2025, 6, 30))


@pytest.fixture
def changed(settings, tmp_path):
    """From 2025-06-16 on a forum is a training, not publicity."""
    folder = tmp_path / "content" / "activities"
    folder.mkdir(parents=True)
    shutil.copy(FIRST, folder)
    text = FIRST.read_text(encoding="utf-8").replace("version: 1", "version: 2").replace("2023-01-01", "2025-06-16")
    text = text.replace("开放日, 论坛]", "开放日]").replace("沙龙]", "沙龙, 论坛]")
    (folder / "headings-2.yaml").write_text(text, encoding="utf-8")
    settings.MIDUN_CONTENT = tmp_path / "content"


def test_it_works():
    assert {kind: group_of(kind, date(2025, 6, 1)) for kind in Kind} == {
        Kind.PUBLICITY: Group.PUBLICITY,
        Kind.EXHIBITION: Group.PUBLICITY,
        Kind.OPEN_DAY: Group.PUBLICITY,
        Kind.FORUM: Group.PUBLICITY,
        Kind.SYMPOSIUM: Group.MEETING,
        Kind.GUIDANCE: Group.MEETING,
        Kind.PROMOTION: Group.MEETING,
        Kind.TRAINING: Group.TRAINING,
        Kind.LECTURE: Group.TRAINING,
        Kind.SALON: Group.TRAINING,
    }
    assert words(Group.PUBLICITY) == "宣传活动、展示、开放日、论坛"


def test_the_figures_tell_the_rule():
    assert figures.get("pub_events").rule == "类型为宣传活动、展示、开放日、论坛的活动，每场计一次"
    assert "只计一家" in figures.get("train_enterprises").rule


def test_a_new_version_counts_from_its_day_on(changed, cast, at):
    before = event(cast.district_officer, kind="forum", day=date(2025, 6, 15))
    after = event(cast.district_officer, kind="forum", day=date(2025, 6, 16))
    listed(before, cast.district_officer, people("甲"))
    listed(after, cast.district_officer, people("甲", "乙"))
    scope = Scope(cast.east.path)
    assert (before.group, after.group) == (Group.PUBLICITY, Group.TRAINING)
    assert [figures.get(name).value(scope, JUNE) for name in ("pub_events", "train_events")] == [1, 1]
    assert [figures.get(name).value(scope, JUNE) for name in ("pub_attendance", "train_attendance")] == [1, 2]


def test_what_was_entered_before_follows_once(changed, cast, at, settings):
    content, settings.MIDUN_CONTENT = settings.MIDUN_CONTENT, ROOT / "content"
    made = event(cast.district_officer, kind="forum", day=date(2025, 6, 20))
    other = event(cast.district_officer, kind="forum", day=date(2025, 6, 10))
    listed(made, cast.district_officer, people("甲", "乙"))
    listed(other, cast.district_officer, people("甲"))
    assert regroup.follow(at=at) == 0
    settings.MIDUN_CONTENT = content
    assert regroup.follow(at=at) == 2
    assert regroup.follow(at=at) == 0
    assert {p.group for p in entries(made)} == {Group.TRAINING}
    assert {p.group for p in entries(other)} == {Group.PUBLICITY}
    last = Entry.objects.filter(verb="setting_changed").get()
    assert (last.target_label, last.user_name) == ("headings/2", "统计口径")


def test_the_events_of_all_headings_are_all_events(changed, cast):
    for n, kind in enumerate(Kind):
        event(cast.district_officer, kind=kind, day=date(2025, 6, 10 + n))
    found = Activity.objects.unscoped("test")
    counted = [set(found.filter(headings.events_of(group)).values_list("pk", flat=True)) for group in Group]
    assert sum(map(len, counted)) == len(set().union(*counted)) == len(Kind)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("论坛]", "]", "没有归类：论坛"),
        ("论坛]", "论坛, 培训]", "“培训”重复归类"),
        ("论坛]", "论坛, 茶话会]", "没有“茶话会”这种活动类型"),
        ("  培训:", "  训练:", "恰好有 宣传、座谈指导、培训"),
        ("version: 1", "version: 一", "version 应为"),
        ("since: 2023-01-01", "since: 年初", "since 应为日期"),
        ("id: headings", "id: other", "id 应为 headings"),
        ("id: headings", "id: [", "不是有效的 YAML"),
    ],
)
def test_it_rejects_what_is_wrong_and_names_it(tmp_path, old, new, says):
    text = FIRST.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "headings-9.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BadHeadings, match=r"headings-9\.yaml") as error:
        read(path)
    assert says in str(error.value)


def test_it_rejects_versions_out_of_order(settings, tmp_path):
    folder = tmp_path / "content" / "activities"
    folder.mkdir(parents=True)
    shutil.copy(FIRST, folder)
    (folder / "headings-2.yaml").write_text(FIRST.read_text(encoding="utf-8").replace("version: 1", "version: 2"))
    settings.MIDUN_CONTENT = tmp_path / "content"
    with pytest.raises(BadHeadings, match="大于前一版"):
        versions()


def test_it_rejects_no_version_at_all(settings, tmp_path):
    settings.MIDUN_CONTENT = tmp_path
    with pytest.raises(BadHeadings, match="没有 headings"):
        versions()
