"""What the visits learned, added up: each enterprise once, with what was learned of it last.

Rates are Σ signed over Σ should, never a mean of rates, and an enterprise visited twice is not counted twice.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, F, Q, Sum, Window
from django.db.models.functions import RowNumber

from midun.visits.models import Rules
from midun.visits.rates import Rate


@dataclass
class Baseline:
    """The figures of one unit, or of all together."""

    label: str
    enterprises: int = 0
    facts: dict[str, int] = field(default_factory=dict)

    def _rate(self, part: str, whole: str) -> Rate:
        return Rate(self.facts.get(part, 0), self.facts.get(whole, 0))

    @property
    def secrets(self) -> int:
        """商业秘密数."""
        return self.facts.get("secrets", 0)

    @property
    def patents(self) -> int:
        """专利数."""
        return self.facts.get("patents", 0)

    @property
    def nda(self) -> Rate:
        """保密协议签约率."""
        return self._rate("nda_signed", "nda_should")

    @property
    def non_compete(self) -> Rate:
        """竞业限制协议签约率."""
        return self._rate("non_compete_signed", "non_compete_eligible")

    @property
    def rules(self) -> Rate:
        """保护制度建立率: enterprises with rules over those that were asked."""
        return self._rate("rules_yes", "rules_asked")


@dataclass(frozen=True)
class _Fact:
    """A group of counts that were learned together, when they count as learned, and how they add up."""

    learned: Q
    sums: dict[str, Any]


_FACTS = (
    _Fact(Q(secrets__isnull=False), {"secrets": Sum("secrets")}),
    _Fact(Q(patents__isnull=False), {"patents": Sum("patents")}),
    _Fact(Q(nda_should__isnull=False), {"nda_signed": Sum("nda_signed"), "nda_should": Sum("nda_should")}),
    _Fact(
        Q(non_compete_eligible__isnull=False),
        {
            "non_compete_signed": Sum("non_compete_signed"),
            "non_compete_eligible": Sum("non_compete_eligible"),
        },
    ),
    _Fact(~Q(has_rules=""), {"rules_yes": Count("pk", filter=Q(has_rules=Rules.YES)), "rules_asked": Count("pk")}),
)


def _latest(visits: Any, fact: _Fact, by: Sequence[str]) -> Any:
    """Of each group (`by`) the last visit in which the fact was learned."""
    order = (F("day").desc(), F("pk").desc())
    known = visits.order_by().filter(fact.learned)
    ranked = known.annotate(rank=Window(RowNumber(), partition_by=[F(name) for name in by], order_by=order))
    return known.filter(pk__in=ranked.filter(rank=1).values("pk"))


def total_of(visits: Any) -> Baseline:
    """All visits together: an enterprise visited by two units counts once."""
    made = Baseline("合计", visits.order_by().values("enterprise").distinct().count())
    for fact in _FACTS:
        sums = _latest(visits, fact, ("enterprise",)).aggregate(**fact.sums)
        made.facts |= {name: int(value or 0) for name, value in sums.items()}
    return made


def by_unit(visits: Any, label: Callable[[int], str]) -> list[Baseline]:
    """Unit by unit, in the order of their ids; `label` names a unit."""
    counted = visits.order_by().values("unit").annotate(n=Count("enterprise", distinct=True))
    made = {row["unit"]: Baseline(label(row["unit"]), row["n"]) for row in counted}
    for fact in _FACTS:
        latest = _latest(visits, fact, ("unit", "enterprise"))
        for row in latest.values("unit").annotate(**fact.sums):
            unit = row.pop("unit")
            made[unit].facts |= {name: int(value or 0) for name, value in row.items()}
    return [made[unit] for unit in sorted(made)]
