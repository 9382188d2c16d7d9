"""Where the digests of settled forms stand in the evidence log."""

from collections.abc import Iterable
from typing import Any

from midun.evidence.services.platform import Subject, deposits_of
from midun.kernel.statistics.models import FormSnapshot


def with_deposits(snapshots: Iterable[FormSnapshot]) -> list[Any]:
    """The snapshots, each with `declared`: the platform's deposit of its digest, None where there is none."""
    listed: list[Any] = list(snapshots)
    found = deposits_of(Subject.FORM, [str(snapshot.pk) for snapshot in listed])
    for snapshot in listed:
        snapshot.declared = found.get(str(snapshot.pk))
    return listed
