"""Under which heading of the statistics form a kind of event counts: content/activities/headings-*.yaml, by the day.

The form names only its headings (专题宣传活动; 座谈会、行政指导会; 能力提升培训活动). Where the other kinds belong
is for the ministry to say, so it is content: a new version counts from its `since` on and changes nothing before it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.db.models import Q

from midun.activities.kinds import Group, Kind
from midun.kernel.statistics.figures import Period


class BadHeadings(Exception):
    """A file contradicts itself or leaves a kind out; `str()` names the file and what is wrong."""


@dataclass(frozen=True)
class Headings:
    """One version: from the day `since` on, every kind counts under one heading."""

    version: int
    since: date
    group_of: Mapping[Kind, Group]

    def kinds(self, group: Group) -> list[Kind]:
        """The kinds that count under a heading."""
        return [kind for kind in Kind if self.group_of[kind] == group]


def versions() -> tuple[Headings, ...]:
    """All versions, oldest first."""
    return _load(settings.MIDUN_CONTENT / "activities")


def group_of(kind: Kind, day: date) -> Group:
    """The heading under which an event of that day counts; days before the first version are counted like its own."""
    held = [headings for headings in versions() if headings.since <= day] or versions()[:1]
    return held[-1].group_of[kind]


def events_of(group: Group) -> Q:
    """The condition on an event (its kind and day) that it counts under `group`."""
    known, found = versions(), Q(pk__in=())
    for number, headings in enumerate(known):
        part = Q(kind__in=headings.kinds(group))
        if number:
            part &= Q(day__gte=headings.since)
        if number + 1 < len(known):
            part &= Q(day__lt=known[number + 1].since)
        found |= part
    return found


def slices(group: Group, period: Period) -> list[tuple[list[Kind], Period]]:
    """The period cut where the headings change, with the kinds that count under `group` in each part."""
    known, found = versions(), []
    for number, headings in enumerate(known):
        start = max(period.start, headings.since) if number else period.start
        last = number + 1 == len(known)
        end = period.end if last else min(period.end, known[number + 1].since - timedelta(days=1))
        if start <= end:
            found.append((headings.kinds(group), Period(start, end)))
    return found


def words(group: Group) -> str:
    """宣传活动、展示、开放日、论坛: what counts under a heading by the newest version."""
    return "、".join(kind.label for kind in versions()[-1].kinds(group))


@cache
def _load(folder: Path) -> tuple[Headings, ...]:
    found = sorted((read(path) for path in folder.glob("headings-*.yaml")), key=lambda headings: headings.version)
    if not found:
        raise BadHeadings(f"{folder}：没有 headings-*.yaml，无法确定活动类型计入统计表的哪一栏")
    for before, after in pairwise(found):
        if before.version == after.version or before.since >= after.since:
            raise BadHeadings(f"headings：第 {after.version} 版的 version 和 since 都应大于前一版")
    return tuple(found)


def read(path: Path) -> Headings:
    """Read and check one file. Raises `BadHeadings`."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadHeadings(f"{path.name}：不是有效的 YAML 文件（{error}）") from error
    data = data if isinstance(data, dict) else {}
    problems: list[str] = []
    if data.get("id") != "headings":
        problems.append("id 应为 headings")
    version, since = data.get("version"), data.get("since")
    if type(version) is not int or version < 1:
        problems.append("version 应为 1、2、3……")
    if type(since) is not date:
        problems.append("since 应为日期，如 2023-01-01")
    groups = _groups(data.get("headings"), problems)
    if problems or type(version) is not int or type(since) is not date:
        raise BadHeadings(f"{path.name}：" + "；".join(problems))
    return Headings(version, since, groups)


def _groups(data: Any, problems: list[str]) -> dict[Kind, Group]:
    groups = {group.label: group for group in Group}
    kinds = {kind.label: kind for kind in Kind}
    found: dict[Kind, Group] = {}
    if not isinstance(data, dict) or set(data) != set(groups):
        problems.append(f"headings 应恰好有 {'、'.join(groups)} 三栏")
        return found
    for heading, labels in data.items():
        for label in labels if isinstance(labels, list) else ():
            kind = kinds.get(str(label))
            if kind is None:
                problems.append(f"没有“{label}”这种活动类型")
            elif kind in found:
                problems.append(f"“{label}”重复归类")
            else:
                found[kind] = groups[heading]
    left = [kind.label for kind in Kind if kind not in found]
    if left:
        problems.append(f"没有归类：{'、'.join(left)}")
    return found
