"""Many clients at once over loopback, bounded in number and time, with nothing but the standard library."""

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import quantiles


class BadAnswer(Exception):
    """A page answered with another status than 200, or not in HTTP."""


@dataclass(frozen=True)
class Load:
    """How a page held under load: answers in `seconds`, and how long each took."""

    answers: Sequence[float]
    seconds: float

    @property
    def per_second(self) -> float:
        """Answers per second."""
        return len(self.answers) / self.seconds

    def percentile(self, which: int) -> float:
        """Milliseconds within which `which` per cent of the answers came."""
        return 1000 * quantiles(self.answers, n=100, method="inclusive")[which - 1]


LEAST = 40
"""So many answers are awaited even if it takes longer: ten times as long, and at least a minute."""

_PATIENCE = 60.0


def press(port: int, path: str, cookies: Sequence[str], *, seconds: float, warm_up: float = 1.0) -> Load:
    """One client per cookie asks for `path` again and again for so long. Raises `BadAnswer`.

    The clients live in a thread of their own, because the caller's may already have an event loop.
    """
    with ThreadPoolExecutor(1) as alone:
        return alone.submit(lambda: asyncio.run(_Pressure(port, path, seconds, warm_up).by(cookies))).result()


class _Pressure:
    """The clients of one page and the answers they got."""

    def __init__(self, port: int, path: str, seconds: float, warm_up: float) -> None:
        self.port, self.path = port, path
        self.begun = time.perf_counter() + warm_up
        self.ends, self.patience = self.begun + seconds, self.begun + max(10 * seconds, _PATIENCE)
        self.took: list[float] = []
        self.last = self.ends

    async def by(self, cookies: Sequence[str]) -> Load:
        """Let all clients run to the end."""
        async with asyncio.TaskGroup() as clients:
            for cookie in cookies:
                clients.create_task(self.client(cookie))
        if len(self.took) < LEAST:
            raise BadAnswer(f"{self.path}: only {len(self.took)} answers in {self.patience - self.begun:.0f} s")
        return Load(self.took, self.last - self.begun)

    def goes_on(self, now: float) -> bool:
        """Whether another request is to be sent."""
        return now < self.ends or (len(self.took) < LEAST and now < self.patience)

    async def client(self, cookie: str) -> None:
        """A client that keeps its connection. What was asked before the end counts, however long it takes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        head = f"Host: localhost:{self.port}\r\nAccept-Encoding: gzip\r\nCookie: {cookie}"
        asked = f"GET {self.path} HTTP/1.1\r\n{head}\r\n\r\n".encode()
        try:
            while self.goes_on(start := time.perf_counter()):
                writer.write(asked)
                await _answer(reader, self.path)
                now = time.perf_counter()
                if start >= self.begun:
                    self.took.append(now - start)
                    self.last = max(self.last, now)
        finally:
            writer.close()


async def _answer(reader: asyncio.StreamReader, path: str) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    status = head[0].split(" ")[1]
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
    if fields.get("transfer-encoding") == "chunked":
        while size := int(await reader.readline(), 16):
            await reader.readexactly(size + 2)
        await reader.readline()
    else:
        await reader.readexactly(int(fields.get("content-length", "0")))
    if status != "200":
        raise BadAnswer(f"{path} answers {status} {fields.get('location', '')}")
