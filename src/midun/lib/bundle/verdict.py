"""A verdict: the same words, codes and steps from every verifier (docs/formats/bundle.md)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from midun.lib.bundle.words import SAY, SENTENCES, fill
from midun.lib.tlog.errors import Reason

FORMAT = "midun-verdict/1"
SENTENCE_OF: Mapping[str, str] = {**{reason.value: reason.sentence for reason in Reason}, **SENTENCES}
"""Every reason code of a bundle with its sentence."""
EVERY_SENTENCE: Mapping[str, str] = {
    **SENTENCE_OF,
    "disclosure-malformed": "不是秘盾的出示文件，或文件已损坏、被改动。",
    "disclosure-copy": "出示的登记内容不符合格式：内容被改动。",
    "disclosure-batch": "出示的登记内容与批次摘要不符：内容、序号或证明被改动，或不是这个批次的副本。",
    "disclosure-deposit": "批次登记的文本与存证日志中的记录不符：文本被改动，或证明包不属于这个批次。",
}
"""The same, and why the disclosure of a copy is refused (docs/formats/copy-disclosure.md)."""


class Status(StrEnum):
    """The three answers."""

    VALID = "valid"
    ACCEPTED_ONLY = "valid-accepted-only"
    INVALID = "invalid"


class State(StrEnum):
    """How one step of the check went. NOTE is for what a reader must know though it decides nothing."""

    OK = "ok"
    NOTE = "note"
    MISSING = "missing"
    FAILED = "failed"


@dataclass(frozen=True)
class Step:
    """One check: its name, how it went, the sentence for people."""

    check: str
    state: State
    sentence: str


@dataclass(frozen=True)
class Verdict:
    """The whole answer. `reason`, `where` and `detail` are empty unless it is invalid; `facts` are for programs."""

    status: Status
    steps: tuple[Step, ...]
    reason: str = ""
    where: str = ""
    detail: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """The answer in one sentence."""
        tokens = self.facts.get("tokens") or []
        if self.status is Status.VALID and tokens and all(token["development"] for token in tokens):
            return SAY["valid-development"]
        absent = [SAY[f"absent-{step.check}"] for step in self.steps if step.state is State.MISSING]
        return fill(self.status.value, EVERY_SENTENCE[self.reason] if self.reason else "、".join(absent))

    def encode(self) -> bytes:
        """As JSON, one line. `detail` is not in it: it is for engineers and differs between verifiers."""
        steps = [{"check": s.check, "state": s.state.value, "sentence": s.sentence} for s in self.steps]
        fields = {
            "format": FORMAT,
            "status": self.status.value,
            "reason": self.reason,
            "where": self.where,
            "sentence": self.sentence,
            "steps": steps,
            "facts": self.facts,
        }
        return (json.dumps(fields, ensure_ascii=False) + "\n").encode()
