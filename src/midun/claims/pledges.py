"""Service pledges of the ledger as content: how many working days, on what basis, and what people are told.

They are pledges of the service, not statutory limits, so they stand in `content/claims/pledges.yaml` with their basis
and a version. A claim keeps the days it was promised; a new version holds for new claims.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

from midun.claims.models import Urgency

_MOST = 250


class BadPledges(Exception):
    """The content contradicts itself or lacks something; `str()` names the file and what is wrong."""


@dataclass(frozen=True)
class Limit:
    """Working days after the registration: until it is decided whether to take the claim on, and until it is closed."""

    accept: int
    handle: int


@dataclass(frozen=True)
class Pledges:
    """One version of the pledges and of the sentences that belong to them."""

    version: int
    basis: str
    counting: str
    limits: Mapping[Urgency, Limit]
    remind_ahead: int
    lead_words: tuple[str, ...]
    lead_officer: str
    lead_enterprise: str

    def smells_of_infringement(self, *texts: str) -> bool:
        """Whether a word occurs that should make an officer think of infringement. A hint, never a decision."""
        whole = "\n".join(texts)
        return any(word in whole for word in self.lead_words)


def _sentence(value: object) -> str:
    """Text of the content; YAML's folded lines leave spaces that Chinese does not have."""
    return "".join(str(value).split())


def parse(data: Mapping[str, Any], source: str) -> Pledges:
    """Check and build. Raises `BadPledges`."""
    try:
        limits = {Urgency(key): Limit(int(v["accept"]), int(v["handle"])) for key, v in data["limits"].items()}
        lead = data["lead"]
        made = Pledges(
            version=int(data["version"]),
            basis=_sentence(data["basis"]),
            counting=_sentence(data["counting"]),
            limits=limits,
            remind_ahead=int(data["remind_ahead"]),
            lead_words=tuple(str(word) for word in lead["words"]),
            lead_officer=_sentence(lead["officer"]),
            lead_enterprise=_sentence(lead["enterprise"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadPledges(f"{source}：缺少或写错了 {error}") from error
    if set(limits) != set(Urgency):
        raise BadPledges(f"{source}：limits 须为每种紧急程度各写一项（{'、'.join(Urgency.values)}）")
    for urgency, limit in limits.items():
        if not 0 < limit.accept <= limit.handle <= _MOST:
            raise BadPledges(f"{source}：{urgency.value} 须满足 0 < accept ≤ handle ≤ {_MOST}")
    if not (made.basis and made.counting and made.lead_officer and made.lead_enterprise):
        raise BadPledges(f"{source}：basis、counting、lead.officer、lead.enterprise 不能为空")
    return made


@cache
def _load(path: Path) -> Pledges:
    return parse(yaml.safe_load(path.read_text(encoding="utf-8")) or {}, path.name)


def pledges() -> Pledges:
    """The pledges in force. Raises `BadPledges`."""
    return _load(Path(settings.MIDUN_CONTENT) / "claims" / "pledges.yaml")
