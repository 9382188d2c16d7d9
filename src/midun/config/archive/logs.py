"""Evidence logs in an archive: the public files of one tree each, and what the deciding row is rebuilt from.

The tree is that of a checkpoint read after the tables' snapshot was taken, so rows never know entries the files lack;
rows that the snapshot missed are rebuilt from the files when the log starts. Closed logs are kept like the open one.
"""

import base64
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from django.db import connection

from midun.evidence.engine.place import Place
from midun.evidence.models import Log
from midun.lib.tlog.checkpoint import Checkpoint, parse_checkpoint
from midun.lib.tlog.note import parse_note
from midun.lib.tlog.sqlite_file import StateMissing
from midun.lib.tlog.store import FileStore
from midun.lib.tlog.tiles import CHECKPOINT_PATH, parse_path, tiles_of

Damage = Callable[[str], Exception]


def numbers() -> list[int]:
    """The logs there are."""
    return list(Log.objects.unscoped("backup").order_by("number").values_list("number", flat=True))


def described(number: int) -> tuple[dict[str, Any], bytes] | None:
    """What the manifest says of a log, and its checkpoint; None for one without entries or files."""
    place = Place.of(number)
    note = place.checkpoint() if place.exists else None
    if note is None:
        return None
    head = parse_checkpoint(parse_note(note).text)
    about = {"origin": head.origin, "size": head.size, "root": base64.b64encode(head.root).decode(), "files": {}}
    return about, note


def files(number: int, note: bytes, damaged: Damage) -> Iterator[tuple[str, bytes]]:
    """The public files of the tree of a checkpoint. Raises `damaged` for one that is missing."""
    store = FileStore(Place.of(number).public)
    yield CHECKPOINT_PATH, note
    for tile in tiles_of(parse_checkpoint(parse_note(note).text).size):
        data = store.get(tile.path)
        path = tile.path
        if data is None:  # the log has grown meanwhile: a reader takes the beginning of the full one
            path, data = tile.full.path, store.get(tile.full.path)
        if data is None:
            raise damaged(f"存证日志缺少 {tile.path}：请先运行 midun log fsck 查明")
        yield path, data


def put_back(number: int, found: Iterator[tuple[str, bytes]], at: datetime) -> Checkpoint:
    """Write the files of a log and its row, marked as restored. A log that is there already stays as it is.

    Raises ValueError for a path that is no log's, and what the row's database raises.
    """
    place = Place.of(number)
    place.public.mkdir(parents=True, exist_ok=True)
    store, note = FileStore(place.public), b""
    for path, data in found:
        if path == CHECKPOINT_PATH:
            note = data
        else:
            store.create(parse_path(path).path, data)
    store.sync()
    head = parse_checkpoint(parse_note(note).text)
    store.replace(CHECKPOINT_PATH, note, previous=store.get(CHECKPOINT_PATH))
    place.put_back(head.origin, head.size, head.root, note, int(at.timestamp()))
    return head


def keep(number: int, at: datetime) -> None:
    """A surviving folder whose row was lost with a PostgreSQL database gets it again, from its own checkpoint.

    Receipts are given and witnesses are asked only after a checkpoint is published, so nothing beyond it was shown.
    """
    place = Place.of(number)
    note = place.checkpoint()
    if connection.vendor != "postgresql" or note is None:
        return
    head = parse_checkpoint(parse_note(note).text)
    try:
        with place.opened_state() as state:
            state.load(head.origin)
    except StateMissing:
        place.make_row(head.origin, head.size, head.root, note, int(at.timestamp()))
