"""Processes that do the heavy work: what strangers sent is parsed there, and a crash does not take the desk down."""

import concurrent.futures
import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from midun.lib.marking.errors import Reason, Refused

Result = TypeVar("Result")
COUNT = max(1, min(8, os.cpu_count() or 1))
_LOCK = threading.Lock()
_POOL: list[concurrent.futures.ProcessPoolExecutor] = []


def submit(work: Callable[..., Result], *arguments: Any) -> "concurrent.futures.Future[Result]":
    """Have `work` done in a process."""
    with _LOCK:
        if not _POOL:
            # Not forked: this process has threads.
            _POOL.append(concurrent.futures.ProcessPoolExecutor(COUNT, mp_context=multiprocessing.get_context("spawn")))
        try:
            return _POOL[0].submit(work, *arguments)
        except BrokenProcessPool:
            _POOL.clear()
    return submit(work, *arguments)


def outcome(
    future: "concurrent.futures.Future[Result]", work: Callable[..., Result], *arguments: Any
) -> "Result | Refused":
    """What came out; if a process died, once more alone, for the culprit may have been another file."""
    for again in (True, False):
        try:
            return future.result()
        except Refused as refused:
            return refused
        except BrokenProcessPool:
            if again:
                future = submit(work, *arguments)
    return Refused(Reason.BROKEN, "处理时程序意外结束，文件可能已损坏或占用内存过多。")


def close() -> None:
    """End the processes."""
    with _LOCK:
        for pool in _POOL:
            pool.shutdown(cancel_futures=True)
        _POOL.clear()
