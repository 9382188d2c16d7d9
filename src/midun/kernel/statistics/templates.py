"""Statistics forms as content: lines, each naming a figure, and checks as data. Versioned YAML under content/forms."""

import operator
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

_OPERATORS = {"<=": operator.le, "<": operator.lt, "==": operator.eq, ">=": operator.ge, ">": operator.gt}
_SEVERITIES = ("hard", "soft")


class BadTemplate(Exception):
    """A form's content contradicts itself; `str()` names the file and what is wrong."""


@dataclass(frozen=True)
class Line:
    """One cell of the form: its number ("" on rows continued from the one above), label, unit word and figure."""

    number: str
    label: str
    unit: str
    figure: str
    parent: str = ""
    part: bool = False


@dataclass(frozen=True)
class Condition:
    """A comparison of two cells, or of a cell and a number."""

    left: str
    op: str
    right: str | int

    def holds(self, values: Mapping[str, int]) -> bool:
        """Whether it is true of the values of the cells."""
        right = self.right if isinstance(self.right, int) else values[self.right]
        return bool(_OPERATORS[self.op](values[self.left], right))


@dataclass(frozen=True)
class Check:
    """A rule between cells. A hard one is overridden only with an explanation; `when` says when it applies."""

    id: str
    severity: str
    condition: Condition
    text: str
    when: Condition | None = None

    def fails(self, values: Mapping[str, int]) -> bool:
        """Whether the values break it."""
        return (self.when is None or self.when.holds(values)) and not self.condition.holds(values)


@dataclass(frozen=True)
class FormTemplate:
    """A statistics form of one version."""

    id: str
    version: int
    source: str
    title: tuple[str, ...]
    lines: tuple[Line, ...]
    checks: tuple[Check, ...]

    @property
    def figures(self) -> tuple[str, ...]:
        """The figures in the order of the form."""
        return tuple(line.figure for line in self.lines)

    def span(self, line: Line) -> int:
        """How many rows the number of this line spans; 0 for a continued row."""
        return 0 if line.parent else 1 + sum(other.parent == line.number for other in self.lines)

    def failed(self, values: Mapping[str, int]) -> list[Check]:
        """The checks that the values break, hard ones first."""
        broken = [check for check in self.checks if check.fails(values)]
        return sorted(broken, key=lambda c: c.severity)


def _condition(raw: Mapping[str, Any], names: set[str], where: str) -> Condition:
    found = Condition(str(raw["left"]), str(raw["op"]), raw["right"])
    known = {found.left} | ({found.right} if isinstance(found.right, str) else set())
    if not known <= names or found.op not in _OPERATORS:
        raise BadTemplate(f"{where}：核对关系引用了不存在的指标或运算符")
    return found


def parse(text: str, *, where: str) -> FormTemplate:
    """Read a form's YAML. Raises `BadTemplate`."""
    try:
        raw = yaml.safe_load(text)
        lines = tuple(
            Line(
                number=str(entry.get("number", "")),
                label=entry["label"],
                unit=entry["unit"],
                figure=entry["figure"],
                parent=str(entry.get("parent", "")),
                part=bool(entry.get("part", False)),
            )
            for entry in raw["lines"]
        )
        names = {line.figure for line in lines}
        checks = tuple(
            Check(
                id=entry["id"],
                severity=entry["severity"],
                condition=_condition(entry, names, where),
                text=entry["text"],
                when=_condition(entry["when"], names, where) if "when" in entry else None,
            )
            for entry in raw.get("checks", [])
        )
        made = FormTemplate(raw["id"], int(raw["version"]), raw["source"], tuple(raw["title"]), lines, checks)
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise BadTemplate(f"{where}：统计表模板有误（{error}）") from error
    if len(names) != len(lines) or any(c.severity not in _SEVERITIES for c in checks):
        raise BadTemplate(f"{where}：指标重复，或核对级别不是 hard/soft")
    return made


@cache
def _load(folder: Path) -> dict[str, FormTemplate]:
    found = [parse(p.read_text(encoding="utf-8"), where=p.name) for p in sorted(folder.glob("*.yaml"))]
    return {template.id: template for template in found}


def template(name: str) -> FormTemplate:
    """The form of that id. Raises `BadTemplate`."""
    try:
        return _load(Path(settings.MIDUN_CONTENT) / "forms")[name]
    except KeyError:
        raise BadTemplate(f"没有名为 {name} 的统计表模板") from None
