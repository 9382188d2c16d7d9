"""The registration file of a batch (docs/formats/issue-batch.md): what may leave the enterprise, and its openings.

A commitment hides what it commits to: salts are derived from the marking key, so that nothing more need be kept to open
one later, and nobody without the key can try names or digests against it.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from midun.lib.marking.code.message import write_id
from midun.lib.marking.keys import MarkKey
from midun.lib.marking.label.grades import WORDS
from midun.lib.marking.registry import Issued

FORMAT = "midun-issue-batch/1"
OPENING = "midun-copy-opening/1"
MOST = 20_000
_HEAD = b"midun-issued-copy/v1\n"
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NO_TERM = "登记文件中的保密期限无法识别。"
_HEX = re.compile(r"[0-9a-f]{64}")
ROW = ("copy_id", "source", "copy", "label", "name", "recipient", "purpose", "at")
"""What of a registry row is committed to, by name."""


class Malformed(ValueError):
    """Not a registration file or opening of this format; the text is a sentence in Chinese."""


@dataclass(frozen=True)
class Opening:
    """What opens a commitment: 32 bytes of salt in hex, and the text that was committed to."""

    salt: str
    text: str

    @property
    def commitment(self) -> str:
        """SHA-256 in hex.

        Raises:
            Malformed: the salt is not 32 bytes in hex.

        """
        if not _HEX.fullmatch(self.salt):
            raise Malformed("开启信息不符合格式。")
        return hashlib.sha256(_HEAD + bytes.fromhex(self.salt) + self.text.encode("utf-8", "surrogatepass")).hexdigest()


def opening(row: Issued, key: MarkKey) -> Opening:
    """The opening of a registry row, made with the key the copy was marked with."""
    fields = {name: getattr(row, name) for name in ROW[1:]}
    text = json.dumps({"copy_id": row.copy_id.hex(), **fields}, ensure_ascii=False, sort_keys=True)
    return Opening(hmac.digest(key.derive("issue-salt"), row.copy_id, "sha256").hex(), text)


@dataclass(frozen=True)
class Listed:
    """What a registration file says: a word of docs/formats/label.md or nothing, the last day of the secrecy term."""

    grade: str
    until: date | None
    commitments: list[str]


def manifest(rows: Iterable[Issued], key: MarkKey, grade: str = "", until: date | None = None) -> bytes:
    """The registration file of some copies: commitments, grade and term; no name and no digest of a file."""
    listed = sorted(opening(row, key).commitment for row in rows)
    fields = {"format": FORMAT, "grade": grade, "until": until.isoformat() if until else "", "copies": listed}
    return json.dumps(fields, ensure_ascii=False).encode()


def read_manifest(data: bytes) -> Listed:
    """What it says.

    Raises:
        Malformed: it is anything else.

    """
    value = _object(data)
    if set(value) != {"format", "grade", "until", "copies"} or value["format"] != FORMAT:
        raise Malformed("不是本机工作台导出的登记文件，请在批次页面下载“登记文件”后上传。")
    grade, copies = value["grade"], value["copies"]
    if not isinstance(copies, list) or not all(isinstance(one, str) and _HEX.fullmatch(one) for one in copies):
        raise Malformed("登记文件中的承诺值不符合格式。")
    if not 0 < len(copies) <= MOST or copies != sorted(set(copies)):
        raise Malformed(f"登记文件须有 1 到 {MOST} 份副本，不重复。")
    if grade != "" and (not isinstance(grade, str) or grade not in WORDS):
        raise Malformed("登记文件中的密级无法识别。")
    return Listed(grade, _day(value["until"]), copies)


def _day(value: object) -> date | None:
    if value == "":
        return None
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise Malformed(_NO_TERM)
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise Malformed(_NO_TERM) from error


def opening_file(row: Issued, key: MarkKey) -> bytes:
    """The opening of a registry row as a file (docs/formats/copy-disclosure.md)."""
    fields = {"format": OPENING, "copy": write_id(row.copy_id), **asdict(opening(row, key))}
    return json.dumps(fields, ensure_ascii=False, indent=1).encode()


def read_openings(data: bytes) -> list[tuple[str, Opening]]:
    """The copies that a trace report (docs/formats/trace-report.md) or an opening file names: number and opening.

    Raises:
        Malformed: it is neither.

    """
    value = _object(data)
    found = value.get("found")
    if value.get("format") == OPENING:
        found = [{"copy": value.get("copy"), "opening": {"salt": value.get("salt"), "text": value.get("text")}}]
    elif value.get("format") != "midun-trace-report/1" or not isinstance(found, list):
        raise Malformed("不是追溯报告或开启信息，请上传本机工作台导出的 JSON 文件。")
    openings = []
    for one in found:
        held = one.get("opening") if isinstance(one, dict) else None
        if held is None:
            continue
        if not (isinstance(held, dict) and isinstance(held.get("salt"), str) and isinstance(held.get("text"), str)):
            raise Malformed("文件中的开启信息不符合格式。")
        openings.append((str(one.get("copy", ""))[:40], Opening(held["salt"], held["text"])))
    return openings


def _object(data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Malformed("文件不是 JSON，或已损坏。") from error
    if not isinstance(value, dict):
        raise Malformed("文件不符合格式。")
    return value
