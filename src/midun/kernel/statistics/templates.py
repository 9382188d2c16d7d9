"""Statistics forms as content: lines, each naming a figure, and checks as data. Versioned YAML under content/forms."""

import operator
from collections.abc import Iterable, Mapping
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

    @property
    def item(self) -> str:
        """The number of the item it belongs to, on continued rows as well."""
        return self.number or self.parent

    @property
    def name(self) -> str:
        """The label with the item it belongs to: 第7项“参与企业”."""
        return f"第{self.item}项“{self.label}”"


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

    @property
    def figures(self) -> tuple[str, ...]:
        """The figures it compares."""
        return (self.left, self.right) if isinstance(self.right, str) else (self.left,)


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
    """A statistics form of one version. `title` follows the name of what it is about on the printed form."""

    id: str
    version: int
    source: str
    title: str
    lines: tuple[Line, ...]
    checks: tuple[Check, ...]

    @property
    def figures(self) -> tuple[str, ...]:
        """The figures in the order of the form."""
        return tuple(line.figure for line in self.lines)

    def line(self, figure: str) -> Line | None:
        """The line of a figure, None where the form does not ask for it."""
        return next((line for line in self.lines if line.figure == figure), None)

    def span(self, line: Line) -> int:
        """How many rows the number of this line spans; 0 for a continued row."""
        return 0 if line.parent else 1 + sum(other.parent == line.number for other in self.lines)

    def failed(self, values: Mapping[str, int]) -> list[Check]:
        """The checks that the values break, hard ones first."""
        broken = [check for check in self.checks if check.fails(values)]
        return sorted(broken, key=lambda c: c.severity)

    def heading(self, subject: str) -> tuple[str, str]:
        """The two lines of the printed title. Words that end the one and begin the other are printed once."""
        overlap = next((n for n in range(len(self.title), 0, -1) if subject.endswith(self.title[:n])), 0)
        return subject[: len(subject) - overlap], self.title


def _condition(raw: Mapping[str, Any], names: Iterable[str], where: str) -> Condition:
    found = Condition(str(raw["left"]), str(raw["op"]), raw["right"])
    if not set(found.figures) <= set(names) or found.op not in _OPERATORS:
        raise BadTemplate(f"{where}：核对关系引用了不存在的指标或运算符")
    return found


def _line(entry: Mapping[str, Any]) -> Line:
    return Line(
        number=str(entry.get("number", "")),
        label=entry["label"],
        unit=entry["unit"],
        figure=entry["figure"],
        parent=str(entry.get("parent", "")),
        part=bool(entry.get("part", False)),
    )


def _check(entry: Mapping[str, Any], names: Iterable[str], where: str) -> Check:
    return Check(
        id=entry["id"],
        severity=entry["severity"],
        condition=_condition(entry, names, where),
        text=entry["text"],
        when=_condition(entry["when"], names, where) if "when" in entry else None,
    )


def parse(text: str, *, where: str) -> FormTemplate:
    """Read a form's YAML. Raises `BadTemplate`."""
    try:
        raw = yaml.safe_load(text)
        lines = tuple(_line(entry) for entry in raw["lines"])
        names = [line.figure for line in lines]
        checks = tuple(_check(entry, names, where) for entry in raw.get("checks", []))
        made = FormTemplate(raw["id"], int(raw["version"]), raw["source"], str(raw["title"]), lines, checks)
    except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadTemplate(f"{where}：统计表模板有误（{error}）") from error
    if len(set(names)) != len(names) or len({c.id for c in checks}) != len(checks):
        raise BadTemplate(f"{where}：指标或核对关系的标识重复")
    if any(c.severity not in _SEVERITIES for c in checks):
        raise BadTemplate(f"{where}：核对级别应为 hard（强制）或 soft（核实）")
    numbers = {line.number for line in lines if line.number}
    if any(line.parent and line.parent not in numbers for line in lines):
        raise BadTemplate(f"{where}：有一行的 parent 不是本表的序号")
    return made


@cache
def load_forms(folder: Path) -> dict[tuple[str, int], FormTemplate]:
    """Every form in the folder by id and version. Raises `BadTemplate`."""
    found: dict[tuple[str, int], FormTemplate] = {}
    for path in sorted(folder.glob("*.yaml")):
        made = parse(path.read_text(encoding="utf-8"), where=path.name)
        if (made.id, made.version) in found:
            raise BadTemplate(f"{path.name}：{made.id} 的第 {made.version} 版已在另一个文件中，请把 version 加 1")
        found[made.id, made.version] = made
    return found


def template(name: str, version: int | None = None) -> FormTemplate:
    """The form of that id, the newest version unless one is named. Raises `BadTemplate`."""
    forms = load_forms(Path(settings.MIDUN_CONTENT) / "forms")
    versions = [known for id_, known in forms if id_ == name]
    wanted = version if version is not None else max(versions, default=0)
    if wanted not in versions:
        which = f"第 {version} 版" if version is not None else ""
        raise BadTemplate(f"没有名为 {name} 的统计表模板{which}")
    return forms[name, wanted]


def form_choices() -> list[tuple[str, str]]:
    """The forms there are, for a choice: id, and title with where it comes from."""
    forms = load_forms(Path(settings.MIDUN_CONTENT) / "forms")
    newest = {id_: template(id_) for id_, _ in forms}
    return [(id_, f"{form.title}（{form.source}）") for id_, form in sorted(newest.items())]
