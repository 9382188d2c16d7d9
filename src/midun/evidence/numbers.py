"""How a deposit is numbered: its place in the log is its primary key, and its id (UUID version 8) contains the place.

Nothing is drawn at random: whoever has the log's entries rebuilds the same numbers and ids. An index says no more than
the receipt does, and access is decided by scope, never by knowing an id.
"""

from uuid import UUID

_INDEX_BITS = 40
_PREFIX_BITS = 60
_LOW_BITS = 62
_VERSION, _VARIANT = 8, 0b10

MAX_INDEX = (1 << _INDEX_BITS) - 1
"""A log holds at most 2^40 entries; then a successor begins."""


def number_at(log: int, index: int) -> int:
    """The primary key of the entry `index` of the log numbered `log` (both from 0). Raises ValueError beyond 2^40."""
    if not 0 <= index <= MAX_INDEX:
        raise ValueError(f"index {index}")
    return log << _INDEX_BITS | index


def index_of(number: int) -> int:
    """The index in its log."""
    return number & MAX_INDEX


def log_of(number: int) -> int:
    """The number of the log."""
    return number >> _INDEX_BITS


def prefix_from(leaf_hash: bytes) -> int:
    """The first 60 bits of an entry's leaf hash: they tell ids of one place in two installations apart."""
    return int.from_bytes(leaf_hash[:8], "big") >> (64 - _PREFIX_BITS)


def uuid_of(number: int, prefix: int) -> UUID:
    """The id of a deposit: 48 + 12 bits of prefix around the version, 62 bits of number behind the variant."""
    return UUID(int=_uuid(number, prefix))


def uuid_text(number: int, prefix: int) -> str:
    """The id as people read it; quicker than to make a UUID and write it."""
    text = f"{_uuid(number, prefix):032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _uuid(number: int, prefix: int) -> int:
    high = (prefix >> 12) << 16 | _VERSION << 12 | (prefix & 0xFFF)
    return high << 64 | _VARIANT << _LOW_BITS | number


def number_of(deposit: UUID) -> int | None:
    """The number inside an id; None for an id that is not of this form."""
    value = deposit.int
    if (value >> 76) & 0xF != _VERSION or (value >> _LOW_BITS) & 0b11 != _VARIANT:
        return None
    return value & ((1 << _LOW_BITS) - 1)


def prefix_of(deposit: UUID) -> int:
    """The 60 bits before the number."""
    high = deposit.int >> 64
    return (high >> 16) << 12 | (high & 0xFFF)
