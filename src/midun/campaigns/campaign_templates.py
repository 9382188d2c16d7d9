"""Templates of campaigns: content that a ministry changes without a programmer, checked when it is loaded."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

from midun.kernel.orgs.enums import Level

_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_LEVELS = {"国家": Level.NATION, "省级": Level.PROVINCE, "市级": Level.CITY, "区县级": Level.COUNTY}
_LIMIT = 120


class BadTemplate(Exception):
    """A template contradicts itself or lacks something; `str()` names the file and everything that is wrong."""


@dataclass(frozen=True)
class StrandTemplate:
    """A heading of the notice and the words by which a plan line is recognised as belonging under it."""

    key: str
    heading: str
    keywords: tuple[str, ...]


@dataclass(frozen=True)
class FormTemplate:
    """A statistics form that goes out with the notice."""

    template: str
    label: str
    due_on: date


@dataclass(frozen=True)
class Category:
    """A value of the annex's first column and which units it is for; the last category takes the rest."""

    name: str
    organiser: bool = False
    name_contains: tuple[str, ...] = ()


@dataclass(frozen=True)
class CampaignTemplate:
    """One edition of a campaign as content. `(id, version)` never changes its meaning."""

    id: str
    version: int
    name: str
    title: str
    theme: str
    notice_number: str
    level: Level
    start: date
    end: date
    strands: tuple[StrandTemplate, ...]
    required_forms: tuple[FormTemplate, ...]
    categories: tuple[Category, ...]

    @property
    def reference(self) -> str:
        """How a campaign remembers what it was made from."""
        return f"{self.id}/{self.version}"

    def category_for(self, name: str, *, organiser: bool) -> str:
        """The category of a unit; empty when the template has none."""
        for category in self.categories:
            wanted = organiser and category.organiser
            if wanted or any(part in name for part in category.name_contains):
                return category.name
        return self.categories[-1].name if self.categories else ""


def load_templates(folder: Path | None = None) -> dict[str, CampaignTemplate]:
    """The newest version of every template, by id. Raises `BadTemplate` for the first file that is wrong."""
    newest: dict[str, CampaignTemplate] = {}
    for template in _all(folder or settings.MIDUN_CONTENT / "campaigns"):
        if template.id not in newest or newest[template.id].version < template.version:
            newest[template.id] = template
    return newest


def template_of(reference: str, folder: Path | None = None) -> CampaignTemplate | None:
    """The template a campaign was made from, None when it is no longer kept."""
    found = _all(folder or settings.MIDUN_CONTENT / "campaigns")
    return next((t for t in found if t.reference == reference), None)


def form_labels(folder: Path | None = None) -> dict[str, str]:
    """The statistics forms that templates name, with their Chinese names."""
    found = _all(folder or settings.MIDUN_CONTENT / "campaigns")
    return {form.template: form.label for template in found for form in template.required_forms}


def _all(folder: Path) -> list[CampaignTemplate]:
    found: dict[tuple[str, int], Path] = {}
    templates = []
    for path in sorted(folder.glob("*.yaml")):
        template = read_template(path)
        key = (template.id, template.version)
        if key in found:
            raise BadTemplate(f"{path.name}：与 {found[key].name} 的标识和版本相同，请修改 id 或 version")
        found[key] = path
        templates.append(template)
    return templates


def read_template(path: Path) -> CampaignTemplate:
    """Read and check one file. Raises `BadTemplate` with every problem in one text."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        raise BadTemplate(f"{path.name}：不是有效的 YAML 文件（{error}）") from error
    check = _Check()
    template = _template(check, data if isinstance(data, dict) else {})
    if not isinstance(data, dict):
        check.problems = ["最外层应为“字段: 值”的形式"]
    if check.problems:
        raise BadTemplate(f"{path.name}：" + "；".join(check.problems))
    return template


class _Check:
    """Reads typed values out of a mapping and collects what is wrong."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def text(self, data: Mapping[str, Any], name: str, where: str = "", *, optional: bool = False) -> str:
        value = data.get(name, "")
        if not isinstance(value, str) or (not value.strip() and not optional):
            self.problems.append(f"{where}{name} 应为文字")
            return ""
        if len(value) > _LIMIT:
            self.problems.append(f"{where}{name} 超过 {_LIMIT} 个字")
        return value.strip()

    def key(self, data: Mapping[str, Any], name: str, where: str = "") -> str:
        value = self.text(data, name, where)
        if value and not _KEY.fullmatch(value):
            self.problems.append(f"{where}{name} 只能用小写字母、数字和连字符，最多 40 个字符")
        return value

    def day(self, data: Mapping[str, Any], name: str, where: str = "") -> date:
        value = data.get(name)
        if type(value) is not date:
            self.problems.append(f"{where}{name} 应为日期，如 2025-06-01")
            return date(1, 1, 1)
        return value

    def items(self, data: Mapping[str, Any], name: str) -> Iterable[tuple[str, Mapping[str, Any]]]:
        value = data.get(name)
        if not isinstance(value, list):
            self.problems.append(f"{name} 应为列表")
            return
        for index, item in enumerate(value, start=1):
            if isinstance(item, dict):
                yield f"{name} 第 {index} 项的 ", item
            else:
                self.problems.append(f"{name} 第 {index} 项应为“字段: 值”的形式")

    def words(self, data: Mapping[str, Any], name: str, where: str) -> tuple[str, ...]:
        value = data.get(name, [])
        if not isinstance(value, list) or not all(isinstance(word, str) and word.strip() for word in value):
            self.problems.append(f"{where}{name} 应为词语的列表")
            return ()
        return tuple(word.strip() for word in value)

    def once(self, values: Iterable[str], what: str) -> None:
        seen: set[str] = set()
        for value in values:
            if value in seen:
                self.problems.append(f"{what}“{value}”重复")
            seen.add(value)


def _template(check: _Check, data: Mapping[str, Any]) -> CampaignTemplate:
    version = data.get("version")
    if type(version) is not int or version < 1:
        check.problems.append("version 应为 1、2、3……")
        version = 0
    level = data.get("level")
    if level not in _LEVELS:
        check.problems.append(f"level 应为 {'、'.join(_LEVELS)} 之一")
    period = data.get("period")
    period = period if isinstance(period, dict) else {}
    start, end = check.day(period, "start", "period 的 "), check.day(period, "end", "period 的 ")
    if end < start:
        check.problems.append("period 的 end 早于 start")
    template = CampaignTemplate(
        id=check.key(data, "id"),
        version=version,
        name=check.text(data, "name"),
        title=check.text(data, "title"),
        theme=check.text(data, "theme", optional=True),
        notice_number=check.text(data, "notice_number", optional=True),
        level=_LEVELS.get(str(level), Level.CITY),
        start=start,
        end=end,
        strands=tuple(_strands(check, data)),
        required_forms=tuple(_forms(check, data)),
        categories=tuple(_categories(check, data)),
    )
    if not template.strands:
        check.problems.append("strands 至少要有一个板块")
    check.once((s.key for s in template.strands), "板块标识")
    check.once((s.heading for s in template.strands), "板块名称")
    check.once((f.template for f in template.required_forms), "统计表")
    check.once((c.name for c in template.categories), "类别")
    return template


def _strands(check: _Check, data: Mapping[str, Any]) -> Iterable[StrandTemplate]:
    for where, item in check.items(data, "strands"):
        key, heading = check.key(item, "key", where), check.text(item, "heading", where)
        yield StrandTemplate(key, heading, check.words(item, "keywords", where))


def _forms(check: _Check, data: Mapping[str, Any]) -> Iterable[FormTemplate]:
    for where, item in check.items(data, "required_forms"):
        key, label = check.key(item, "template", where), check.text(item, "label", where)
        yield FormTemplate(key, label, check.day(item, "due_on", where))


def _categories(check: _Check, data: Mapping[str, Any]) -> Iterable[Category]:
    if data.get("categories") is None:
        return
    for where, item in check.items(data, "categories"):
        name = check.text(item, "name", where)
        yield Category(name, item.get("organiser") is True, check.words(item, "name_contains", where))
