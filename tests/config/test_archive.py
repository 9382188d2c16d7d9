"""A restored copy equals the original; a damaged or half-written backup is refused and nothing is changed."""

import fcntl
import hashlib
import io
import json
import re
import tarfile
import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from midun.activities.keys import private_key
from midun.claims.models import Suggestion
from midun.claims.services import suggest
from midun.config.archive import rows
from midun.config.archive.read import BadArchive, checked
from midun.config.archive.restore import restore
from midun.config.archive.write import backup
from midun.kernel.files import store
from midun.kernel.files.models import Attachment
from midun.kernel.files.services import attach
from midun.kernel.orgs.models import Organisation
from midun.kernel.trail.models import Entry
from tests.hardening import world as worlds
from tests.kernel.files.test_files import picture
from tests.processes import empty_installation, midun

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def archive(cast, at, tmp_path):
    photo = attach(
        owner=cast.jia,
        data=picture(),
        name="x.jpg",
        kind=Attachment.Kind.PHOTO,
        actor=cast.actor("district_officer"),
        at=at,
    )
    assert photo
    target = tmp_path / "backup.tar"
    backup(target)
    return target


def empty(settings, tmp_path):
    call_command("flush", interactive=False, verbosity=0)
    settings.MIDUN_HOME = tmp_path / "second"
    settings.MIDUN_HOME.mkdir(exist_ok=True)


def test_it_works(archive, settings, tmp_path):
    original = checked(archive)
    names = list(Organisation.objects.unscoped("test").values_list("name", flat=True))
    empty(settings, tmp_path)
    restore(archive)
    backup(tmp_path / "again.tar")
    copy = checked(tmp_path / "again.tar")
    assert (copy.tables, copy.files, copy.keys) == (original.tables, original.files, original.keys)
    assert list(Organisation.objects.unscoped("test").values_list("name", flat=True)) == names
    assert Entry.objects.count() == original.tables["trail_entry"][0] > 0


def test_new_rows_can_be_added_after_a_restore(archive, settings, tmp_path, at):
    empty(settings, tmp_path)
    restore(archive)
    existing = Organisation.objects.unscoped("test").first()
    new = Organisation.objects.create(kind="court", name="新法院", jurisdiction=existing.jurisdiction)
    assert new.pk > existing.pk


def test_it_rejects_a_database_that_is_not_empty(archive):
    with pytest.raises(BadArchive, match="不是空的"):
        restore(archive)


@pytest.mark.parametrize("where", [0.1, 0.5, 0.9])
def test_it_rejects_a_flipped_byte(archive, where):
    data = bytearray(archive.read_bytes())
    with tarfile.open(archive) as tar:
        member = max((m for m in tar if m.name.startswith(("tables", "files"))), key=lambda m: m.size)
    data[member.offset_data + int(member.size * where)] ^= 1
    archive.write_bytes(data)
    with pytest.raises(BadArchive):
        checked(archive)


def test_it_rejects_a_cut_off_file(archive):
    archive.write_bytes(archive.read_bytes()[: archive.stat().st_size // 2])
    with pytest.raises(BadArchive):
        checked(archive)


def test_it_rejects_something_extra(archive):
    with tarfile.open(archive, "a") as tar:
        info = tarfile.TarInfo("../../evil")
        info.size = 1
        tar.addfile(info, io.BytesIO(b"x"))
    with pytest.raises(BadArchive):
        checked(archive)


def told(archive):
    """What an operator is told about an archive that cannot be restored."""
    with pytest.raises(CommandError) as refused:
        call_command("restore", str(archive), "--check")
    return str(refused.value)


def rewritten(archive, **changes):
    """The archive with another manifest."""
    other = archive.with_name("other.tar")
    with tarfile.open(archive) as source, tarfile.open(other, "w") as target:
        for member in source:
            data = source.extractfile(member).read()
            if member.name == "manifest.json":
                data = json.dumps({**json.loads(data), **changes}).encode()
                member.size = len(data)
            target.addfile(member, io.BytesIO(data))
    return other


def test_it_rejects_what_is_not_our_archive(archive, tmp_path):
    text, foreign, gone = tmp_path / "a.txt", tmp_path / "b.tar", tmp_path / "c.tar"
    text.write_text("hello")
    with tarfile.open(foreign, "w") as tar:
        tar.add(text, "a.txt")
    assert "不完整或已损坏" in told(text)
    assert "不是秘盾的备份" in told(foreign)
    assert "找不到备份文件" in told(gone)
    assert "midun-backup/2" in told(rewritten(archive, format="midun-backup/2"))


@pytest.mark.parametrize(
    "changes",
    [
        {"tables": None},
        {"tables": {"../x": {"rows": 1, "sha256": "0" * 64}}},
        {"files": ["../../etc/passwd"]},
        {"keys": {"../evil": "0" * 64}},
        {"trail_head": "x"},
        {"migrations": 7},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_it_rejects_a_manifest_that_was_tampered_with(archive, changes):
    assert "清单残缺" in told(rewritten(archive, **changes))


def test_it_rejects_a_file_that_the_manifest_does_not_have(archive):
    assert "清单之外" in told(rewritten(archive, files=[]))
    assert "缺少" in told(rewritten(archive, files=[*checked(archive).files, "0" * 64]))


def test_it_rejects_another_version_of_the_database(archive, settings, tmp_path):
    names = checked(archive).migrations
    empty(settings, tmp_path)
    with pytest.raises(BadArchive, match="更新的版本"):
        restore(rewritten(archive, migrations=[*names, "visits.0099_from_the_future"]))
    with pytest.raises(BadArchive, match="较早的版本"):
        restore(rewritten(archive, migrations=names[1:]))


def test_it_rejects_rows_that_are_no_rows(archive, settings, tmp_path):
    """The digests are right, so it is no damage but another program's archive."""
    with tarfile.open(archive) as tar:
        manifest = json.load(tar.extractfile("manifest.json"))
    line = b'["not", "a", "row"]\n'
    tables = {**manifest["tables"], "orgs_organisation": {"rows": 1, "sha256": hashlib.sha256(line).hexdigest()}}
    other = archive.with_name("rows.tar")
    with tarfile.open(archive) as source, tarfile.open(other, "w") as target:
        for member in source:
            data = source.extractfile(member).read()
            if member.name == "tables/orgs_organisation.jsonl":
                data = line
            if member.name == "manifest.json":
                data = json.dumps({**manifest, "tables": tables}).encode()
            member.size = len(data)
            target.addfile(member, io.BytesIO(data))
    empty(settings, tmp_path)
    with pytest.raises(BadArchive, match="orgs_organisation 无法装入"):
        restore(other)
    assert all(not model._base_manager.exists() for model in rows.tables().values())


def test_a_backup_restores_into_the_other_kind_of_database_and_back(cast, at, tmp_path):
    """SQLite → PostgreSQL → SQLite, or the other way round where the suite runs on PostgreSQL; equal table by table."""
    worlds.build(cast, at)
    private_key()
    first, second, third = (tmp_path / f"{n}.tar" for n in "abc")
    backup(first)
    other = "postgresql" if connection.vendor == "sqlite" else "sqlite"
    for source, target, vendor in ((first, second, other), (second, third, connection.vendor)):
        with empty_installation(tmp_path, vendor) as more:
            done = midun("restore", source, **more)
            assert done.returncode == 0, done.stderr
            assert "逐表核对与备份一致" in done.stdout
            assert midun("backup", target, **more).returncode == 0
    original, copies = checked(first), [checked(second), checked(third)]
    assert original.files
    assert len([name for name, (count, _) in original.tables.items() if count]) >= 30
    for copy in copies:
        assert (copy.tables, copy.files, copy.trail_head) == (original.tables, original.files, original.trail_head)
        assert set(original.keys.items()) <= set(copy.keys.items())


def test_a_damaged_stored_file_is_named(cast, at, archive, tmp_path):
    path = store.path_of(checked(archive).files[0])
    path.write_bytes(b"something else")
    with pytest.raises(CommandError, match=re.escape(str(path))):
        call_command("backup", str(tmp_path / "x.tar"))
    assert not (tmp_path / "x.tar").exists()


def test_a_good_backup_is_not_overwritten(archive):
    before = archive.read_bytes()
    with pytest.raises(CommandError, match="已存在"):
        call_command("backup", str(archive))
    assert archive.read_bytes() == before


def test_a_backup_that_still_runs_keeps_its_half(cast, tmp_path):
    """Only what a dead process left is removed: a live one holds a lock on it."""
    dead, alive = tmp_path / ".a.tar-1.midun-part", tmp_path / ".b.tar-2.midun-part"
    dead.touch()
    with alive.open("wb") as running:
        fcntl.flock(running, fcntl.LOCK_EX)
        backup(tmp_path / "c.tar")
        assert (dead.exists(), alive.exists()) == (False, True)


def test_a_failed_restore_leaves_nothing(archive, settings, tmp_path, monkeypatch):
    empty(settings, tmp_path)
    monkeypatch.setattr("midun.config.archive.restore._compare", lambda *_: (_ for _ in ()).throw(BadArchive("不一致")))
    with pytest.raises(BadArchive):
        restore(archive)
    assert all(not model._base_manager.exists() for model in rows.tables().values())


def test_a_failed_backup_leaves_no_file(cast, tmp_path, monkeypatch):
    monkeypatch.setattr("midun.config.archive.write.head", lambda: (_ for _ in ()).throw(OSError("磁盘已满")))
    with pytest.raises(OSError, match="磁盘已满"):
        backup(tmp_path / "x.tar")
    assert [p.name for p in tmp_path.iterdir() if "x.tar" in p.name] == []


def test_a_backup_blocks_no_writer_and_is_of_one_moment(cast, at, tmp_path, monkeypatch):
    """Somebody writes while the tables are read: that is neither refused nor half in the archive."""
    real, written = rows.lines, []

    def lines(model):
        if not written:
            written.append(model)
            thread = threading.Thread(target=write)
            thread.start()
            thread.join(30)
        return real(model)

    def write():
        try:
            suggest(
                unit=cast.east_bureau,
                actor=cast.actor("district_officer"),
                at=at,
                topic="system",
                text="新的",
                given_on=at,
            )
        finally:
            connection.close()

    monkeypatch.setattr(rows, "lines", lines)
    backup(tmp_path / "x.tar")
    found = checked(tmp_path / "x.tar")
    assert Suggestion.objects.unscoped("test").count() == 1
    assert found.tables["claims_suggestion"][0] == 0
    assert found.tables["trail_entry"][0] == found.trail_head[0] == Entry.objects.count() - 1
