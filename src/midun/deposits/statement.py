"""Source statements (docs/formats/statement.md): read strictly, shown by their fields."""

import json
from typing import Any

FORMAT = "midun-statement/1"
MAX_BYTES = 16_384
MAX_FIELD = 2_000
LABELS = {
    "maker": "形成人",
    "system": "形成的系统或设备",
    "made": "形成时间",
    "exported": "取得方式",
    "note": "备注",
}


class BadStatement(Exception):
    """The text is no source statement; `str()` is the sentence for the user."""


def read(text: str) -> dict[str, str]:
    """The fields of a statement by their labels, in the order of the format. Raises `BadStatement`."""
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise BadStatement("来源说明超过 16 KB，请精简")
    try:
        fields = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise BadStatement("来源说明的格式不对") from error
    if not isinstance(fields, dict) or fields.get("format") != FORMAT:
        raise BadStatement("来源说明的格式不对")
    said = {key: value for key, value in fields.items() if key != "format"}
    if not said or not said.keys() <= LABELS.keys() or not all(_is_sayable(value) for value in said.values()):
        raise BadStatement("来源说明为空，或含有不认识的项目、过长的文字")
    return {label: said[key] for key, label in LABELS.items() if key in said}


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _value in pairs}) != len(pairs):
        raise ValueError("a key stands there twice")
    return dict(pairs)


def _is_sayable(value: object) -> bool:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_FIELD:
        return False
    return not any((c < " " and c != "\n") or "\ud800" <= c <= "\udfff" for c in value)
