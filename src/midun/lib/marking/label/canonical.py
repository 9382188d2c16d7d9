"""Canonical JSON (RFC 8785, without floating point): one text for one value, so that it can be signed."""

import json
import unicodedata
from typing import Any

from midun.lib.marking.errors import Reason, Refused

MAX_BYTES = 1 << 16
_MAX_NUMBER = 2**53 - 1
_MAX_DEPTH = 8


def canonical(value: Any) -> bytes:
    """The canonical UTF-8 text of a value of objects, lists, strings, integers, booleans and null.

    Raises:
        Refused: LABEL, for another type, a number beyond 2^53 - 1, a string that is not NFC, or too deep a nesting.

    """
    return _text(value, 0).encode("utf-8")


def _text(value: Any, depth: int) -> str:
    if depth > _MAX_DEPTH:
        raise Refused(Reason.LABEL, "密级标识的内容层次过深。")
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(f"{_text(key, depth)}:{_text(value[key], depth + 1)}" for key in keys) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(_text(item, depth + 1) for item in value) + "]"
    if isinstance(value, str):
        if not unicodedata.is_normalized("NFC", value):
            raise Refused(Reason.LABEL, "密级标识中的文字须为 NFC 规范形式。")
        return _string(value)
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, int) and abs(value) <= _MAX_NUMBER:
        return str(value)
    raise Refused(Reason.LABEL, "密级标识中有不允许的数值或类型。")


def _string(value: str) -> str:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise Refused(Reason.LABEL, "密级标识中有残缺的字符。") from error
    return json.dumps(value, ensure_ascii=False)


def parse(data: bytes) -> Any:
    """Read JSON strictly: UTF-8, at most 64 KiB, no repeated key, no floating point, no NaN.

    Raises:
        Refused: LABEL.

    """
    if len(data) > MAX_BYTES:
        raise Refused(Reason.LABEL, "密级标识超过 64 KiB。")
    try:
        return json.loads(
            data.decode("utf-8"), object_pairs_hook=_unique, parse_float=_no_number, parse_constant=_no_number
        )
    except (ValueError, RecursionError) as error:
        if isinstance(error, Refused):
            raise
        raise Refused(Reason.LABEL, "密级标识不是完整的 JSON。") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Refused(Reason.LABEL, "密级标识中有重复的键。")
    return found


def _no_number(text: str) -> Any:
    raise Refused(Reason.LABEL, f"密级标识中有不允许的数值 {text[:20]}。")
