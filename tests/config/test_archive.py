"""A restored copy equals the original; a damaged or half-written backup is refused and nothing is changed."""

import io
import tarfile

import pytest
from django.core.management import call_command
from django.db import connection

from midun.config.archive import rows
from midun.config.archive.read import BadArchive, checked
from midun.config.archive.restore import restore
from midun.config.archive.write import backup
from midun.kernel.files.models import Attachment
from midun.kernel.files.services import attach
from midun.kernel.orgs.models import Organisation
from midun.kernel.trail.models import Entry
from tests.kernel.files.test_files import picture

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


def test_a_backup_blocks_no_writer(cast, tmp_path, at):
    """The view is a snapshot: what is written meanwhile is not in it, and is not refused either."""
    backup(tmp_path / "x.tar")
    if connection.vendor == "sqlite":
        assert connection.transaction_mode == "IMMEDIATE"
