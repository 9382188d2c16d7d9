"""Asking the process that appends, one call at a time: for pages, jobs and commands."""

import json
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from midun.lib import exchange as frames
from midun.lib.exchange import Answer, Request, Splitter, Type

PATIENCE = 15.0


class Unavailable(Exception):
    """Nobody answers: the process does not run, is starting, or ended meanwhile. Asking again is always safe."""


@dataclass(frozen=True)
class Reply:
    """An answer and the checkpoint that covers it."""

    answer: Answer
    checkpoint: bytes


def ask(path: Path, request: Request) -> Reply:
    """Deposit commitments; returns when they are durable, or refused. Raises `Unavailable`."""
    checkpoint = b""
    for kind, payload in _exchange(path, frames.encode_request(request)):
        if kind == Type.CHECKPOINT:
            checkpoint = frames.decode_checkpoint(payload)[1]
        elif kind == Type.ANSWER:
            return Reply(frames.decode_answer(payload), checkpoint)
    raise Unavailable("the connection ended")


def status(path: Path, patience: float = 2.0) -> dict[str, Any]:
    """How the process is: size, epoch, queue, batches, clock_back (seconds), memory (bytes), pid. Raises as above."""
    for kind, payload in _exchange(path, frames.frame(Type.STATUS, b""), patience):
        if kind == Type.TOLD:
            found: dict[str, Any] = json.loads(payload)
            return found
    raise Unavailable("the connection ended")


def cosign(path: Path, size: int, lines: Sequence[str]) -> bool:
    """Publish verified cosignature lines (without newlines) on the checkpoint of that size.

    False if the log has grown meanwhile: the signatures then stand in the checkpoint's record only. Raises as above.
    """
    payload = frames.encode_checkpoint(size, "\n".join(lines).encode())[5:]
    for kind, told in _exchange(path, frames.frame(Type.COSIGN, payload)):
        if kind == Type.TOLD:
            return bool(told == b"published")
    raise Unavailable("the connection ended")


def _exchange(path: Path, sent: bytes, patience: float = PATIENCE) -> Iterator[tuple[int, bytes]]:
    splitter = Splitter()
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as channel:
            channel.settimeout(patience)
            channel.connect(str(path))
            channel.sendall(sent)
            while data := channel.recv(1 << 20):
                yield from splitter.feed(data)
    except (OSError, ValueError) as error:
        raise Unavailable(str(error)) from error
