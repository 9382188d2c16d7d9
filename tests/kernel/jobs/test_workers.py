"""Real worker processes: none runs a job that another runs, and the job of a killed one is taken again."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from midun.kernel.jobs.models import Job, Worker
from midun.kernel.jobs.services import state
from midun.kernel.jobs.work import LEASE
from tests.processes import ended, environment, python

pytestmark = pytest.mark.django_db(transaction=True)

JOBS = """
import time
from django.utils import timezone
from midun.kernel.jobs import registry
from midun.kernel.jobs.work import work_once

def note(*, at, number):
    with open(sys.argv[1], "a") as log:
        log.write(f"{number} {os.getpid()}\\n")
    time.sleep(0.01)

registry._KINDS.clear()
registry.job("test.note")(note)
registry.job("test.die")(die)
"""
RUN_ALL = (
    JOBS
    + """
while not os.path.exists(sys.argv[2]):
    time.sleep(0.01)
work_once(clock=timezone.now, worker=f"test:{os.getpid()}")
"""
)


def put(name, count=1):
    now = timezone.now()
    for number in range(count):
        # Only the child processes know these jobs, so they are written as rows.
        Job.objects.create(name=name, key=f"{name}-{number}", arguments={"number": number}, run_at=now)


def test_workers_together_run_every_job_once(tmp_path):
    put("test.note", 40)
    log, started = tmp_path / "log", tmp_path / "started"
    workers = [python(RUN_ALL, log, started) for _ in range(3)]
    time.sleep(1.5)  # all of them have started by then, so that they compete
    started.touch()
    assert [ended(worker)[0] for worker in workers] == [0, 0, 0]
    lines = [line.split() for line in log.read_text().splitlines()]
    assert sorted(int(number) for number, _ in lines) == list(range(40))
    assert len({process for _, process in lines}) > 1
    assert Job.objects.filter(done_at__isnull=False, leased_until__isnull=True).count() == 40


def test_the_job_of_a_killed_worker_is_run_by_another(tmp_path):
    put("test.die")
    (tmp_path / "started").touch()
    code, said = ended(python(RUN_ALL, tmp_path / "log", tmp_path / "started"))
    assert code == -signal.SIGKILL, said
    job = Job.objects.get()
    assert (job.attempts, job.done_at) == (1, None)
    assert job.leased_until > timezone.now()
    Job.objects.update(name="test.note", leased_until=timezone.now() - timedelta(seconds=1))  # the lease ran out
    code, said = ended(python(RUN_ALL, tmp_path / "log", tmp_path / "started"))
    assert code == 0, said
    job.refresh_from_db()
    assert (job.attempts, job.done_at is not None) == (2, True)


def test_a_long_job_keeps_its_lease(tmp_path):
    """The lease is renewed while the job runs, so nobody else takes it however long it takes."""
    put("test.slow")
    code = (
        JOBS
        + """
from datetime import timedelta
from midun.kernel.jobs import work
work.RENEWED_EVERY, work.LEASE = timedelta(seconds=0.1), timedelta(seconds=1)

@registry.job("test.slow")
def slow(*, at, number):
    first = work.Job.objects.get().leased_until
    time.sleep(1.5)
    again = work.Job.objects.get().leased_until
    assert again > first and again > timezone.now(), (first, again)
    assert work.claim(at=timezone.now()) is None

assert work_once(clock=timezone.now, worker="slow") == 1
assert work.Job.objects.get().error == "", work.Job.objects.get().error
"""
    )
    exit_code, said = ended(python(code, tmp_path / "log"))
    assert exit_code == 0, said


def test_the_command_finishes_its_job_and_leaves_when_told_to():
    command = [Path(sys.executable).parent / "midun", "work", "--pause", "0.1"]
    with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, text=True) as worker:
        try:
            for _ in range(200):
                if Worker.objects.exists() and Job.objects.filter(done_at__isnull=False).exists():
                    break
                time.sleep(0.1)
            assert state(at=timezone.now()).workers == 1
            os.kill(worker.pid, signal.SIGTERM)
            assert worker.wait(timeout=20) == 0
        finally:
            worker.kill()
        said = worker.stdout.read()
    assert "后台任务进程已启动" in said
    assert not Worker.objects.exists()
    assert not Job.objects.filter(leased_until__isnull=False).exists()


def test_a_silent_worker_is_not_counted(at):
    Worker.objects.create(name="dead", started_at=at, seen_at=at)
    assert state(at=at).workers == 1
    assert state(at=at + LEASE).workers == 0
