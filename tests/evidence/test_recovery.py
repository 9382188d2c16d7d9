"""Backups, restores, lost rows, old copies: what the log does when a part of it is not of today."""

import shutil
import time

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection

from midun.config.archive.restore import restore
from midun.config.archive.write import backup
from midun.evidence.engine import door
from midun.evidence.engine.place import Place
from midun.evidence.engine.runner import started
from midun.evidence.models import Deposit
from midun.evidence.monitor import keys_of
from midun.evidence.services.checkpoints import record_newest
from midun.evidence.services.logs import open_log
from midun.evidence.services.tokens import tenant_of
from midun.lib.exchange import Item, Request
from midun.lib.tlog.sequencer import NotRecoverable
from midun.lib.tlog.wal import WalLocked
from tests.conftest import AT
from tests.evidence.conftest import commitments, forget_rows, running
from tests.evidence.test_api import ONE, post, proven

pytestmark = pytest.mark.django_db(transaction=True)


def deposited(client, bearer, count):
    return [post(client, ONE, commitments(), bearer).json() for _ in range(count)]


def rows():
    return Deposit.objects.unscoped("test").order_by("number")


def test_lost_rows_are_rebuilt_under_the_same_ids(log, client, bearer):
    with running(log):
        receipts = deposited(client, bearer, 5)
        before = list(rows().values_list("number", "commitment", "prefix", "kind", "tenant_id", "claimed_at"))
    rows().filter(number__gte=before[2][0]).delete()
    with running(log) as told:
        for receipt in receipts:
            again = client.get(f"{ONE}/{receipt['deposit']}", headers=bearer).json()
            assert again["entry"] == receipt["entry"]
    assert told == []
    assert list(rows().values_list("number", "commitment", "prefix", "kind", "tenant_id", "claimed_at")) == before
    assert list(rows().values_list("recovered", flat=True)) == [False, False, True, True, True]


def test_a_log_older_than_the_database_is_not_continued(log, client, bearer, tmp_path):
    with running(log):
        deposited(client, bearer, 1)
    shutil.copytree(Place.of(1).root, tmp_path / "old")
    with running(log):
        deposited(client, bearer, 1)
    if connection.vendor == "sqlite":
        shutil.rmtree(Place.of(1).root)
        shutil.copytree(tmp_path / "old", Place.of(1).root)
        with pytest.raises(NotRecoverable, match="too old"), started(log, int(time.time())):
            pass


def test_a_tree_smaller_than_one_given_out_is_not_continued(log, client, bearer):
    with running(log):
        deposited(client, bearer, 1)
    record = record_newest(log, at=AT)
    record.size = 9
    record.save()
    with pytest.raises(NotRecoverable, match="old copy"), started(log, int(time.time())):
        pass


def test_two_engines_of_one_log(log):
    with running(log), pytest.raises(WalLocked), started(log, int(time.time())):
        pass


def restored_beside(settings, tmp_path, archive):
    """The archive restored into an empty home, on the tables of this database emptied."""
    call_command("flush", interactive=False, verbosity=0)
    forget_rows()
    settings.MIDUN_HOME = tmp_path / "new"
    settings.MIDUN_HOME.mkdir()
    restore(archive)


def test_a_restored_log_waits_until_somebody_shows_the_newest_checkpoint(log, client, bearer, tmp_path, settings):
    with running(log):
        receipts = deposited(client, bearer, 3)
        backup(tmp_path / "x.tar")
        newest = tmp_path / "checkpoint"
        newest.write_bytes(Place.of(1).checkpoint())
    restored_beside(settings, tmp_path, tmp_path / "x.tar")
    log = open_log()
    call_command("log", "fsck", str(Place.of(1).root), *[f"--key={key.vkey}" for key in keys_of(log)])
    with running(log) as told:
        assert post(client, ONE, commitments(), bearer).status_code == 503
    assert isinstance(told[0], NotRecoverable)
    for receipt in receipts:
        proven(log, client.get(f"{ONE}/{receipt['deposit']}", headers=bearer).json())
    call_command("log", "resume", str(newest))
    with running(log):
        assert post(client, ONE, commitments(), bearer).json()["index"] == 3


def test_a_backup_older_than_what_was_published_never_continues(log, client, bearer, tmp_path, settings):
    newest = tmp_path / "checkpoint"
    with running(log):
        deposited(client, bearer, 2)
        backup(tmp_path / "x.tar")
        deposited(client, bearer, 1)
        newest.write_bytes(Place.of(1).checkpoint())
    restored_beside(settings, tmp_path, tmp_path / "x.tar")
    with pytest.raises(CommandError, match="分叉"):
        call_command("log", "resume", str(newest))
    call_command("log", "renew", "--reason", "数据盘损坏")
    successor = open_log()
    assert (successor.number, successor.origin) == (2, f"{log.origin}-2")
    with running(successor):
        receipt = post(client, ONE, commitments(), bearer).json()
    assert receipt["index"] == 0
    proven(successor, receipt)


def test_a_surviving_folder_is_newer_than_the_backup_and_stays(log, client, bearer, tmp_path, settings):
    with running(log):
        receipts = deposited(client, bearer, 2)
        backup(tmp_path / "x.tar")
        receipts += deposited(client, bearer, 2)
    call_command("flush", interactive=False, verbosity=0)
    forget_rows()
    restore(tmp_path / "x.tar")
    log = open_log()
    with running(log) as told:
        assert post(client, ONE, commitments(), bearer).json()["index"] == 4
        for receipt in receipts:
            proven(log, client.get(f"{ONE}/{receipt['deposit']}", headers=bearer).json())
    assert told == []


def test_a_tenant_with_deposits_cannot_go_although_rows_have_no_foreign_key(engine, cast):
    tenant = tenant_of(cast.jia)
    door.ask(Place.of(engine.number).socket, Request(tenant.pk, [Item(1, bytes(64))]))
    for change in ("DELETE FROM evidence_tenant WHERE id = %s", "UPDATE evidence_tenant SET id = 0 WHERE id = %s"):
        with pytest.raises(IntegrityError), connection.cursor() as cursor:
            cursor.execute(change, [tenant.pk])
