"""The witness as a WSGI application for Granian: its folder stands in the environment."""

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from midun.anchoring.witness.folder import WitnessFolder
from midun.lib.tlog.witness_server import WitnessServer, WitnessState

VARIABLE = "MIDUN_WITNESS_FOLDER"
_made: list[WitnessServer] = []


def server(folder: WitnessFolder) -> WitnessServer:
    """The application over a folder. Raises `StateMissing`, FileNotFoundError, `Refused`."""
    return WitnessServer(folder.signers(), folder.logs(), WitnessState(folder.memory), lambda: int(time.time()))


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """WSGI; the server is made at the first request of a process."""
    if not _made:
        _made.append(server(WitnessFolder(Path(os.environ[VARIABLE]))))
    return _made[0](environ, start_response)
