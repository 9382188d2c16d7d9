"""Finding: every word must occur; titles weigh more than text; of equals the newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection

from midun.kernel.search.models import SearchEntry
from midun.kernel.search.registry import kind_of
from midun.kernel.search.tokens import Phrase, normal, phrase, words_of

_AROUND, _AFTER = 30, 90
_FTS5 = """
    FROM search_fts JOIN search_searchentry e ON e.id = search_fts.rowid WHERE search_fts MATCH %s
"""
_FTS5_ORDER = "ORDER BY bm25(search_fts, 8.0, 1.0), e.day DESC, e.id DESC LIMIT %s OFFSET %s"
_VECTOR = "(setweight(to_tsvector('simple', title_tokens), 'A') || setweight(to_tsvector('simple', text_tokens), 'D'))"
_GIN = f"FROM search_searchentry e, to_tsquery('simple', %s) AS query WHERE {_VECTOR} @@ query "
_GIN_ORDER = f"ORDER BY ts_rank({_VECTOR}, query) DESC, e.day DESC NULLS LAST, e.id DESC LIMIT %s OFFSET %s"


@dataclass(frozen=True)
class Hit:
    """Something found: where it stands, and a piece of its text around the first word."""

    record_type: str
    record_id: int
    kind: str
    title: str
    excerpt: str
    unit: str
    day: date | None


def _fts5(phrases: Sequence[Phrase]) -> str:
    return " AND ".join(f'"{" ".join(p.tokens)}"{"*" if p.open else ""}' for p in phrases)


def _tsquery(phrases: Sequence[Phrase]) -> str:
    return " & ".join(f"({' <-> '.join(p.tokens)}{':*' if p.open else ''})" for p in phrases)


def _asked(words: Sequence[str]) -> tuple[str, str, str]:
    """The FROM clause, the order and the query in the language of the database at hand."""
    phrases = [phrase(word) for word in words]
    if connection.vendor == "postgresql":
        return _GIN, _GIN_ORDER, _tsquery(phrases)
    return _FTS5, _FTS5_ORDER, _fts5(phrases)


def count(text: str) -> int:
    """How many public records hold every word of `text`."""
    words = words_of(text)
    if not words:
        return 0
    source, _, query = _asked(words)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) {source}", [query])  # constants only; the query is a parameter
        return int(cursor.fetchone()[0])


def find(text: str, *, start: int = 0, stop: int = 20) -> list[Hit]:
    """The hits from `start` to `stop` in order of rank. What is no longer public is left out even if the index lags."""
    words = words_of(text)
    if not words:
        return []
    source, order, query = _asked(words)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT e.id {source} {order}", [query, stop - start, start])  # as above
        numbers = [row[0] for row in cursor.fetchall()]
    entries = SearchEntry.objects.unscoped("the index holds what is public").in_bulk(numbers)
    public = _still_public(list(entries.values()))
    found = [entries[n] for n in numbers if n in entries]
    return [
        Hit(e.record_type, e.record_id, e.kind, e.title, excerpt(e.text, words), e.unit, e.day)
        for e in found
        if (e.record_type, e.record_id) in public
    ]


def _still_public(entries: Sequence[SearchEntry]) -> set[tuple[str, int]]:
    """One query per kind of record: which of them anybody may read now."""
    by_type: dict[str, list[int]] = {}
    for entry in entries:
        by_type.setdefault(entry.record_type, []).append(entry.record_id)
    public: set[tuple[str, int]] = set()
    for label, numbers in by_type.items():
        kind = kind_of(label)
        if kind is not None:
            public |= {(label, pk) for pk in kind.public().filter(pk__in=numbers).values_list("pk", flat=True)}
    return public


def excerpt(text: str, words: Sequence[str]) -> str:
    """A piece of the text around the first word that occurs in it, else its beginning."""
    whole, plain = " ".join(text.split()), normal(" ".join(text.split()))
    at = min((i for i in (plain.find(normal(w)) for w in words) if i >= 0), default=0)
    start = max(0, at - _AROUND)
    stop = at + _AFTER
    return ("…" if start else "") + whole[start:stop] + ("…" if stop < len(whole) else "")
