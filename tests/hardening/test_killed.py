"""A process that is killed in the middle of an act leaves the database as it was, whole, with its trail verified.

The acts run in real processes on the data of the test. `at` says where SIGKILL strikes: after so many writes, or between
the last write and the commit.
"""

import signal

import pytest
from django.db import connection

from midun.campaigns.models import PlanLine
from midun.config.archive.read import checked
from midun.config.archive.write import backup
from midun.kernel.files.models import Attachment, Blob
from midun.kernel.statistics.models import FormSnapshot, StatForm
from midun.kernel.trail.models import Entry
from midun.kernel.trail.services import verify
from tests.hardening import world as worlds
from tests.processes import empty_installation, ended, midun, python

pytestmark = pytest.mark.django_db(transaction=True)

PREPARE = """
from datetime import datetime
from django.db import connection, transaction
from midun.kernel.orgs.models import Membership

at = datetime.fromisoformat(sys.argv[1])
strike = sys.argv[2]
actors = {m.user.username: m.actor() for m in Membership.objects.unscoped("test").select_related(
    "user", "organisation__jurisdiction")}
writes = 0

def count(execute, sql, params, many, context):
    global writes
    done = execute(sql, params, many, context)
    writes += sql.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE"))
    if strike.isdigit() and writes == int(strike):
        die()
    return done

def run(act):
    with transaction.atomic():
        with connection.execute_wrapper(count):
            act()
        if strike == "commit":
            die()
    print("done", writes)
"""

IMPORT = """
from midun.campaigns.models import PendingImport
from midun.campaigns.services import imports
pending = PendingImport.objects.unscoped("test").get()
fingerprint = imports.preview_of(pending).fingerprint
run(lambda: imports.confirm(pending=pending, fingerprint=fingerprint, skip_rejected=False,
                            actor=actors["city_officer"], at=at))
"""

FREEZE = """
from midun.kernel.statistics.models import StatForm
from midun.kernel.statistics.services import steps
form = StatForm.objects.unscoped("test").get(above=None)
run(lambda: steps.freeze(form, version=form.version, reason="有单位停业", actor=actors["city_officer"], at=at))
"""

SUBMIT = """
from midun.kernel.statistics.models import StatForm
from midun.kernel.statistics.services import steps
form = StatForm.objects.unscoped("test").get(unit_id=actors["district_officer"].organisation_id)
run(lambda: steps.submit(form, version=form.version, actor=actors["district_officer"], at=at))
"""

UPLOAD = """
from datetime import date
from midun.activities.models import Activity
from midun.activities.services import events
from tests.hardening.world import photo
activity = Activity.objects.unscoped("test").get()
run(lambda: events.add_files(activity, files=[("新照片.jpg", photo("purple"))], actor=actors["district_officer"], at=at))
"""
ACTS = {"import": IMPORT, "freeze": FREEZE, "submit": SUBMIT, "upload": UPLOAD}


@pytest.fixture
def world(cast, at):
    return worlds.build(cast, at)


def picture():
    """Everything the acts could change."""
    return {
        "lines": list(PlanLine.objects.unscoped("test").order_by("pk").values_list("pk", "content", "state")),
        "forms": list(StatForm.objects.unscoped("test").order_by("pk").values_list("pk", "state", "version", "digest")),
        "snapshots": FormSnapshot.objects.unscoped("test").count(),
        "files": (Attachment.objects.unscoped("test").count(), Blob.objects.unscoped("test").count()),
        "trail": Entry.objects.count(),
    }


def check_whole():
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA integrity_check")
            assert cursor.fetchall() == [("ok",)]
            cursor.execute("PRAGMA foreign_key_check")
            assert cursor.fetchall() == []
    assert list(verify()) == []


@pytest.mark.parametrize("act", ACTS)
def test_an_act_is_done_wholly_or_not_at_all(world, at, act):
    before = picture()
    for strike in ("3" if act == "import" else "1", "commit"):
        code, said = ended(python(PREPARE + ACTS[act], at.isoformat(), strike))
        assert code == -signal.SIGKILL, (strike, said)
        assert picture() == before, strike
    code, said = ended(python(PREPARE + ACTS[act], at.isoformat(), "never"))
    assert (code, said.split()[0]) == (0, "done"), said
    assert picture() != before
    check_whole()


BACKUP = """
from pathlib import Path
from midun.config.archive import rows, write
real, seen = rows.lines, []

def lines(model):
    seen.append(model)
    for number, line in enumerate(real(model)):
        if len(seen) > 20 and number:
            die()
        yield line

rows.lines = lines
write.backup(Path(sys.argv[1]))
"""


def test_a_killed_backup_leaves_no_archive_and_the_next_one_is_whole(world, tmp_path):
    target = tmp_path / "backups" / "midun.tar"
    code, said = ended(python(BACKUP, target))
    assert code == -signal.SIGKILL, said
    assert not target.exists()
    assert [path.suffix for path in target.parent.iterdir()] == [".midun-part"]
    assert midun("backup", target).returncode == 0
    assert list(target.parent.iterdir()) == [target]
    assert "备份完好" in midun("restore", "--check", target).stdout
    told = midun("trail", "verify")
    assert (told.returncode, "核验通过" in told.stdout) == (0, True), told.stderr


RESTORE = """
from pathlib import Path
from midun.config.archive import restore
restore._compare = die
restore.restore(Path(sys.argv[1]))
"""


def test_a_killed_restore_leaves_an_empty_database_and_can_be_run_again(world, tmp_path):
    """SIGKILL strikes when everything is loaded and only the commit is missing."""
    target = tmp_path / "midun.tar"
    backup(target)
    with empty_installation(tmp_path) as more:
        assert midun("admin", "migrate", "--verbosity", "0", **more).returncode == 0
        code, said = ended(python(RESTORE, target, **more))
        assert code == -signal.SIGKILL, said
        done = midun("restore", target, **more)
        assert done.returncode == 0, done.stderr
        again = tmp_path / "again.tar"
        assert midun("backup", again, **more).returncode == 0
    assert checked(again).tables == checked(target).tables
