"""What an annex would change in the plan: computed from what stands in the database, nothing written."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from django.db.models import TextChoices

from midun.campaigns.annex import Annex, AnnexRow
from midun.campaigns.matching import Named, UnitIndex, normal
from midun.campaigns.models import Campaign, PlanLine, PlanState, UnitAlias
from midun.campaigns.services.participants import possible_units
from midun.kernel.orgs.enums import OrganisationKind
from midun.kernel.orgs.models import Jurisdiction, Organisation

CREATE = "create"
SKIP = "skip"


class RowStatus(TextChoices):
    """What happens to a row of the annex on confirmation."""

    NEW = "new", "新增"
    SAME = "same", "相同"
    CHANGED = "changed", "更新"
    REJECTED = "rejected", "拒收"


@dataclass(frozen=True)
class PreviewRow:
    """One row of the annex beside the plan. `line` is the plan line it was recognised as."""

    row: int
    status: RowStatus
    category: str = ""
    unit_name: str = ""
    number: int | None = None
    content: str = ""
    note: str = ""
    unit: Organisation | None = None
    line: PlanLine | None = None
    table: int = 1


@dataclass(frozen=True)
class UnknownUnit:
    """A name that no unit of the subtree answers to; `decision` is what the officer chose ("" for nothing yet)."""

    name: str
    rows: int
    similar: tuple[Organisation, ...]
    decision: str


@dataclass
class Preview:
    """The whole comparison. `moved` are lines that must give their number to a row of the annex."""

    rows: list[PreviewRow] = field(default_factory=list)
    unknown: list[UnknownUnit] = field(default_factory=list)
    moved: list[tuple[PlanLine, int]] = field(default_factory=list)
    untouched: int = 0
    notes: tuple[str, ...] = ()

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many rows of each status."""
        found = Counter(row.status for row in self.rows)
        return {status.value: found[status] for status in RowStatus}

    @property
    def open_questions(self) -> int:
        """Unknown units about which nothing is decided."""
        return sum(not unknown.decision for unknown in self.unknown)

    @property
    def several_tables(self) -> bool:
        """Whether a row's place needs its table named."""
        return any(row.table > 1 for row in self.rows)

    @property
    def units(self) -> int:
        """How many distinct units the taken rows belong to."""
        return len({row.unit_name for row in self.rows if row.status != RowStatus.REJECTED})

    @cached_property
    def fingerprint(self) -> str:
        """Equal for two previews that would do the same; a confirmation must name the one it was shown."""
        parts = [
            (
                r.table,
                r.row,
                r.status.value,
                r.number,
                r.unit.pk if r.unit else r.unit_name,
                r.content,
                *_version(r.line),
            )
            for r in self.rows
        ]
        moves = [(line.pk, number) for line, number in self.moved]
        return hashlib.sha256(repr((parts, moves)).encode()).hexdigest()[:32]


def _version(line: PlanLine | None) -> tuple[object, ...]:
    return (line.pk, line.version, line.state) if line else ()


def preview(*, campaign: Campaign, annex: Annex, decisions: Mapping[str, str], as_pending: bool = False) -> Preview:
    """Compare `annex` with the plan of `campaign`.

    A row is recognised as a line of its unit by number and content, else by content, else by number. Lines the annex
    does not name stay; where one of them holds a number the annex needs, it gets a number behind all others.
    """
    units = _Units(campaign, decisions)
    found = Preview(notes=annex.notes)
    found.rows = [
        PreviewRow(r.row, RowStatus.REJECTED, unit_name=r.unit, content=r.text, note=r.reason, table=r.table)
        for r in annex.rejected
    ]
    taken: list[tuple[AnnexRow, Organisation | None]] = []
    for row in annex.rows:
        unit, reason = units.of(row.unit)
        if reason:
            found.rows.append(_of(row, RowStatus.REJECTED, note=reason))
        else:
            taken.append((row, unit))
    live = PlanLine.objects.unscoped("compare with the annex").live().filter(campaign=campaign)
    lines = list(live.select_related("unit", "campaign"))
    match = _recognise(taken, lines)
    for row, unit in taken:
        found.rows.append(
            _compared(row, unit, match.get((row.table, row.row)), units.categories, as_pending=as_pending)
        )
    found.rows.sort(key=lambda r: (r.table, r.row))
    used = {line.pk for line in match.values()}
    rest = [line for line in lines if line.pk not in used]
    _move(found, rest, {row.number for row, _ in taken}, lines)
    found.untouched = len(rest)
    found.unknown = units.unknown
    return found


def _of(row: AnnexRow, status: RowStatus, **more: object) -> PreviewRow:
    return PreviewRow(row.row, status, row.category, row.unit, row.number, row.content, table=row.table, **more)  # type: ignore[arg-type]  # named fields


def _recognise(
    taken: Iterable[tuple[AnnexRow, Organisation | None]], lines: Iterable[PlanLine]
) -> dict[tuple[int, int], PlanLine]:
    """Row → line. Each line answers to one row, the surest likeness first."""
    rows = [(row, unit.pk) for row, unit in taken if unit is not None]
    match: dict[tuple[int, int], PlanLine] = {}
    used: set[int] = set()
    likenesses = (
        (lambda r: (r.number, r.content), lambda line: (line.number, line.content)),
        (lambda r: r.content, lambda line: line.content),
        (lambda r: r.number, lambda line: line.number),
    )
    for of_row, of_line in likenesses:
        free: dict[tuple[int, object], list[PlanLine]] = {}
        for line in lines:
            if line.pk not in used:
                free.setdefault((line.unit_id, of_line(line)), []).append(line)
        for row, unit in rows:
            candidates = free.get((unit, of_row(row)))
            at = (row.table, row.row)
            if at not in match and candidates:
                match[at] = candidates.pop(0)
                used.add(match[at].pk)
    return match


def _compared(
    row: AnnexRow, unit: Organisation | None, line: PlanLine | None, categories: Mapping[int, str], *, as_pending: bool
) -> PreviewRow:
    category = row.category or (categories.get(unit.pk, "") if unit else "")
    row = replace(row, category=category)
    if line is None:
        return _of(row, RowStatus.NEW, unit=unit, note="" if unit else "将新建单位")
    changes = []
    if line.number != row.number:
        changes.append(f"序号 {line.number} → {row.number}")
    if line.content != row.content:
        changes.append("活动安排有改动")
    if line.category != category:
        changes.append(f"类别 {line.category or '（空）'} → {category or '（空）'}")
    if line.state != PlanState.APPROVED and not as_pending:
        changes.append(f"{PlanState(line.state).label} → 已审核")
    if not changes:
        return _of(row, RowStatus.SAME, unit=unit, line=line)
    return _of(row, RowStatus.CHANGED, unit=unit, line=line, note="；".join(changes))


def _move(found: Preview, rest: Iterable[PlanLine], numbers: set[int], lines: Iterable[PlanLine]) -> None:
    after = max([0, *numbers, *(line.number for line in lines)])
    for line in rest:
        if line.number in numbers:
            after += 1
            found.moved.append((line, after))


class _Units:
    """Finds units by the names of the annex, by what was learned, and by what the officer decided."""

    def __init__(self, campaign: Campaign, decisions: Mapping[str, str]) -> None:
        organiser = campaign.organiser
        self._decisions = decisions
        units = possible_units(organiser)
        self._by_pk = {unit.pk: unit for unit in units}
        self.categories = {u.unit_id: u.category for u in campaign.units.all()}
        aliases = UnitAlias.objects.unscoped("names this organiser matched").filter(organiser=organiser)
        learned = {alias.name: self._by_pk[alias.unit_id] for alias in aliases if alias.unit_id in self._by_pk}
        names = _place_names(unit.jurisdiction.path for unit in units)
        mine = [u for u in units if u.pk in self.categories]
        self._near = UnitIndex([_named(u, organiser, names) for u in mine], learned) if organiser in mine else None
        self._all = UnitIndex([_named(u, organiser, names) for u in units], learned)
        self._asked: dict[str, UnknownUnit] = {}

    @property
    def unknown(self) -> list[UnknownUnit]:
        return list(self._asked.values())

    def of(self, name: str) -> tuple[Organisation | None, str]:
        """The unit, or None for one to be created; and the reason when the row cannot be taken."""
        unit = (self._near.find(name) if self._near else None) or self._all.find(name)
        if unit:
            return unit, ""
        decision = self._decisions.get(name, "")
        asked = self._asked.get(name)
        similar = asked.similar if asked else tuple(self._all.similar(name))
        self._asked[name] = UnknownUnit(name, (asked.rows if asked else 0) + 1, similar, decision)
        kind, _, number = decision.partition(":")
        if kind == "unit" and number.isdigit() and int(number) in self._by_pk:
            return self._by_pk[int(number)], ""
        if decision == CREATE:
            return None, ""
        if decision == SKIP:
            return None, f"单位“{name}”：经办人选择不导入"
        return None, f"单位“{name}”未识别，请先匹配已有单位或新建单位"


def _place_names(paths: Iterable[str]) -> dict[str, str]:
    wanted = {path[: i + 1] for path in paths for i, c in enumerate(path) if c == "."}
    nodes = Jurisdiction.objects.unscoped("names of places").filter(path__in=wanted)
    return dict(nodes.values_list("path", "name"))


def _named(unit: Organisation, organiser: Organisation, names: Mapping[str, str]) -> Named[Organisation]:
    path = unit.jurisdiction.path
    above = [path[: i + 1] for i, c in enumerate(path) if c == "."][:-1]
    bureau = unit.kind == OrganisationKind.BUREAU
    return Named(
        unit=unit,
        names=tuple(name for name in (unit.name, unit.short_name) if name),
        place=names.get(path, "") if bureau else "",
        above=tuple(names[p] for p in above if p in names),
        is_organiser=unit.pk == organiser.pk,
    )


def alias_key(name: str) -> str:
    """How a matched name is kept."""
    return normal(name)[:60]
