"""Deposits in the tables, without a log behind them: for pages and acts. The real way is in tests/journeys."""

import secrets

import pytest

from midun.evidence.models import CheckpointRecord, Deposit, Log
from midun.evidence.numbers import number_at
from midun.evidence.services.tokens import tenant_of
from tests.conftest import AT


@pytest.fixture
def log(db):
    return Log.objects.create(number=1, origin="midun.example.gov.cn/log", keys="key", opened_at=AT)


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
        return CheckpointRecord.objects.create(
            log=log, size=size, root=bytes(32), note=b"x\n\n", recorded_at=AT, final_at=AT
        )

    return make
