"""The registration file of a batch (docs/formats/issue-batch.md): what may leave the enterprise, and its openings.

A commitment hides what it commits to: salts are derived from the marking key, so that nothing more need be kept to open
one later, and nobody without the key can try names or digests against it.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from midun.lib.marking.keys import MarkKey
from midun.lib.marking.label.grades import WORDS
from midun.lib.marking.registry import Issued

FORMAT = "midun-issue-batch/1"
MOST = 20_000
_HEAD = b"midun-issued-copy/v1\n"
_HEX = re.compile(r"[0-9a-f]{64}")
_NAMES = ("copy_id", "source", "copy", "label", "name", "recipient", "purpose", "at")


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
        return hashlib.sha256(_HEAD + bytes.fromhex(self.salt) + self.text.encode()).hexdigest()


def opening(row: Issued, key: MarkKey) -> Opening:
    """The opening of a registry row, made with the key the copy was marked with."""
    fields = {name: getattr(row, name) for name in _NAMES[1:]}
    text = json.dumps({"copy_id": row.copy_id.hex(), **fields}, ensure_ascii=False, sort_keys=True)
    return Opening(hmac.digest(key.derive("issue-salt"), row.copy_id, "sha256").hex(), text)


def manifest(rows: Iterable[Issued], key: MarkKey, grade: str = "") -> bytes:
    """The registration file of some copies: commitments and a grade, no name and no digest of a file."""
    listed = sorted(opening(row, key).commitment for row in rows)
    return json.dumps({"format": FORMAT, "grade": grade, "copies": listed}, ensure_ascii=False).encode()


def read_manifest(data: bytes) -> tuple[str, list[str]]:
    """The grade (a word of docs/formats/label.md, or empty) and the commitments.

    Raises:
        Malformed: it is anything else.

    """
    value = _object(data)
    if set(value) != {"format", "grade", "copies"} or value["format"] != FORMAT:
        raise Malformed("不是本机工作台导出的登记文件，请在批次页面下载“登记文件”后上传。")
    grade, copies = value["grade"], value["copies"]
    if not isinstance(copies, list) or not all(isinstance(one, str) and _HEX.fullmatch(one) for one in copies):
        raise Malformed("登记文件中的承诺值不符合格式。")
    if not 0 < len(copies) <= MOST or copies != sorted(set(copies)):
        raise Malformed(f"登记文件须有 1 到 {MOST} 份副本，不重复。")
    if grade != "" and (not isinstance(grade, str) or grade not in WORDS):
        raise Malformed("登记文件中的密级无法识别。")
    return grade, copies


def read_openings(data: bytes) -> list[tuple[str, Opening]]:
    """The copies a trace report (docs/formats/trace-report.md) names, each by its number and its opening.

    Raises:
        Malformed: it is no trace report.

    """
    value = _object(data)
    found = value.get("found")
    if value.get("format") != "midun-trace-report/1" or not isinstance(found, list):
        raise Malformed("不是追溯报告，请上传本机工作台导出的 JSON 报告。")
    openings = []
    for one in found:
        held = one.get("opening") if isinstance(one, dict) else None
        if held is None:
            continue
        if not (isinstance(held, dict) and isinstance(held.get("salt"), str) and isinstance(held.get("text"), str)):
            raise Malformed("追溯报告中的开启信息不符合格式。")
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
