"""The one place of a sealed session's key and bundles: a folder of its own, outside database, store and backup.

Only ciphertext and the key lie there, readable by the service's own user. Erasing takes the key first: without it the
bundles are noise, whatever a disk keeps of erased blocks.
"""

import os
import shutil
from pathlib import Path
from uuid import UUID

from django.conf import settings

SECRET = "secret"  # noqa: S105  # a file name


def folder_of(session: UUID) -> Path:
    """Where the session's files lie."""
    return Path(settings.MIDUN_HOME) / "sealed" / str(session)


def put(session: UUID, name: str, data: bytes) -> None:
    """Write one file, whole or not at all, readable by the owner only."""
    folder = folder_of(session)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = folder / f"{name}.part"
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(folder / name)


def secret_of(session: UUID) -> bytes | None:
    """The session's key, if it was not erased."""
    path = folder_of(session) / SECRET
    return path.read_bytes() if path.exists() else None


def path_of(session: UUID, side: str) -> Path:
    """Where a side's bundle lies."""
    return folder_of(session) / f"{side}.sealed"


def erase(session: UUID) -> None:
    """Overwrite and remove the key, then everything else. Doing it again is no fault."""
    folder = folder_of(session)
    path = folder / SECRET
    if path.exists():
        with path.open("r+b") as file:
            file.write(bytes(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
    if folder.exists():
        shutil.rmtree(folder)
