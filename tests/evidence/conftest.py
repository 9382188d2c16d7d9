"""A log in the test's own home, and its engine running in a thread of the test."""

import asyncio
import secrets
import threading
import time
from contextlib import contextmanager

import pytest

from midun.evidence.engine.place import Place
from midun.evidence.engine.runner import Pace, Runner, started
from midun.evidence.models import Token
from midun.evidence.services.logs import begin_log
from midun.evidence.services.tokens import issue_token
from midun.kernel.orgs.actor import system_actor
from tests.conftest import AT

ORIGIN = "midun.example.gov.cn/log"
QUICK = Pace(interval=0.001)


def commitments():
    """Fields of a request that nobody made before."""
    return {"kind": 1, "sha256": secrets.token_hex(32), "sm3": secrets.token_hex(32)}


@contextmanager
def running(log, pace=QUICK, clock=time.time):
    """The engine in a thread with a loop of its own, until the body ends."""
    ready, told, runners = threading.Event(), [], []

    async def serve(sequencer):
        runner = Runner(sequencer, log.number, pace, clock)
        runners.append((runner, asyncio.get_running_loop()))
        await runner.serve(Place.of(log.number).socket, ready.set)

    def work():
        from django.db import connection

        try:
            with started(log, int(time.time())) as sequencer:
                asyncio.run(serve(sequencer))
        except BaseException as error:  # noqa: BLE001  # handed to the test, which looks at it
            told.append(error)
            ready.set()
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    ready.wait(20)
    try:
        yield told
    finally:
        for runner, loop in runners:
            if not loop.is_closed():
                loop.call_soon_threadsafe(runner.stop)
        thread.join(20)


def forget_rows():
    """On PostgreSQL the deciding rows stand in the database, but not among the tables that a test empties."""
    from django.db import connection

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS tlog_state")


@pytest.fixture
def log(transactional_db):
    """A log nobody appends to yet."""
    forget_rows()
    return begin_log(origin=ORIGIN, actor=system_actor("测试"), at=AT)


@pytest.fixture
def engine(log):
    """The log's engine at work."""
    with running(log) as told:
        yield log
    assert told == []


def token_for(enterprise, scope=Token.Scope.DEPOSIT, days=365):
    """A token of an enterprise."""
    from django.utils import timezone

    actor = system_actor("测试")
    return issue_token(enterprise=enterprise, name="测试", scope=scope, days=days, actor=actor, at=timezone.now())


@pytest.fixture
def bearer(transactional_db, cast):
    """Headers of a program of 甲."""
    return {"Authorization": f"Bearer {token_for(cast.jia).secret}"}


@pytest.fixture
def other_bearer(transactional_db, cast):
    """Headers of a program of 乙."""
    return {"Authorization": f"Bearer {token_for(cast.yi).secret}"}
