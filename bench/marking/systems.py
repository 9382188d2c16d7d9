"""Ours and the peers behind one interface: embed(pixels, payload) and detect(pixels), each with its CPU seconds.

The peers live in an environment of their own (`.peers`), made on the first run from the package index; without one
the bench says so and measures ours alone. Nothing of theirs is a dependency of the product.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from midun.lib.marking.image.detector import detect
from midun.lib.marking.image.embedder import embed
from midun.lib.marking.image.luminance import luminance
from midun.lib.marking.image.tile import tile_of
from midun.lib.marking.keys import MarkKey

Pixels = npt.NDArray[np.uint8]

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = Path(os.environ.get("MIDUN_PEERS", ROOT / ".peers"))
PEERS = ("blind_watermark", "dwtDct", "dwtDctSvd", "rivaGan")
WITHOUT_THEIR_NEEDS = ("blind-watermark==0.4.4", "invisible-watermark==0.2.0")
NEEDS = ("numpy", "opencv-python-headless", "pywavelets", "onnxruntime", "scikit-image", "scikit-learn")


class System(Protocol):
    """A marking program under test."""

    name: str
    bits: int

    def embed(self, pixels: Pixels, payload: bytes) -> tuple[Pixels | None, float]:
        """Marked pixels, or nothing, and CPU seconds."""
        ...

    def detect(self, pixels: Pixels) -> tuple[bytes | None, float]:
        """The id, or nothing, and CPU seconds."""
        ...


class Ours:
    """midun, with one key."""

    name, bits = "midun", 64

    def __init__(self, key: MarkKey) -> None:
        self.key = key

    def embed(self, pixels: Pixels, payload: bytes) -> tuple[Pixels | None, float]:
        """Marked pixels and CPU seconds, the making of the tile included."""
        begin = time.process_time()
        found = embed(pixels, tile_of(payload, self.key))
        return np.asarray(found, np.uint8), time.process_time() - begin

    def detect(self, pixels: Pixels) -> tuple[bytes | None, float]:
        """The id, or nothing, and CPU seconds."""
        begin = time.process_time()
        found = detect(luminance(pixels), self.key)
        return found and found.copy_id, time.process_time() - begin


class Peer:
    """A peer in its own process."""

    def __init__(self, name: str) -> None:
        self.name, self.bits = name, 32 if name == "rivaGan" else 64
        worker = Path(__file__).with_name("peer_worker.py")
        self.process = subprocess.Popen(
            [FOLDER / "bin" / "python", "-W", "ignore", worker, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def _ask(self, operation: str, pixels: Pixels, payload: bytes = b"") -> tuple[dict[str, str], bytes]:
        head = {"op": operation, "height": pixels.shape[0], "width": pixels.shape[1], "payload": payload.hex()}
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(head).encode() + b"\n" + np.ascontiguousarray(pixels).tobytes())
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        size = int(answer.get("height", 0)) * int(answer.get("width", 0)) * 3
        return answer, self.process.stdout.read(size) if size else b""

    def embed(self, pixels: Pixels, payload: bytes) -> tuple[Pixels | None, float]:
        """Marked pixels, or nothing where the peer failed."""
        answer, body = self._ask("embed", pixels, payload)
        if not body:
            return None, float(answer["seconds"])
        found = np.frombuffer(body, np.uint8).reshape(int(answer["height"]), int(answer["width"]), 3)
        return found, float(answer["seconds"])

    def detect(self, pixels: Pixels) -> tuple[bytes | None, float]:
        """Whatever it says; nothing where it failed."""
        answer, _ = self._ask("detect", pixels)
        return bytes.fromhex(answer["payload"]) if "payload" in answer else None, float(answer["seconds"])

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()


def prepare_peers() -> str:
    """Make the peers' environment where there is none; a sentence on what is missing, empty if nothing is."""
    if (FOLDER / "bin" / "python").exists():
        return ""
    uv = Path(sys.executable).parent / "uv"
    python = str(FOLDER / "bin" / "python")
    steps = (
        [uv, "venv", "-q", FOLDER],
        [uv, "pip", "install", "-q", "--python", python, *NEEDS],
        [uv, "pip", "install", "-q", "--python", python, "--no-deps", *WITHOUT_THEIR_NEEDS],
    )
    for step in steps:
        if not uv.exists() or subprocess.run(step, check=False, capture_output=True).returncode:
            return "对照程序未能安装（没有软件源），本次只测本产品，也没有照片。"
    return ""


def photographs() -> Path | None:
    """Where the photographs of the installed packages are."""
    found = next(FOLDER.glob("lib/python3*/site-packages"), None)
    return found if found and (found / "skimage" / "data").is_dir() else None
