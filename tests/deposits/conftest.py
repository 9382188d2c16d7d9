"""The rows of building.py, as fixtures."""

import pytest

from midun.evidence.models import CheckpointRecord
from midun.lib.tlog.checkpoint import Checkpoint
from midun.lib.tlog.note import sign_text
from tests.conftest import AT
from tests.deposits.building import deposit_at, open_log
from tests.lib.tlog.building import KEY, ORIGIN


@pytest.fixture
def log(db):
    return open_log()


@pytest.fixture
def deposit(log, cast):
    """`deposit("jia", 3, label="…")` puts a row where index 3 is."""
    return lambda whose, index, **fields: deposit_at(log, cast.organisations[whose], index, **fields)


@pytest.fixture
def finish(log):
    """`finish(5)`: a checkpoint of size 5 is final."""

    def make(size):
        note = sign_text(Checkpoint(ORIGIN, size, bytes(32)).text(), [KEY], int(AT.timestamp())).encode()
        return CheckpointRecord.objects.create(
            log=log, size=size, root=bytes(32), note=note, recorded_at=AT, final_at=AT
        )

    return make
