import base64
import socket
import threading
import time
from contextlib import contextmanager

import pytest

from midun.anchoring.http import Connection, Credentials, NoAnswer
from tests.anchoring.building import serving

LIMIT = 0.4


@contextmanager
def raw(behave):
    """A server that does to each connection what `behave(connection)` says; gives its address and a list of them."""
    listening, seen = socket.create_server(("127.0.0.1", 0)), []

    def run():
        while True:
            try:
                connection, _peer = listening.accept()
            except OSError:
                return
            seen.append(connection)
            threading.Thread(target=misbehave, args=(connection,), daemon=True).start()

    def misbehave(connection):
        try:
            behave(connection)
        except OSError:
            pass
        finally:
            connection.close()

    threading.Thread(target=run, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/add", seen
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()


def answered(body, connection_header="keep-alive"):
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + f"Connection: {connection_header}\r\n\r\n".encode() + body


def test_it_gives_status_type_and_body_whatever_they_are():
    def application(environ, start_response):
        assert environ["CONTENT_TYPE"] == "application/x"
        start_response("409 Conflict", [("Content-Type", "text/x.tlog.size; a=b"), ("Content-Length", "2")])
        return [b"7\n"]

    with serving(application) as url:
        assert Connection().post(url + "/p?q=1", b"body", "application/x") == (409, "text/x.tlog.size", b"7\n")


def test_a_connection_is_kept_and_made_anew_when_the_other_side_closed_it():
    def twice(connection):
        for _request in range(2):
            got = b""
            while not got.endswith(b"\r\n\r\nx"):
                got += connection.recv(65536) or b"\r\n\r\nx"
            connection.sendall(answered(b"ok"))

    with raw(twice) as (url, seen):
        client = Connection()
        for _request in range(5):
            assert client.post(url, b"x").body == b"ok"
            time.sleep(0.02)
        client.close()
    assert len(seen) == 3


def hang(connection):
    connection.recv(65536)
    time.sleep(3)


def dribble_head(connection):
    connection.recv(65536)
    for byte in b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1000:
        connection.sendall(bytes([byte]))
        time.sleep(0.02)


def dribble_body(connection):
    connection.recv(65536)
    connection.sendall(answered(b"z" * 1000)[:-1000])
    for _byte in range(1000):
        connection.sendall(b"z")
        time.sleep(0.02)


def dribble_without_length(connection):
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    for _byte in range(1000):
        connection.sendall(b"z")
        time.sleep(0.02)


def close_at_once(connection):
    connection.recv(65536)


def cut_body(connection):
    connection.recv(65536)
    connection.sendall(answered(b"whole")[:-1])


def no_body(connection):
    connection.recv(65536)
    connection.sendall(answered(b"whole")[:-5])


def cut_chunks(connection):
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab")


def nonsense(connection):
    connection.recv(65536)
    connection.sendall(b"SSH-2.0-OpenSSH\r\n\r\n")


def endless(connection):
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b"z" * 65536)


def endless_head(connection):
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-Line: " + b"z" * 60000 + b"\r\n")


@pytest.mark.parametrize(
    "behave",
    [
        hang,
        dribble_head,
        dribble_body,
        dribble_without_length,
        close_at_once,
        cut_body,
        no_body,
        cut_chunks,
        nonsense,
        endless,
        endless_head,
    ],
)
def test_a_party_that_misbehaves_costs_at_most_the_time_limit(behave):
    with raw(behave) as (url, _seen):
        began = time.monotonic()
        client = Connection(patience=LIMIT)
        with pytest.raises(NoAnswer):
            client.post(url, b"x")
        assert time.monotonic() - began < LIMIT + 5  # a busy machine; without the limit it would be for ever
        assert client._open is None


@pytest.mark.parametrize(
    "url", ["", "ftp://h/", "file:///etc/passwd", "http://", "http://127.0.0.1:9/", "https://127.0.0.1:9/"]
)
def test_what_cannot_be_reached_is_no_answer(url):
    with pytest.raises(NoAnswer):
        Connection(patience=LIMIT).post(url, b"x")


def test_it_shows_who_we_are():
    seen = []

    def application(environ, start_response):
        seen.append(environ.get("HTTP_AUTHORIZATION"))
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "0")])
        return [b""]

    basic, bearer = Credentials.basic("用户", "口令"), Credentials.bearer("t0ken")
    with serving(application) as url:
        for credentials in (None, basic, bearer):
            client = Connection(credentials)
            client.post(url, b"")
            client.close()
    assert seen == [None, "Basic " + base64.b64encode("用户:口令".encode()).decode(), "Bearer t0ken"]
    assert "t0ken" not in repr(bearer)


def test_it_goes_through_a_proxy(monkeypatch):
    seen = []

    def proxy(connection):
        seen.append(connection.recv(65536).split(b"\r\n")[0])
        connection.sendall(answered(b"by proxy", "close"))

    with raw(proxy) as (url, _seen):
        monkeypatch.setenv("http_proxy", url.removesuffix("/add"))
        monkeypatch.setenv("https_proxy", url.removesuffix("/add"))
        monkeypatch.setenv("no_proxy", "")
        assert Connection().post("http://witness.example/add?x=1", b"x").body == b"by proxy"
        with pytest.raises(NoAnswer):  # the proxy's answer to CONNECT is taken as a tunnel, and TLS then fails
            Connection(patience=LIMIT).post("https://witness.example/add", b"x")
    assert seen == [b"POST http://witness.example/add?x=1 HTTP/1.1", b"CONNECT witness.example:443 HTTP/1.0"] or seen[
        1
    ].startswith(b"CONNECT witness.example:443")
