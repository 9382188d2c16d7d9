"""How Excel's numbers become text: number formats, serial dates, fifteen digits."""

import re
from datetime import datetime, timedelta
from decimal import Context, Decimal, InvalidOperation
from enum import Enum

_FIFTEEN_DIGITS = Context(prec=15)
_LAST_SERIAL = 2_958_466
_DAY = 86_400
_PHANTOM_DAY = 60
_EPOCH_GAP = 1_462
_SIGNIFICANT = 15
_LARGEST_EXPONENT = 30


class Format(Enum):
    """What a cell's number format makes of its number."""

    NUMBER = "number"
    DATE = "date"
    TIME = "time"
    ELAPSED = "elapsed"


# Ids 27–36 and 50–58 are the date formats of the Chinese editions; files do not spell them out.
BUILTIN_FORMATS: dict[int, Format] = {
    **dict.fromkeys((14, 15, 16, 17, 22, *range(27, 32), 36, *range(50, 55), 57, 58), Format.DATE),
    **dict.fromkeys((18, 19, 20, 21, *range(32, 36), 45, 47, 55, 56), Format.TIME),
    46: Format.ELAPSED,
}
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|am/pm|a/p|上午/下午')
_PLAIN = re.compile(r"[1-9][0-9]*\.[0-9]+")
_BRACKET = re.compile(r"\[[^\]]*\]")
_ELAPSED = re.compile(r"\[(h+|m+|s+)\]")


def format_of(code: str) -> Format:
    """Judge a custom number format by its first section."""
    lowered = code.lower().partition(";")[0][:255]
    if _ELAPSED.search(lowered):
        return Format.ELAPSED
    letters = _BRACKET.sub("", _LITERAL.sub("", lowered))
    if "general" in letters:
        return Format.NUMBER
    if "y" in letters or "d" in letters or "aaa" in letters:
        return Format.DATE
    if "h" in letters or "s" in letters:
        return Format.TIME
    return Format.DATE if "m" in letters else Format.NUMBER


def number_text(raw: str) -> tuple[str, str]:
    """Write a stored number as a person sees it; also return a complaint ("" if none)."""
    if len(raw) <= _SIGNIFICANT and raw.isascii() and raw.isdigit():
        return raw, ""
    if len(raw) <= _SIGNIFICANT and _PLAIN.fullmatch(raw):
        return raw.rstrip("0").rstrip("."), ""
    try:
        value = Decimal(raw)
    except InvalidOperation:
        return raw, "这不是有效的数字，请改正。"
    if not value.is_finite() or abs(value.adjusted()) >= _LARGEST_EXPONENT:
        return raw, "这个数字超出可用的范围，请改正。"
    text = format(_FIFTEEN_DIGITS.plus(value), "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    if value.adjusted() >= _SIGNIFICANT:
        return text, "数字超过 15 位，Excel 已把末尾几位变成 0；请把该列设为文本后重新填写。"
    return ("0" if text in ("-0", "") else text), ""


def serial_text(raw: str, kind: Format, *, epoch_1904: bool) -> tuple[str, str]:
    """Write a serial date or time as ISO text; also return a complaint ("" if none)."""
    try:
        value = float(raw)
    except ValueError:
        return raw, "这不是有效的日期，请改正。"
    if not 0 <= value < _LAST_SERIAL - _EPOCH_GAP * epoch_1904:
        return number_text(raw)[0], "日期超出 Excel 能表示的范围，请改正。"
    total = round(value * _DAY)
    if kind is Format.ELAPSED:
        return _clock(total), ""
    days, seconds = divmod(total, _DAY)
    if days == 0 and (kind is Format.TIME or (seconds and not epoch_1904)):
        return _clock(seconds), ""
    if days == 0 and not epoch_1904:
        return raw, ""
    moment = _day_zero(days, epoch_1904=epoch_1904) + timedelta(days=days, seconds=seconds)
    return moment.isoformat(sep=" ") if seconds else moment.date().isoformat(), ""


def _clock(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest:02}"


def _day_zero(days: int, *, epoch_1904: bool) -> datetime:
    """Tell the date of serial 0; Excel believes 1900 was a leap year, so it moves after day 60."""
    if epoch_1904:
        return datetime(1904, 1, 1)  # noqa: DTZ001  # a serial date belongs to no time zone
    return datetime(1899, 12, 31 if days < _PHANTOM_DAY else 30)  # noqa: DTZ001  # same
