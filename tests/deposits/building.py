"""Deposits in the tables, without a log behind them: for pages and acts. The real way is in tests/journeys."""

import secrets

from midun.evidence.models import Deposit, Log
from midun.evidence.numbers import number_at
from midun.evidence.services.tokens import tenant_of
from tests.conftest import AT
from tests.lib.tlog.building import KEY, ORIGIN


def open_log():
    """The row of a log."""
    return Log.objects.create(number=1, origin=ORIGIN, keys=KEY.verifier.vkey, opened_at=AT)


def deposit_at(log, enterprise, index, **fields):
    """The row of what an enterprise deposited, as the log's entry `index`."""
    return Deposit.objects.create(
        number=number_at(log.number, index),
        tenant=tenant_of(enterprise),
        commitment=secrets.token_bytes(64),
        prefix=secrets.randbits(60),
        kind=fields.pop("kind", 1),
        accepted_at=AT,
        **fields,
    )
