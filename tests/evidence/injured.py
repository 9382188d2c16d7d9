"""Writing processes whose system calls fail on demand: made by forking, and counted from an exact place on.

`python -m tests.evidence.injured` loads everything once, then forks a life of `midun sequence` for each byte it reads:
`s`, `a` or `w` for a life that stops where it starts, before its first batch is appended, or before the rows of its
first batch are written. It says `pid N`, at that place `tid N` (the thread that waits there for one more byte, so that
somebody may attach to it and to no other), and `ended STATUS` as `waitpid` has it.
"""

import ctypes
import os
import sys
import threading

import django

_PR_SET_PTRACER, _ANYBODY = 0x59616D61, ctypes.c_ulong(-1)
PLACES = {b"s": "start", b"a": "append", b"w": "store"}


def say(text):
    os.write(1, text.encode() + b"\n")


def wait_for_tracer():
    """Where counting begins."""
    ctypes.CDLL(None).prctl(_PR_SET_PTRACER, _ANYBODY, 0, 0, 0)
    say(f"tid {threading.get_native_id()}")
    try:
        os.read(0, 1)
    except OSError:
        say("gate")  # this very call was made to fail


def gated(method):
    """The method, but its first call waits."""
    left = [True]

    def call(*arguments):
        if left:
            left.clear()
            wait_for_tracer()
        return method(*arguments)

    return call


def live(place):
    """One life of `midun sequence`, to its exit code."""
    from django.core.management import CommandError, call_command

    from midun.evidence.engine.committer import Committer

    if place == "start":
        wait_for_tracer()
    else:
        setattr(Committer, place, gated(getattr(Committer, place)))
    try:
        call_command("sequence", interval=0.001)
    except CommandError as error:
        os.write(2, f"{error}\n".encode())
        return error.returncode
    return 0


def fork(place):
    """Begin a life; its process."""
    child = os.fork()
    if child == 0:
        say(f"pid {os.getpid()}")
        code = 1
        try:
            code = live(place)
        finally:
            sys.stderr.flush()
            os._exit(code)
    return child


def main():
    """Fork a life for each byte."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "midun.config.settings"
    django.setup()
    import midun.evidence.management.commands.sequence  # noqa: F401  # so that no life has to load it

    while byte := os.read(0, 1):
        if byte not in PLACES:
            continue  # meant for a life whose reading of it was made to fail
        child = fork(PLACES[byte])
        say(f"ended {os.waitpid(child, 0)[1]}")


if __name__ == "__main__":
    main()
