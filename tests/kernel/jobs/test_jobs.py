"""Jobs run once, come back after a crash, and are given up in the end."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import transaction

from midun.kernel.jobs import registry
from midun.kernel.jobs.models import Job
from midun.kernel.jobs.services import LATE, UnknownJob, enqueue, enqueue_scheduled, state
from midun.kernel.jobs.work import LEASE, MAX_ATTEMPTS, claim, run, work_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def calls(monkeypatch):
    made = []

    def note(*, at, **arguments):
        made.append(arguments)
        if arguments.get("fail"):
            raise RuntimeError("坏了")

    monkeypatch.setattr(registry, "_KINDS", {"note": registry.JobKind("note", note)})
    return made


def clock(moment):
    return moment


def test_it_works(calls, at):
    assert enqueue("note", key="a", at=at, word="你好")
    assert not enqueue("note", key="a", at=at, word="你好")
    assert work_once(clock=lambda: at) == 1
    assert calls == [{"word": "你好"}]
    assert work_once(clock=lambda: at) == 0


def test_it_is_in_the_callers_transaction(calls, at):
    with pytest.raises(RuntimeError), transaction.atomic():
        enqueue("note", key="a", at=at)
        raise RuntimeError
    assert not Job.objects.exists()


def test_two_workers_never_take_the_same(calls, at):
    enqueue("note", key="a", at=at)
    assert claim(at=at) is not None
    assert claim(at=at) is None


def test_a_dead_workers_job_comes_back(calls, at):
    enqueue("note", key="a", at=at)
    claim(at=at)
    again = claim(at=at + LEASE + timedelta(seconds=1))
    assert again is not None
    assert again.attempts == 2


def test_a_failing_job_is_retried_then_given_up(calls, at):
    enqueue("note", key="a", at=at, fail=True)
    moment = at
    for _ in range(MAX_ATTEMPTS):
        job = claim(at=moment)
        assert not run(job, clock=partial(clock, moment))
        moment += timedelta(days=1)
    job = Job.objects.get()
    assert job.failed_at is not None
    assert "坏了" in job.error
    assert claim(at=moment) is None


def test_scheduled_jobs_run_once_per_interval(calls, at, monkeypatch):
    kind = registry.JobKind("daily", lambda *, at: calls.append(at), timedelta(days=1))
    monkeypatch.setattr(registry, "_KINDS", {"daily": kind})
    assert enqueue_scheduled(at=at) == 1
    assert enqueue_scheduled(at=at + timedelta(hours=1)) == 0
    assert enqueue_scheduled(at=at + timedelta(days=1)) == 1


def test_it_rejects_an_unknown_name(at):
    with pytest.raises(UnknownJob):
        enqueue("nothing", key="a", at=at)


def test_a_worker_that_lost_its_job_does_not_settle_it(calls, at):
    """A worker that was asleep past its lease finds its job in other hands and leaves the outcome to them."""
    enqueue("note", key="a", at=at)
    asleep = claim(at=at)
    claim(at=at + LEASE + timedelta(seconds=1))
    run(asleep, clock=lambda: at)
    assert Job.objects.get().done_at is None


def test_a_job_that_kills_its_workers_is_given_up(calls, at):
    enqueue("note", key="a", at=at)
    moment = at
    for _ in range(MAX_ATTEMPTS):
        assert claim(at=moment) is not None
        moment += LEASE + timedelta(seconds=1)
    assert claim(at=moment) is None
    job = Job.objects.get()
    assert job.failed_at == moment
    assert "终止" in job.error


def test_the_state_tells_what_waits_and_what_was_given_up(calls, at):
    enqueue("note", key="late", at=at - LATE)
    enqueue("note", key="fresh", at=at)
    Job.objects.create(name="note", key="lost", run_at=at, failed_at=at)
    found = state(at=at)
    assert (found.workers, found.late, found.given_up) == (0, 1, 1)


def test_a_worker_told_to_stop_begins_no_other_job(calls, at):
    for key in "abc":
        enqueue("note", key=key, at=at, word=key)
    assert work_once(clock=lambda: at, stopping=lambda: len(calls) > 0) == 1
