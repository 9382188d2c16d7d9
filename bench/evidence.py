"""Deposits over HTTP with tokens and exact deduplication, one by one and in batches, beside Tessera where it is given.

`MIDUN_BENCH_TESSERA` is the command of Tessera's POSIX server with `{folder}` and `{port}` in it; it must answer
`POST /add`. Rates of both are entries per second on the wall and per second of the server's processor time.
"""

import http.client
import os
import secrets
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from bench.places import Place, postgresql, sqlite
from bench.posting import Posted, post
from bench.table import Report, Table, count, ratio
from tools.postgresql import find_postgresql

TITLE = "存证：逐条与批量"
CONNECTIONS = (64, 1024, 4096)
TESSERA = "MIDUN_BENCH_TESSERA"
_UNIT, _BATCH = 65, 10_000
Processes = Callable[[], dict[str, list[int]]]
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Row:
    """One measurement."""

    connections: int
    posted: Posted
    processor: float
    entries: int = 1

    @property
    def per_second(self) -> float:
        """Entries per second."""
        return self.posted.per_second * self.entries

    @property
    def per_processor_second(self) -> float:
        """Entries per second of the server's processor time."""
        return self.per_second * self.posted.seconds / self.processor


def run(*, size: float, database: str, seconds: float) -> Report:
    """All tables; `size` scales the time."""
    lasting = max(2.0, seconds * size)
    peer = _tessera(lasting) if os.environ.get(TESSERA) else {}
    tables = []
    if database in ("both", "sqlite"):
        with sqlite() as place:
            tables += [*_tables(place, lasting, peer), _growth_table(place, size)]
    if database in ("both", "postgresql") and find_postgresql():
        with postgresql() as place:
            tables += _tables(place, lasting, peer)
    return Report("evidence", TITLE, tables)


def _tables(place: Place, seconds: float, peer: dict[int, Row]) -> list[Table]:
    token = place.run("evidence.prepare")["token"]
    with _serving(place) as (port, processes):
        single = [_measured(port, n, _single(token), seconds, processes) for n in CONNECTIONS]
        batch = _measured(port, 3, _batches(token), 2 * seconds, processes, _BATCH)
        memory = {name: _memory(pids) for name, pids in processes().items()}
    alone = place.run("evidence.append", batch=_BATCH, batches=10)
    return [_single_table(place, single, peer, memory), _batch_table(place, batch, alone)]


def _single_table(place: Place, rows: list[Row], peer: dict[int, Row], memory: dict[str, float]) -> Table:
    heads = [
        "并发连接",
        "条/秒",
        "条/服务端处理器秒",
        "p50",
        "p99",
        "Tessera 条/秒",
        "倍数",
        "Tessera 条/处理器秒",
        "倍数",
    ]
    lines = []
    for row in rows:
        other = peer.get(row.connections)
        beside = (
            [
                count(other.per_second),
                ratio(row.per_second / other.per_second),
                count(other.per_processor_second),
                ratio(row.per_processor_second / other.per_processor_second),
            ]
            if other
            else ["—"] * 4
        )
        quick = [f"{row.posted.percentile(which):.0f} ms" for which in (50, 99)]
        numbers = [count(row.connections), count(row.per_second), count(row.per_processor_second)]
        lines.append([*numbers, *quick, *beside])
    absent = "" if peer else "Tessera 未提供（环境变量 MIDUN_BENCH_TESSERA），未对照。"
    held = "，".join(f"{name} {size:.0f} MB" for name, size in memory.items())
    note = (
        "每条带令牌，逐企业精确去重；应答在条目、检查点、索引行全部落盘并签名（Ed25519 与 SM2）之后，"
        f"含包含证明。服务端处理器时间含写入进程、受理进程和数据库；客户端与服务在同一台机器，共用全部核心。{absent}测后内存：{held}。"
    )
    return Table(f"{place.database}：逐条存证", heads, lines, note)


def _batch_table(place: Place, row: Row, alone: dict[str, float]) -> Table:
    lines = [
        ["批量接口（二进制，每次 10,000 条，去重与索引在内）", count(row.per_second), count(row.per_processor_second)],
        ["日志库单独追加（每批 10,000 条，签名与公布在内）", count(alone["appended"]), count(alone["processor"])],
        ["极限：叶与内部节点哈希一遍，每批一次 fdatasync", count(alone["once"]), ""],
        ["极限：同上，按规程哈希两遍（写前一遍，读回一遍）", count(alone["twice"]), ""],
        ["追加与极限（一遍）之比", ratio(alone["appended"] / alone["once"]), ""],
        ["追加与极限（两遍）之比", ratio(alone["appended"] / alone["twice"]), ""],
    ]
    return Table(f"{place.database}：批量", ["", "条/秒", "条/服务端处理器秒"], lines)


def _growth_table(place: Place, size: float) -> Table:
    sizes = [max(1000, round(each * size)) for each in (10**4, 10**5, 10**6, 10**7)]
    found = place.run("evidence.grow", sizes=sizes, synthetic=10**8, batch=_BATCH)
    rows = [
        [
            count(one["size"]),
            *([count(one["rate"]), count(one["processor"])] if "rate" in one else ["—", "—"]),
            f"{one['inclusion']:.2f} ms",
            f"{one['consistency']:.2f} ms",
            f"{one['memory']:.0f} MB" if "memory" in one else "—",
        ]
        for one in found
    ]
    note = (
        "日志库真实追加到各个条数（每批至多 10,000 条），速度取最后十分之一；证明的用时是处理器时间，每次重新读树块。"
        "最后一行的树块是按该条数的形状虚构的，只量证明。内存是追加进程到那时的峰值，含 Django 本身。"
    )
    heads = ["条数", "追加，条/秒", "条/处理器秒", "包含证明", "一致性证明", "内存"]
    return Table("随条数增长", heads, rows, note)


def _single(token: str) -> Iterator[bytes]:
    head = (
        f"POST /api/v1/deposits HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        "Content-Type: application/json\r\nContent-Length: 164\r\n\r\n"
    )
    while True:
        body = f'{{"kind": 1, "sha256": "{secrets.token_hex(32)}", "sm3": "{secrets.token_hex(32)}"}}'
        yield (head + body.ljust(164)).encode()


def _batches(token: str) -> Iterator[bytes]:
    length = _BATCH * _UNIT
    head = (
        f"POST /api/v1/deposits:batch HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/vnd.midun.commitments\r\nContent-Length: {length}\r\n\r\n"
    ).encode()
    while True:
        data = bytearray(os.urandom(length))
        data[::_UNIT] = b"\x01" * _BATCH
        yield head + bytes(data)


def _measured(
    port: int,
    connections: int,
    requests: Iterator[bytes],
    seconds: float,
    processes: Processes,
    entries: int = 1,
) -> Row:
    print(f"{connections} connections …", file=sys.stderr, flush=True)
    post(port, connections, requests, seconds=1.0)
    pids = [pid for group in processes().values() for pid in group]
    before = _processor(pids)
    posted = post(port, connections, requests, seconds=seconds, warm_up=0.0)
    return Row(connections, posted, _processor(pids) - before, entries)


@contextmanager
def _serving(place: Place) -> Iterator[tuple[int, Processes]]:
    """The product's own processes, as in production: one that appends, one that takes requests."""
    port = _free_port()
    midun = str(Path(sys.executable).parent / "midun")
    environment = {**place.environment, "PORT": str(port)}
    commands = {"写入进程": [midun, "sequence"], "受理进程": [midun, "ingest", "--port", str(port)]}
    started = {
        name: subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        for name, command in commands.items()
    }
    try:
        _wait_for_answer(port)
        yield port, lambda: _at_work(place, started)
    finally:
        for process in started.values():
            process.terminate()
        for process in started.values():
            process.wait(30)


def _tessera(seconds: float) -> dict[int, Row]:
    """The same client at Tessera's POSIX server."""
    with sqlite() as place:
        port = _free_port()
        command = shlex.split(os.environ[TESSERA].format(folder=place.home / "tessera", port=port))
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _wait_for(port)
            peer = {"Tessera": [process.pid]}
            return {n: _measured(port, n, _adds(), seconds, lambda: peer) for n in CONNECTIONS}
        finally:
            process.terminate()
            process.wait(30)


def _adds() -> Iterator[bytes]:
    head = b"POST /add HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 112\r\n\r\n"
    while True:
        yield head + os.urandom(112)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def _wait_for_answer(port: int) -> None:
    """Until a worker answers (that there is no token), and so has started."""
    deadline = time.monotonic() + 120
    while True:
        door = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            door.request("POST", "/api/v1/deposits")
            door.getresponse().read()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return
        finally:
            door.close()


def _family(pid: int) -> list[int]:
    """A process and its children."""
    found = [pid]
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [each for child in children.read_text().split() for each in _family(int(child))]
    return found


def _at_work(place: Place, started: dict[str, "subprocess.Popen[bytes]"]) -> dict[str, list[int]]:
    """The processes that serve right now, by what they are."""
    found = {name: _family(process.pid) for name, process in started.items()}
    if place.database == "PostgreSQL":
        found["PostgreSQL"] = _of_the_database(place)
    return found


def _of_the_database(place: Place) -> list[int]:
    """The processes of the installation's own PostgreSQL: those at work in the folder of its cluster."""
    folder = parse_qs(urlsplit(place.url).query)["host"][0]
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            at_work = (process / "cwd").readlink()
            name = (process / "comm").read_text().strip()
        except OSError:
            continue
        if name == "postgres" and at_work.parent == Path(folder):
            found.append(int(process.name))
    return found


def _processor(pids: list[int]) -> float:
    """Seconds of processor time these processes have used."""
    total = 0
    for pid in pids:
        with suppress(OSError):  # a backend that ended takes its time with it
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
    return total / _TICKS


def _memory(pids: list[int]) -> float:
    """Megabytes these processes hold."""
    total = 0
    for pid in pids:
        with suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
    return total / 1024
