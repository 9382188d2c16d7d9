"""Parts of a log that fail on demand: before an operation takes effect, after it, or by killing the process."""

import os
import signal


class Fault(OSError):
    """The failure a test asked for."""


class Faulty:
    """Passes everything on to `inner`, but runs `act` at the `nth` call of the methods named, before or after it."""

    def __init__(self, inner, method, *, when="before", nth=1, act=None):
        self._inner, self._method, self._when, self._left = inner, method, when, nth
        self._act = act or self._fail

    def _fail(self):
        raise Fault(f"{self._when} {self._method}")

    def __getattr__(self, name):
        found = getattr(self._inner, name)
        if name != self._method:
            return found

        def call(*args, **kwargs):
            self._left -= 1
            if self._left == 0 and self._when == "before":
                self._act()
            result = found(*args, **kwargs)
            if self._left == 0 and self._when == "after":
                self._act()
            return result

        return call


def kill():
    """Die at once, as in a power cut of the process: no handler, no flush."""
    os.kill(os.getpid(), signal.SIGKILL)
