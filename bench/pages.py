"""Pages under twenty clients at once, beside a view that does nothing on the same server."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.request import urlopen

from bench.load import Load, press
from bench.places import ROOT, Failed, Place, postgresql, sqlite
from bench.table import Report, Table, count, ratio
from tools.postgresql import find_postgresql

TITLE = "页面：20 个客户端同时访问"
CLIENTS = 20
BARE = "/bare/"
PAGES = {
    "空视图": BARE,
    "工作台": "/desk/",
    "活动列表（按类型、日期筛选）": "/activities/?kind=training&since=2025-06-10&until=2025-06-20",
    "活动列表（按名称检索）": "/activities/?q=%E4%BF%9D%E6%8A%A4%E4%B8%93%E9%A2%98",
    "公众专栏": "/",
}
_RECORDS = 100_000
_WORKERS, _THREADS = 2, 4
_PATIENCE = 30


def run(*, size: float, database: str, seconds: float) -> Report:
    """Put the pages under load; `size` scales the number of events in the list."""
    tables = []
    if database in ("both", "postgresql") and find_postgresql():
        tables.append(_at(postgresql, "PostgreSQL", size, seconds))
    if database in ("both", "sqlite"):
        tables.append(_at(sqlite, "SQLite", size, seconds))
    return Report("pages", TITLE, tables)


def _at(place: Any, name: str, size: float, seconds: float) -> Table:
    with place() as where:
        asked = list(PAGES.values())
        ready = where.run("pages.prepare", records=int(_RECORDS * size), clients=CLIENTS, paths=asked[1:])
        with _served(where) as port:
            held = {path: press(port, path, ready["cookies"], seconds=seconds) for path in asked}
    bare = held[BARE]
    rows = [_row(title, held[path], bare, ready["queries"].get(path, 0)) for title, path in PAGES.items()]
    heads = ["页面", "请求／秒", "p50", "p95", "查询数", "比值"]
    return Table(f"{name}：列表中 {count(ready['events'])} 场活动", heads, rows)


def _row(title: str, load: Load, bare: Load, queries: int) -> list[str]:
    p50, p95 = (f"{load.percentile(n):.0f} ms" for n in (50, 95))
    return [title, f"{load.per_second:.1f}", p50, p95, count(queries), ratio(bare.per_second / load.per_second)]


@contextmanager
def _served(where: Place) -> Iterator[int]:
    """The product's own server on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "django", "serve", f"--port={port}"]
    command += [f"--workers={_WORKERS}", f"--threads={_THREADS}"]
    environment = {**where.environment, "DJANGO_SETTINGS_MODULE": "bench.inside.served"}
    quiet = subprocess.DEVNULL
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=quiet, stderr=quiet)
    try:
        _wait(port, server)
        yield port
    finally:
        server.terminate()
        server.wait(_PATIENCE)


def _wait(port: int, server: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and server.poll() is None:
        try:
            with urlopen(f"http://127.0.0.1:{port}{BARE}", timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise Failed(f"the server did not start within {_PATIENCE} s")
