"""Calendars as text (RFC 5545), for the calendar of a phone or a desk. Pure: events in, bytes out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

_FOLD = 75
_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": None})


@dataclass(frozen=True)
class Event:
    """Something on whole days from `first` to `last`, both counted. `uid` is the same whenever it is exported."""

    uid: str
    first: date
    last: date
    title: str
    text: str = ""
    url: str = ""


def calendar(name: str, events: Iterable[Event], *, at: datetime) -> bytes:
    """The events as one VCALENDAR; equal input gives equal bytes."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//midun//service month//ZH", f"X-WR-CALNAME:{_escaped(name)}"]
    for event in events:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{event.uid}",
            f"DTSTAMP:{at.astimezone(UTC):%Y%m%dT%H%M%SZ}",
            f"DTSTART;VALUE=DATE:{event.first:%Y%m%d}",
            f"DTEND;VALUE=DATE:{event.last + timedelta(days=1):%Y%m%d}",  # the day after: ends are not counted
            f"SUMMARY:{_escaped(event.title)}",
        ]
        if event.text:
            lines.append(f"DESCRIPTION:{_escaped(event.text)}")
        if event.url:
            lines.append(f"URL:{event.url}")
        lines.append("END:VEVENT")
    lines.append("END:VCALENDAR")
    return b"".join(_folded(line) for line in lines)


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES)


def _folded(line: str) -> bytes:
    """The line with CRLF, cut after at most 75 octets and never inside a character."""
    parts, part, size = [], "", 0
    for char in line:
        width = len(char.encode())
        if size + width > _FOLD:
            parts.append(part)
            part, size = "", 1  # the blank that begins a continuation
        part, size = part + char, size + width
    return ("\r\n ".join([*parts, part]) + "\r\n").encode()
