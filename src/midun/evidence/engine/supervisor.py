"""Keeping the process that appends alive: started again whenever it ends, with a growing pause if it ends at once."""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from typing import Self

_log = logging.getLogger(__name__)
_PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0, 15.0)
_WELL = 20.0
_STDERR = 2
NOT_RECOVERABLE = 4
"""Exit code for a log a person must look at: starting again would change nothing."""


class Supervisor:
    """Runs `midun sequence` as a child while the body runs; the child ends with us, even when we are killed."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sequencer-supervisor", daemon=True)

    def __enter__(self) -> Self:
        """Begin, in a thread."""
        self._thread.start()
        return self

    def __exit__(self, *_problem: object) -> None:
        """End the child (it finishes its batch) and wait."""
        self._stopping.set()
        if self._child is not None and self._child.poll() is None:
            self._child.send_signal(signal.SIGTERM)
        self._thread.join(timeout=20)

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            begun = time.monotonic()
            read, write = os.pipe()  # its end tells the child that we are gone
            command = [sys.executable, "-m", "midun.config.cli", "sequence", "--with-parent", str(read)]
            # What it says goes where warnings go: our own output may be data (`midun demo --json`).
            self._child = subprocess.Popen(command, pass_fds=(read,), stdout=_STDERR)  # noqa: S603  # our own command
            os.close(read)
            code = self._child.wait()
            os.close(write)
            if self._stopping.is_set():
                return
            if code == NOT_RECOVERABLE:
                _log.error("the log needs a person: see the message above; deposits are refused until then")
                return
            failures = 0 if time.monotonic() - begun > _WELL else failures + 1
            pause = _PAUSES[min(failures, len(_PAUSES) - 1)]
            _log.warning("the log's process ended (%s); a fresh one starts in %s s", code, pause)
            self._stopping.wait(pause)
