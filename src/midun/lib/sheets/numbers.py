"""How Excel's numbers become text: number formats, serial dates, fifteen digits."""

import re
from datetime import date, datetime, time, timedelta
from decimal import Context, Decimal, InvalidOperation
from enum import Enum

_FIFTEEN_DIGITS = Context(prec=15)
_LAST_SERIAL = 2_958_466
_DAY = 86_400


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
    """The text of a stored number as a person sees it, and a complaint ("" if none)."""
    if len(raw) <= 15 and raw.isascii() and raw.isdigit():
        return raw, ""
    try:
        value = Decimal(raw)
    except InvalidOperation:
        return raw, "这不是有效的数字，请改正。"
    if not value.is_finite() or not -30 < value.adjusted() < 30:
        return raw, "这个数字超出可用的范围，请改正。"
    text = format(_FIFTEEN_DIGITS.plus(value), "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    if value.adjusted() >= 15:
        return text, "数字超过 15 位，Excel 已把末尾几位变成 0；请把该列设为文本后重新填写。"
    return ("0" if text in ("-0", "") else text), ""


def serial_text(raw: str, kind: Format, *, epoch_1904: bool) -> tuple[str, str]:
    """The ISO text of a serial date or time, and a complaint ("" if none)."""
    try:
        value = float(raw)
    except ValueError:
        return raw, "这不是有效的日期，请改正。"
    if kind is Format.ELAPSED and 0 <= value < _LAST_SERIAL:
        minutes, seconds = divmod(round(value * _DAY), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}", ""
    if not 0 <= value < _LAST_SERIAL - 1462 * epoch_1904:
        return number_text(raw)[0], "日期超出 Excel 能表示的范围，请改正。"
    days, seconds = divmod(round(value * _DAY), _DAY)
    if days == 0 and not epoch_1904:
        of_day = (datetime.min + timedelta(seconds=seconds)).time()
        return (of_day.isoformat() if kind is Format.TIME or seconds else raw), ""
    if kind is Format.TIME and days == 0:
        return (datetime.min + timedelta(seconds=seconds)).time().isoformat(), ""
    moment = _day_zero(days, epoch_1904=epoch_1904) + timedelta(days=days, seconds=seconds)
    if moment.time() == time(0):
        return moment.date().isoformat(), ""
    return moment.isoformat(sep=" "), ""


def _day_zero(days: int, *, epoch_1904: bool) -> datetime:
    """The date of serial 0; Excel believes 1900 was a leap year, so it moves after day 60."""
    if epoch_1904:
        return datetime.combine(date(1904, 1, 1), time(0))
    return datetime.combine(date(1899, 12, 31 if days < 60 else 30), time(0))
