"""The hot path over real sockets: its HTTP, and that it says what Django's door says."""

import asyncio
import http.client
import json
import secrets
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.db import connections

from midun.evidence.api import auth
from midun.evidence.engine.place import Place
from midun.evidence.models import Deposit, Token
from midun.evidence.services.quotas import set_quota
from midun.evidence.services.tokens import revoke_token
from midun.ingest import workers
from midun.kernel.orgs.actor import system_actor
from midun.lib.http1 import Connection, Head, Server
from tests.conftest import AT
from tests.evidence.conftest import commitments, running
from tests.evidence.test_api import BROKEN, MANY, ONE, proven


@contextmanager
def in_loop(main):
    """`main(told, ready)` in a thread with a loop of its own; gives the thread's failures."""
    begun, loops, failed = threading.Event(), [], []

    async def serve():
        told = asyncio.Event()
        loops.append((asyncio.get_running_loop(), told))
        await main(told, begun.set)

    def work():
        try:
            asyncio.run(serve())
        except BaseException as error:  # noqa: BLE001  # handed to the test
            failed.append(error)
            begun.set()

    thread = threading.Thread(target=work)
    thread.start()
    begun.wait(20)
    try:
        yield
    finally:
        for loop, told in loops:
            if not loop.is_closed():
                loop.call_soon_threadsafe(told.set)
        thread.join(20)
    assert failed == []


@pytest.fixture
def port(log, monkeypatch):
    """Ingest at work; the engine may come and go. Its threads keep no connection that a test would have to end."""
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)
    listening = workers.listen("127.0.0.1", 0)
    with in_loop(lambda told, ready: workers.serve(listening, told, ready)):
        yield listening.getsockname()[1]


@pytest.fixture
def door(port):
    """One connection, kept."""
    made = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    yield made
    made.close()


def post(door, data, headers, address=ONE):
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    door.request("POST", address, body, {"Content-Type": "application/json", **headers})
    answer = door.getresponse()
    return answer, json.loads(answer.read())


def test_its_receipts_are_those_of_the_other_door(engine, client, door, bearer):
    for number, more in enumerate(({}, {"claimed_at": 7}, {"label": "图纸"}, {"kind": 2})):
        answer, receipt = post(door, {**commitments(), **more}, bearer)
        assert (answer.status, receipt["index"], receipt["duplicate"]) == (201, number, False)
        assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
        proven(engine, receipt)
        assert client.get(f"{ONE}/{receipt['deposit']}", headers=bearer).json() == receipt


def test_the_same_again_gives_the_first_receipt(engine, door, bearer, other_bearer):
    wanted = commitments()
    post(door, commitments(), bearer)
    _, first = post(door, wanted, bearer)
    post(door, commitments(), bearer)
    answer, again = post(door, {**wanted, "claimed_at": 9}, bearer)
    assert (answer.status, again["duplicate"]) == (200, True)
    assert [again[key] for key in ("deposit", "index", "entry")] == [
        first[key] for key in ("deposit", "index", "entry")
    ]
    proven(engine, again)
    answer, theirs = post(door, wanted, other_bearer)
    assert (answer.status, theirs["duplicate"]) == (201, False)


def test_of_many_at_once_one_is_new(engine, port, bearer):
    wanted, other = commitments(), [commitments() for _ in range(20)]

    def deposit(data):
        made = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            post(made, commitments(), bearer)  # from here on the token is believed
            answer, receipt = post(made, data, bearer)
            return answer.status, receipt
        finally:
            made.close()

    with ThreadPoolExecutor(20) as many:
        got = list(many.map(deposit, [data for each in other for data in (each, wanted)]))
    same = [receipt for (_, receipt) in got[1::2]]
    assert sorted(status for status, _ in got[1::2]) == [200] * 19 + [201]
    assert len({receipt["deposit"] for receipt in same}) == 1
    assert [status for status, _ in got[::2]] == [201] * 20
    for _status, receipt in got:
        proven(engine, receipt)
    assert Deposit.objects.unscoped("test").count() == 61
    assert Deposit.objects.unscoped("test").values("commitment").distinct().count() == 61


def test_it_takes_batches_and_keys(engine, door, bearer):
    units = b"".join(b"\x01" + secrets.token_bytes(64) for _ in range(300))
    kind = {"Content-Type": "application/vnd.midun.commitments"}
    answer, places = post(door, units, {**bearer, **kind}, MANY)
    assert (answer.status, places["indexes"]) == (201, list(range(300)))
    wanted, keyed = commitments(), {**bearer, "Idempotency-Key": "k"}
    got = [post(door, wanted, keyed)[0].status, post(door, wanted, keyed)[0].status]
    assert [*got, post(door, commitments(), keyed)[0].status] == [201, 200, 409]
    answer, receipts = post(door, {"deposits": [commitments() for _ in range(3)]}, bearer, MANY)
    for receipt in receipts["receipts"]:
        proven(engine, receipt)


@pytest.mark.parametrize("number", range(len(BROKEN)))
def test_it_rejects_what_it_does_not_understand(engine, door, bearer, number):
    post(door, commitments(), bearer)
    body, status = BROKEN[number]
    answer, said = post(door, body, bearer)
    assert (answer.status, set(said["error"])) == (status, {"code", "message"})
    assert Deposit.objects.unscoped("test").count() == 1


def test_it_rejects_who_may_not(engine, door, bearer, monkeypatch):
    for headers in ({}, {"Authorization": "Bearer mdt_x"}, {"Authorization": "Basic x"}):
        assert post(door, commitments(), headers)[0].status == 401
    assert post(door, commitments(), bearer, "/api/v1/other")[0].status == 404
    door.request("GET", ONE, headers=bearer)
    answer = door.getresponse()
    assert (answer.status, json.loads(answer.read())["error"]["code"]) == (405, "method")
    monkeypatch.setattr(auth, "BELIEVED", 0.2)
    assert [post(door, commitments(), bearer)[0].status for _ in range(3)] == [201] * 3
    revoke_token(Token.objects.unscoped("test").get(), actor=system_actor("测试"), at=AT)
    time.sleep(0.3)
    assert post(door, commitments(), bearer)[0].status == 403


def test_a_quota_is_exact(engine, port, cast, bearer):
    set_quota(enterprise=cast.jia, per_day=7, per_minute=1000, actor=system_actor("测试"), at=AT)

    def deposit(_number):
        made = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            return [post(made, commitments(), bearer)[0].status for _ in range(2)]
        finally:
            made.close()

    with ThreadPoolExecutor(8) as many:
        got = [status for both in many.map(deposit, range(8)) for status in both]
    assert sorted(got) == [201] * 7 + [429] * 9
    assert Deposit.objects.unscoped("test").count() == 7


def test_it_outlives_the_engine(log, door, bearer):
    assert post(door, commitments(), bearer)[0].status == 503
    for _ in range(2):
        with running(log):
            assert [post(door, commitments(), bearer)[0].status for _ in range(3)] == [201] * 3
        answer, said = post(door, commitments(), bearer)
        assert (answer.status, said["error"]["code"]) == (503, "log_stopped")
        assert int(answer.headers["Retry-After"]) > 0
    assert not Place.of(log.number).socket.exists()


# ---- HTTP


def raw(port, *parts, pause=0.05):
    """What comes back for these bytes, until the connection ends or nothing more comes."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as made:
        for part in parts:
            made.sendall(part)
            time.sleep(pause)
        made.settimeout(3)
        got = b""
        while b"\r\n\r\n" not in got or len(got.partition(b"\r\n\r\n")[2]) < 20:
            data = made.recv(1 << 16)
            if not data:
                break
            got += data
        return got


def request(bearer, body, *lines):
    head = [f"POST {ONE} HTTP/1.1", "Host: x", f"Authorization: {bearer['Authorization']}", *lines]
    return "\r\n".join([*head, "", ""]).encode() + body


def test_a_request_may_come_in_pieces(engine, port, bearer):
    body = json.dumps(commitments()).encode()
    whole = request(bearer, body, f"Content-Length: {len(body)}")
    assert raw(port, whole[:20], whole[20:-30], whole[-30:]).startswith(b"HTTP/1.1 201 Created\r\n")
    assert raw(port, *(bytes([each]) for each in whole), pause=0).startswith(b"HTTP/1.1 200 ")


def test_a_body_may_come_in_chunks(engine, port, bearer):
    body = json.dumps(commitments()).encode()
    chunks = b"%x\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (30, body[:30], len(body) - 30, body[30:])
    whole = request(bearer, chunks, "Transfer-Encoding: chunked")
    assert raw(port, whole[:-60], whole[-60:]).startswith(b"HTTP/1.1 201 ")
    endless = request(bearer, b"ffff\r\n" + b" " * 0xFFFF, "Transfer-Encoding: chunked")
    assert raw(port, endless).startswith(b"HTTP/1.1 413 ")


def test_it_invites_a_body_that_is_announced(engine, port, bearer):
    body = json.dumps(commitments()).encode()
    head = request(bearer, b"", f"Content-Length: {len(body)}", "Expect: 100-continue")
    got = raw(port, head, body)
    assert got.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 ")


def test_requests_behind_each_other_are_answered_in_order(engine, port, bearer):
    bodies_ = [json.dumps({**commitments(), "claimed_at": number}).encode() for number in (1, 2, 3)]
    whole = b"".join(request(bearer, body, f"Content-Length: {len(body)}") for body in bodies_)
    with socket.create_connection(("127.0.0.1", port), timeout=20) as made:
        made.sendall(whole)
        got = b""
        while got.count(b'"claimed_at"') < 3:
            got += made.recv(1 << 16)
    assert [got.index(b'"claimed_at": %d' % number) for number in (1, 2, 3)] == sorted(
        got.index(b'"claimed_at": %d' % number) for number in (1, 2, 3)
    )


NO_HTTP = [
    b"hello\r\n\r\n",
    b"POST /api/v1/deposits HTTP/2.0\r\n\r\n",
    b"POST /api/v1/deposits HTTP/1.1\r\nHost : x\r\n\r\n",
    b"POST /api/v1/deposits HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    b"POST /api/v1/deposits HTTP/1.1\r\nContent-Length: -3\r\n\r\nabcd",
    b"POST /api/v1/deposits HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabcd",
    b"POST /api/v1/deposits HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\nabcd",
    b"POST /api/v1/deposits HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST /api/v1/deposits HTTP/1.1\r\nAuthorization: a\r\nAuthorization: b\r\n\r\n",
    b"GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
]


@pytest.mark.parametrize("number", range(len(NO_HTTP)))
def test_it_rejects_what_is_no_http_and_ends(port, number):
    with socket.create_connection(("127.0.0.1", port), timeout=20) as made:
        made.sendall(NO_HTTP[number])
        got = b""
        while data := made.recv(1 << 16):
            got += data
    assert got.startswith(b"HTTP/1.1 400 ")
    assert b"connection: close\r\n" in got


def test_it_rejects_what_is_too_long_before_it_has_come(port, bearer):
    assert raw(port, request(bearer, b"", "Content-Length: 5000")).startswith(b"HTTP/1.1 413 ")
    assert raw(port, b"POST / HTTP/1.1\r\nx: " + b"a" * 20_000).startswith(b"HTTP/1.1 431 ")


class Echo:
    """Answers with the body."""

    def limit(self, head: Head) -> int:
        return 100

    def take(self, connection: Connection, head: Head, body: bytes) -> None:
        connection.respond(200, body)

    def refuse(self, connection: Connection, status, head: Head | None) -> None:
        connection.respond(status, b"no")


def test_who_does_not_go_on_is_sent_away():
    ends, ports = [], []

    async def main(told, ready):
        server = Server(Echo(), b"", idle=0.3, patience=0.3)
        listening = workers.listen("127.0.0.1", 0)
        ports.append(listening.getsockname()[1])
        doors = await asyncio.get_running_loop().create_server(lambda: Connection(server), sock=listening)
        ready()
        while not told.is_set():
            await asyncio.sleep(0.1)
            server.tick()
        doors.close()
        await server.close()

    with in_loop(main):
        for begun in (b"", b"POST / HTTP/1.1\r\n", b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nab"):
            with socket.create_connection(("127.0.0.1", ports[0]), timeout=20) as made:
                made.sendall(begun)
                ends.append(made.recv(100))
    assert [end[:13] for end in ends] == [b"", b"HTTP/1.1 408 ", b"HTTP/1.1 408 "]
