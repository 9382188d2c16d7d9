"""Keys that lie beside the database, under `MIDUN_HOME/keys`: made when first needed, never overwritten."""

import os
from collections.abc import Callable
from pathlib import Path


def kept(path: Path, make: Callable[[], bytes]) -> bytes:
    """What is in `path`; made once, readable by its owner only.

    Two processes that make it at once end up with the same one.
    """
    if not path.exists():
        _write_once(path, make())
    return path.read_bytes()


def _write_once(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        # A link, unlike a rename, fails when somebody else was first.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
