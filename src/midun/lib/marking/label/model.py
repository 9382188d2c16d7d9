"""The label itself: what it says, checked on construction (docs/formats/label.md)."""

import datetime as dt
import hashlib
import re
import unicodedata
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from midun.lib.marking.errors import Reason, Refused
from midun.lib.marking.label.canonical import canonical
from midun.lib.marking.label.grades import GRADES, HANDLING, Grade, Scheme

MAX_SCOPE, MAX_NAME, MAX_NOTE, MAX_CARRIERS, MIN_REASON = 64, 200, 500, 8, 4
_HEX64 = re.compile(r"[0-9a-f]{64}")
_COPY = re.compile(r"[0-9a-f]{16}")
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def refuse(sentence: str) -> Refused:
    """The refusal of a label that breaks the rules."""
    return Refused(Reason.LABEL, sentence)


def _require(condition: bool, sentence: str) -> None:
    if not condition:
        raise refuse(sentence)


def valid_owner_code(code: str) -> bool:
    """Whether the 18 characters are a unified social credit code with its check character (GB 32100-2015, mod 31)."""
    if len(code) != 18 or any(letter not in _USCC for letter in code):  # noqa: PLR2004  # the length of the code
        return False
    total = sum(_USCC.index(letter) * pow(3, place, 31) for place, letter in enumerate(code[:17]))
    return _USCC[-total % 31] == code[17]


def _line(text: str, what: str, limit: int = MAX_NAME) -> None:
    printable = all(unicodedata.category(letter)[0] != "C" for letter in text)
    _require(0 < len(text) <= limit and text == text.strip() and printable, f"{what}须为 1 到 {limit} 个可见字符。")


class TermKind(StrEnum):
    """How secrecy ends."""

    UNTIL = "until"
    LONG = "long"
    PUBLICATION = "publication"


@dataclass(frozen=True)
class Owner:
    """The right holder: name, and unified social credit code if it has one."""

    name: str
    code: str | None = None

    def __post_init__(self) -> None:
        _line(self.name, "权利人名称")
        _require(self.code is None or valid_owner_code(self.code), "统一社会信用代码不正确，请核对 18 位代码。")


@dataclass(frozen=True)
class Term:
    """From when and until when (last day included) the content is secret."""

    since: dt.date
    kind: TermKind
    until: dt.date | None = None

    def __post_init__(self) -> None:
        _require((self.kind is TermKind.UNTIL) == (self.until is not None), "保密期限写明“至某日”时才有截止日期。")
        _require(self.until is None or self.until >= self.since, "保密期限的截止日期早于起始日期。")

    @property
    def printed(self) -> str:
        """The term as it stands on the document."""
        if self.kind is TermKind.UNTIL:
            return f"{self.since:%Y-%m-%d} 至 {self.until:%Y-%m-%d}"
        return f"{self.since:%Y-%m-%d} 起" + ("长期" if self.kind is TermKind.LONG else "至公布前")

    def over(self, day: dt.date) -> bool:
        """Whether the term has ended before `day`."""
        return self.until is not None and day > self.until

    def weaker_than(self, before: "Term") -> bool:
        """Whether secrecy may end earlier than it did."""
        order = {TermKind.UNTIL: 0, TermKind.LONG: 1, TermKind.PUBLICATION: 2}
        if self.until is not None and before.until is not None:
            return self.until < before.until
        if before.kind is TermKind.PUBLICATION:
            return self.kind is not TermKind.PUBLICATION
        return order[self.kind] < order[before.kind]


class Method(StrEnum):
    """What the digest of the document is taken over."""

    BYTES = "bytes"
    PARTS = "parts"
    PAGES = "pages"


@dataclass(frozen=True)
class Document:
    """The document that was labelled, by a digest that does not cover the label."""

    method: Method
    sha256: str

    def __post_init__(self) -> None:
        _require(_HEX64.fullmatch(self.sha256) is not None, "文件摘要须为 64 位小写十六进制。")


@dataclass(frozen=True)
class Copy:
    """Says that this file is a marked copy: its copy id and which carriers were put in."""

    id: str
    carriers: tuple[str, ...]

    def __post_init__(self) -> None:
        _require(_COPY.fullmatch(self.id) is not None, "副本编号须为 16 位小写十六进制。")
        _require(0 < len(self.carriers) <= MAX_CARRIERS, "密标载体须有 1 到 8 种。")
        _require(list(self.carriers) == sorted(set(self.carriers)), "密标载体须排序且不重复。")
        for carrier in self.carriers:
            _require(re.fullmatch(r"[a-z0-9-]{1,40}", carrier) is not None, "密标载体名称不正确。")


@dataclass(frozen=True)
class Change:
    """Why protection was weakened, who decided and who approved: two different persons."""

    kinds: tuple[str, ...]
    reason: str
    decided_by: str
    approved_by: str

    def __post_init__(self) -> None:
        _require(bool(self.kinds) and list(self.kinds) == sorted(set(self.kinds)), "变更种类须排序且不重复。")
        _line(self.reason, "变更理由", MAX_NOTE)
        _require(len(self.reason) >= MIN_REASON, "变更理由至少 4 个字。")
        _line(self.decided_by, "决定人")
        _line(self.approved_by, "批准人")
        _require(self.decided_by != self.approved_by, "降低保护须由第二人批准：决定人与批准人不能是同一人。")


@dataclass(frozen=True)
class Label:
    """One version of a document's label. All rules of the format hold once it exists.

    Raises:
        Refused: LABEL, on construction or reading.

    """

    id: uuid.UUID
    version: int
    previous: str | None
    at: dt.datetime
    grade: Grade
    owner: Owner
    term: Term
    scope: tuple[str, ...]
    handling: tuple[str, ...]
    document: Document
    note: str = ""
    copy: Copy | None = None
    change: Change | None = None

    def __post_init__(self) -> None:
        _require(self.version >= 1, "密级标识的版本从 1 起。")
        _require((self.version == 1) == (self.previous is None), "密级标识须写明上一版本的摘要（第 1 版除外）。")
        _require(self.previous is None or _HEX64.fullmatch(self.previous) is not None, "上一版本的摘要不正确。")
        _require(self.at.tzinfo is not None and self.at.microsecond == 0, "签署时间须带时区，精确到秒。")
        _require(list(self.scope) == sorted(set(self.scope)), "知悉范围须排序且不重复。")
        _require(len(self.scope) <= MAX_SCOPE, "知悉范围最多 64 项。")
        for item in self.scope:
            _line(item, "知悉范围")
        _require(list(self.handling) == sorted(set(self.handling)), "处理要求须排序且不重复。")
        _require(set(self.handling) <= HANDLING.keys(), "处理要求中有未知的代码。")
        _require(len(self.note) <= MAX_NOTE, "备注最多 500 字。")
        _require(self.version > 1 or self.change is None, "第 1 版标识没有变更记录。")

    @property
    def canonical(self) -> bytes:
        """The bytes that are signed."""
        return canonical(self.as_json())

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical label: what the next version names as `previous`."""
        return hashlib.sha256(self.canonical).hexdigest()

    @property
    def removed(self) -> bool:
        """Whether this is the record that the label was taken off."""
        return self.change is not None and "removed" in self.change.kinds

    @property
    def printed(self) -> str:
        """One line for header or footer: 权属 + 密级 + 期限."""
        return f"{self.owner.name}　商业秘密【{self.grade.word}】　{self.term.printed}"

    def as_json(self) -> dict[str, Any]:
        """The object of the format."""
        return {
            "id": str(self.id),
            "version": self.version,
            "previous": self.previous,
            "at": self.at.astimezone(dt.UTC).strftime(_TIME),
            "grade": {"scheme": str(self.grade.scheme), "code": self.grade.code},
            "owner": {"name": self.owner.name, "code": self.owner.code},
            "term": {
                "from": self.term.since.isoformat(),
                "kind": str(self.term.kind),
                "until": self.term.until and self.term.until.isoformat(),
            },
            "scope": list(self.scope),
            "handling": list(self.handling),
            "note": self.note,
            "document": {"method": str(self.document.method), "sha256": self.document.sha256},
            "copy": self.copy and {"id": self.copy.id, "carriers": list(self.copy.carriers)},
            "change": self.change
            and {
                "kinds": list(self.change.kinds),
                "reason": self.change.reason,
                "decided_by": self.change.decided_by,
                "approved_by": self.change.approved_by,
            },
        }

    @classmethod
    def from_json(cls, value: Any) -> Self:
        """Read the object of the format; a key too many or too few is refused."""
        try:
            found = _read(value)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            if isinstance(error, Refused):
                raise
            raise refuse("密级标识的内容不符合格式。") from error
        label = cls(**found)
        if label.as_json() != value:
            raise refuse("密级标识的内容不符合格式。")
        canonical(value)
        return label


def _optional(value: Any, build: Callable[[Any], Any]) -> Any:
    return None if value is None else build(value)


def _read(value: Any) -> dict[str, Any]:
    term = value["term"]
    return {
        "id": uuid.UUID(value["id"]),
        "version": _integer(value["version"]),
        "previous": value["previous"],
        "at": dt.datetime.strptime(value["at"], _TIME).replace(tzinfo=dt.UTC),
        "grade": GRADES[Scheme(value["grade"]["scheme"]), value["grade"]["code"]],
        "owner": Owner(value["owner"]["name"], value["owner"]["code"]),
        "term": Term(
            dt.date.fromisoformat(term["from"]), TermKind(term["kind"]), _optional(term["until"], dt.date.fromisoformat)
        ),
        "scope": tuple(value["scope"]),
        "handling": tuple(value["handling"]),
        "note": value["note"],
        "document": Document(Method(value["document"]["method"]), value["document"]["sha256"]),
        "copy": _optional(value["copy"], lambda item: Copy(item["id"], tuple(item["carriers"]))),
        "change": _optional(
            value["change"],
            lambda item: Change(tuple(item["kinds"]), item["reason"], item["decided_by"], item["approved_by"]),
        ),
    }


def _integer(value: Any) -> int:
    if type(value) is not int:
        raise refuse("密级标识的版本须为整数。")
    return value
