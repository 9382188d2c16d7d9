"""Submitter tags: whose an entry is, for us and the tenant alone.

A tag is HMAC-SHA-256 of the tenant's key over the number of the day (UTC, days since 1970, 8 bytes). Readers of the log
cannot tell tenants apart beyond one day; whoever has the keys finds every entry's tenant again.
"""

import hmac
from collections.abc import Mapping


def tag_of(key: bytes, day: int) -> bytes:
    """The tag of a tenant on a day."""
    return hmac.digest(key, day.to_bytes(8, "big"), "sha256")


def tags_on(day: int, keys: Mapping[int, bytes]) -> dict[bytes, int]:
    """The tags of all tenants on a day: tag → tenant."""
    return {tag_of(key, day): tenant for tenant, key in keys.items()}
