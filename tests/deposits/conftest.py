"""Deposits in the tables, without a log behind them: for pages and acts. The real way is in tests/journeys."""

import secrets

import pytest

from midun.evidence.models import CheckpointRecord, Deposit, Log
from midun.evidence.numbers import number_at
from midun.evidence.services.tokens import tenant_of
from midun.lib.tlog.checkpoint import Checkpoint
from midun.lib.tlog.note import sign_text
from tests.conftest import AT
from tests.lib.tlog.building import KEY, ORIGIN


@pytest.fixture
def log(db):
    return Log.objects.create(number=1, origin=ORIGIN, keys=KEY.verifier.vkey, opened_at=AT)


@pytest.fixture
def deposit(log, cast):
    """`deposit("jia", 3, label="…")` puts a row where index 3 is."""

    def make(whose, index, **fields):
        return Deposit.objects.create(
            number=number_at(log.number, index),
            tenant=tenant_of(cast.organisations[whose]),
            commitment=secrets.token_bytes(64),
            prefix=secrets.randbits(60),
            kind=fields.pop("kind", 1),
            accepted_at=AT,
            **fields,
        )

    return make


@pytest.fixture
def finish(log):
    """`finish(5)`: a checkpoint of size 5 is final."""

    def make(size):
        note = sign_text(Checkpoint(ORIGIN, size, bytes(32)).text(), [KEY], int(AT.timestamp())).encode()
        return CheckpointRecord.objects.create(
            log=log, size=size, root=bytes(32), note=note, recorded_at=AT, final_at=AT
        )

    return make
