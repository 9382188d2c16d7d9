"""Bytes by digest on the disk under MIDUN_HOME/files."""

import hashlib
import io
import os
import tempfile
from pathlib import Path

from django.conf import settings
from PIL import Image, ImageOps

_THUMBNAIL_PIXELS = 80_000_000


def path_of(digest: str) -> Path:
    """Where the blob with this SHA-256 (hex) lies."""
    return Path(settings.MIDUN_HOME) / "files" / digest[:2] / digest[2:4] / digest


def put(data: bytes) -> str:
    """Store `data` durably and return its digest. Storing the same bytes twice stores them once."""
    digest = hashlib.sha256(data).hexdigest()
    path = path_of(digest)
    if path.exists():
        return digest
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
        _sync_folder(path.parent)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return digest


def get(digest: str) -> bytes:
    """The bytes with this digest; raises FileNotFoundError when they are gone, ValueError when they were changed."""
    data = path_of(digest).read_bytes()
    if hashlib.sha256(data).hexdigest() != digest:
        raise ValueError(f"stored file {digest} does not match its digest")
    return data


def thumbnail(data: bytes, *, width: int) -> bytes:
    """A JPEG at most `width` pixels wide, upright, with all metadata (place, camera) removed."""
    with Image.open(io.BytesIO(data)) as image:
        if image.width * image.height > _THUMBNAIL_PIXELS:
            raise ValueError("image too large")
        upright = ImageOps.exif_transpose(image).convert("RGB")
    upright.thumbnail((width, width * 4))
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=80)
    return out.getvalue()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
