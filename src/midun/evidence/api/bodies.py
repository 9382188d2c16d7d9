"""Reading what programs send: one deposit, many as JSON, many as bytes. Strict: what is not understood is refused."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID

import msgspec

from midun.evidence.models.deposits import LABEL
from midun.lib.exchange import MAX_ENTRIES, Item

BINARY = "application/vnd.midun.commitments"
MAX_SINGLE = 4096
MAX_BATCH = 6 << 20
_UNIT = 65
_HEX = re.compile(r"[0-9a-f]{64}")
_KEY = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,198}[\x21-\x7e])?")
_FIELDS = frozenset({"kind", "sha256", "sm3", "claimed_at", "project", "label"})
_KINDS = (1, 2)
_LATEST = 253_402_300_799
"""The last second of the year 9999."""


class Bad(Exception):
    """A request that is refused: HTTP status, code for programs, sentence for people."""

    def __init__(self, status: HTTPStatus, code: str, message: str, retry_after: int = 0) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.retry_after = status, code, message, retry_after


@dataclass(slots=True)
class Wanted:
    """One commitment as asked for; the project is still the id people use."""

    item: Item
    project: UUID | None


def too_large(limit: int) -> Bad:
    """A body of more than `limit` bytes."""
    return Bad(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", f"请求超过 {limit} 字节，请分批提交")


def check_key(key: str) -> str:
    """An idempotency key. Raises `Bad`."""
    if key and not _KEY.fullmatch(key):
        raise Bad(HTTPStatus.BAD_REQUEST, "bad_key", "Idempotency-Key 应为 1—200 个可见 ASCII 字符")
    return key


def _object(body: bytes, limit: int) -> Mapping[str, object]:
    if len(body) > limit:
        raise too_large(limit)
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Bad(HTTPStatus.BAD_REQUEST, "not_json", "请求体不是 JSON（UTF-8）") from error
    if not isinstance(found, dict):
        raise Bad(HTTPStatus.BAD_REQUEST, "not_json", "请求体应为一个 JSON 对象")
    return found


class _Plain(msgspec.Struct, forbid_unknown_fields=True):
    """What most programs send about one deposit."""

    kind: int
    sha256: str
    sm3: str
    claimed_at: int = 0


_decode_plain = msgspec.json.Decoder(_Plain).decode


def plain(body: bytes) -> tuple[int, int, bytes] | None:
    """Kind, claimed time and commitment of the body of POST /deposits without project and label.

    None for everything else, also for what is wrong: `one` says it. A quick way, not another format.
    """
    try:
        found = _decode_plain(body)
    except msgspec.DecodeError:
        return None
    sha256, sm3 = found.sha256, found.sm3
    if not (_HEX.fullmatch(sha256) and _HEX.fullmatch(sm3)) or found.kind not in _KINDS:
        return None
    if not 0 <= found.claimed_at <= _LATEST or len(body) > MAX_SINGLE:
        return None
    return found.kind, found.claimed_at, bytes.fromhex(sha256 + sm3)


def one(body: bytes) -> Wanted:
    """The body of POST /deposits. Raises `Bad`."""
    return _wanted(_object(body, MAX_SINGLE), "")


def many(body: bytes) -> list[Wanted]:
    """The JSON body of POST /deposits:batch. Raises `Bad`."""
    found = _object(body, MAX_BATCH)
    listed = found.get("deposits")
    if set(found) != {"deposits"} or not isinstance(listed, list):
        raise Bad(HTTPStatus.UNPROCESSABLE_ENTITY, "bad_field", '应形如 {"deposits": [ … ]}')
    _check_count(len(listed))
    wanted = []
    for number, each in enumerate(listed):
        if not isinstance(each, dict):
            raise Bad(HTTPStatus.UNPROCESSABLE_ENTITY, "bad_field", f"deposits[{number}] 应为一个对象")
        wanted.append(_wanted(each, f"deposits[{number}]."))
    return wanted


def check_packed(body: bytes) -> bytes:
    """The binary body of POST /deposits:batch: units of kind (1), SHA-256 and SM3 commitment (32). Raises `Bad`."""
    if len(body) > MAX_ENTRIES * _UNIT:
        raise Bad(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", f"一批最多 {MAX_ENTRIES} 条")
    count, rest = divmod(len(body), _UNIT)
    if rest:
        raise Bad(HTTPStatus.BAD_REQUEST, "bad_length", f"长度应为 {_UNIT} 的倍数：类型 1 字节，两个承诺值各 32 字节")
    _check_count(count)
    if not set(body[::_UNIT]) <= set(_KINDS):
        raise Bad(HTTPStatus.UNPROCESSABLE_ENTITY, "bad_field", "类型应为 1（单个文件）或 2（一组文件）")
    return body


def _check_count(count: int) -> None:
    if not count:
        raise Bad(HTTPStatus.UNPROCESSABLE_ENTITY, "empty", "至少应有一条")
    if count > MAX_ENTRIES:
        raise Bad(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", f"一批最多 {MAX_ENTRIES} 条")


def _wanted(found: Mapping[str, object], where: str) -> Wanted:
    unknown = set(found) - _FIELDS
    if unknown:
        raise _bad(where + min(unknown), "没有这个字段")
    kind, claimed_at = found.get("kind"), found.get("claimed_at", 0)
    if kind not in _KINDS or isinstance(kind, bool | float):
        raise _bad(where + "kind", "应为 1（单个文件）或 2（一组文件）")
    if not isinstance(claimed_at, int) or isinstance(claimed_at, bool) or not 0 <= claimed_at <= _LATEST:
        raise _bad(where + "claimed_at", "应为 1970 年以来的秒数，没有则为 0")
    commitment = _hash(found, "sha256", where) + _hash(found, "sm3", where)
    return Wanted(Item(kind, commitment, claimed_at, 0, _label(found, where)), _project(found, where))  # type: ignore[arg-type]  # checked above to be one of two integers


def _hash(found: Mapping[str, object], name: str, where: str) -> bytes:
    value = found.get(name)
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise _bad(where + name, "应为加盐承诺值的 64 位小写十六进制数（不是文件的摘要）")
    return bytes.fromhex(value)


def _label(found: Mapping[str, object], where: str) -> str:
    value = found.get("label")
    if value is None:
        return ""
    if not isinstance(value, str) or not 0 < len(value.strip()) <= LABEL or not value.isprintable():
        raise _bad(where + "label", f"应为 1—{LABEL} 个可见字符，平台可以看到，不要写秘密")
    return value.strip()


def _project(found: Mapping[str, object], where: str) -> UUID | None:
    value = found.get("project")
    if value is None:
        return None
    try:
        return UUID(value) if isinstance(value, str) else UUID(int=-1)
    except ValueError as error:
        raise _bad(where + "project", "应为研发过程的编号（UUID）") from error


def _bad(field: str, message: str) -> Bad:
    return Bad(HTTPStatus.UNPROCESSABLE_ENTITY, "bad_field", f"{field}：{message}")
