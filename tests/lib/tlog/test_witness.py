import hashlib
import http.client
import io
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier, Thread
from urllib.parse import urlsplit
from wsgiref.simple_server import WSGIRequestHandler, make_server
from wsgiref.validate import validator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midun.lib.tlog.checkpoint import Checkpoint
from midun.lib.tlog.errors import Reason, Refused
from midun.lib.tlog.keys import Algorithm, Signer
from midun.lib.tlog.note import Note, open_checkpoint, parse_note, sign_text, signature_of
from midun.lib.tlog.policy import parse_policy
from midun.lib.tlog.sqlite_file import StateMissing
from midun.lib.tlog.witness import MAX_SKEW, AddCheckpoint, Reply, WitnessClient
from midun.lib.tlog.witness_server import WitnessServer, WitnessState
from tests.lib.tlog import naive
from tests.lib.tlog.building import KEY, KEY_SM2, NOW, ORIGIN, in_memory

W1 = Signer("witness.example.org/w1", Algorithm.ED25519_COSIGNATURE, b"\4" * 32)
W1_PQ = Signer("witness.example.org/w1", Algorithm.MLDSA44_COSIGNATURE, b"\5" * 32)
KEYS = [W1.verifier, W1_PQ.verifier]
ENTRIES = [str(number).encode() for number in range(40)]
FORK = [*ENTRIES[:5], b"forged", *ENTRIES[6:]]


def checkpoint(size, entries=ENTRIES, signers=(KEY,), origin=ORIGIN):
    return sign_text(Checkpoint(origin, size, naive.mth(entries[:size])).text(), signers, NOW).encode()


def nodes(wanted, entries=ENTRIES):
    return [naive.mth(entries[number << height : (number + 1) << height]) for height, number in wanted]


def request(old, new, entries=ENTRIES, **more):
    proof = naive.proof(old, entries[:new]) if 0 < old < new else []
    return AddCheckpoint(old, proof, checkpoint(new, entries, **more)).encode()


@pytest.fixture
def server(tmp_path):
    state = WitnessState.create(tmp_path / "witness.sqlite3")
    with closing(state):
        yield WitnessServer([W1, W1_PQ], {ORIGIN: [KEY.verifier]}, state, lambda: NOW)


def call(server, path="/add-checkpoint", body=b"", method="POST"):
    """One request through the WSGI interface, checked by the standard library's validator."""
    got = {}
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }

    def start_response(status, headers, _error=None):
        got.update(status=int(status.split()[0]), type=dict(headers)["Content-Type"])

    answer = validator(server)(environ, start_response)
    body = b"".join(answer)
    answer.close()
    return Reply(got["status"], got["type"], body)


def post_to(server):
    return lambda url, body: call(server, urlsplit(url).path, body)


def client_of(server, post=None, **more):
    return WitnessClient("https://w1.example.org", KEYS, post or post_to(server), **more)


def reason(call_it, *args):
    with pytest.raises(Refused) as refused:
        call_it(*args)
    return refused.value.reason


# ---- the server


def test_it_cosigns_what_continues_the_log(server):
    for old, new in ((0, 3), (3, 3), (3, 20), (20, 40)):
        reply = call(server, body=request(old, new))
        assert reply.status == 200
        note = Note(parse_note(checkpoint(new)).text, parse_note(checkpoint(new) + reply.body).signatures)
        assert open_checkpoint(note.encode(), [KEY.verifier], KEYS).signed == {
            KEY.verifier: 0,
            W1.verifier: NOW,
            W1_PQ.verifier: NOW,
        }


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"old 0\n\n", 400),
        (b"old 00\n\n" + checkpoint(3), 400),
        (b"old -1\n\n" + checkpoint(3), 400),
        (b"new 0\n\n" + checkpoint(3), 400),
        (b"old 0\n" + checkpoint(3), 400),
        (b"old 0\nAAAA\n\n" + checkpoint(3), 400),
        (b"old 4\n\n" + checkpoint(3), 400),
        (b"old 0\n\nlog\n1\n", 400),
        (b"old 0\n" + b"A" * 43 + b"=\n" + checkpoint(3), 400),
        (request(0, 3, origin="unknown.example/log"), 404),
        (request(0, 3, signers=[Signer(ORIGIN, Algorithm.ED25519, b"\x11" * 32)]), 403),
        (request(0, 3, signers=[KEY_SM2]), 403),
        (request(0, 3).replace(checkpoint(3)[-20:-4], b"A" * 16), 403),
        (b"old 0\n" + b"A" * 43 + b"=\n\n" + checkpoint(3), 422),
        (b"old 0\n\n" + sign_text(Checkpoint(ORIGIN, 0, b"x" * 32).text(), [KEY], NOW).encode(), 409),
    ],
)
def test_it_refuses_with_the_status_of_the_specification(server, body, status):
    assert call(server, body=body).status == status
    assert call(server, body=request(0, 3)).status == 200


def test_it_says_which_size_it_is_at(server):
    assert call(server, body=request(0, 7)).status == 200
    for body in (request(0, 9), request(3, 9), request(8, 9), request(0, 7)):
        assert call(server, body=body) == (409, "text/x.tlog.size", b"7\n")


def test_it_never_cosigns_a_second_history(server):
    assert call(server, body=request(0, 7)).status == 200
    same_size = call(server, body=request(7, 7, FORK))
    assert (same_size.status, same_size.content_type[:10]) == (409, "text/plain")
    assert call(server, body=request(7, 12, FORK)).status == 422
    longer = AddCheckpoint(7, [*naive.proof(7, ENTRIES[:12]), b"x" * 32], checkpoint(12)).encode()
    assert call(server, body=longer).status == 422
    assert call(server, body=request(7, 12)).status == 200


def test_it_shows_its_newest_checkpoint(server):
    path = f"/{hashlib.sha256(ORIGIN.encode()).hexdigest()}/checkpoint"
    assert call(server, path, method="GET").status == 404
    call(server, body=request(0, 7, signers=[KEY_SM2, KEY]))
    shown = call(server, path, method="GET")
    assert shown.status == 200
    assert open_checkpoint(shown.body, [KEY.verifier], KEYS).checkpoint.size == 7
    assert len(parse_note(shown.body).signatures) == 3  # only signatures it has verified, and its own
    for other in ("/", "/checkpoint", "/0/checkpoint", path + "/", "/sign-subtree"):
        assert call(server, other, method="GET").status == 404
    assert call(server, path, method="POST").status == 405
    assert call(server, method="GET").status == 405


def test_it_keeps_its_memory_across_restarts(server, tmp_path):
    call(server, body=request(0, 7))
    with closing(WitnessState(tmp_path / "witness.sqlite3")) as state:
        again = WitnessServer([W1], {ORIGIN: [KEY.verifier]}, state, lambda: NOW)
        assert call(again, body=request(0, 9)).body == b"7\n"
        assert call(again, body=request(7, 9)).status == 200
    with pytest.raises(StateMissing):
        WitnessState(tmp_path / "lost.sqlite3")
    with pytest.raises(FileExistsError):
        WitnessState.create(tmp_path / "witness.sqlite3")


def test_of_two_histories_at_once_one_is_cosigned(tmp_path):
    """Two processes' worth of witness on one database, each offered another fork at the same moment."""
    WitnessState.create(tmp_path / "witness.sqlite3").close()
    for turn in range(8):
        line, origin = Barrier(2), f"{ORIGIN}/{turn}"
        key = Signer(origin, Algorithm.ED25519, b"\1" * 32)

        def offer(entries, origin=origin, key=key, line=line):
            with closing(WitnessState(tmp_path / "witness.sqlite3")) as state:
                server = WitnessServer([W1], {origin: [key.verifier]}, state, lambda: NOW)
                line.wait()
                return call(server, body=request(0, 12, entries, signers=[key], origin=origin)).status

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(offer, [ENTRIES, FORK])) == [200, 409]


def test_a_witness_needs_cosignature_keys(server):
    for signers in ([], [KEY], [W1, KEY]):
        with pytest.raises(ValueError, match="cosignature"):
            WitnessServer(signers, {}, server._state, lambda: NOW)


def test_too_large_a_body_is_not_read(server):
    assert call(server, body=b"x" * (1 << 18) + b"x").status == 413


@given(st.binary(max_size=300))
def test_any_request_is_canonical_or_refused(data):
    for candidate in (data, b"old 3\n" + data, b"old 3\n\n" + data):
        try:
            found = AddCheckpoint.parse(candidate)
        except Refused:
            continue
        assert found.encode() == candidate


# ---- the client


def test_the_client_gets_cosignatures_and_keeps_up(server):
    client, asked = client_of(server), []
    client._post = lambda url, body: asked.append(url) or post_to(server)(url, body)
    for size in (1, 1, 30, 40):
        found = client.cosign(checkpoint(size), nodes, NOW)
        assert {(item.name, item.key_id) for item in found} == {(key.name, key.key_id) for key in KEYS}
    assert asked == ["https://w1.example.org/add-checkpoint"] * 4


def test_a_new_client_learns_the_size(server):
    client_of(server).cosign(checkpoint(11), nodes, NOW)
    assert len(client_of(server).cosign(checkpoint(20), nodes, NOW)) == 2
    assert len(client_of(server, known_size=3).cosign(checkpoint(30), nodes, NOW)) == 2
    assert reason(client_of(server).cosign, checkpoint(20), nodes, NOW) is Reason.WITNESS_REFUSED


def test_a_log_that_forks_is_refused(server):
    client = client_of(server)
    client.cosign(checkpoint(11), nodes, NOW)

    def forked(wanted):
        return nodes(wanted, FORK)

    assert reason(client.cosign, checkpoint(11, FORK), forked, NOW) is Reason.WITNESS_REFUSED
    assert reason(client.cosign, checkpoint(20, FORK), forked, NOW) is Reason.WITNESS_REFUSED
    assert len(client.cosign(checkpoint(20), nodes, NOW)) == 2


def line(signer, size=20, at=NOW, entries=ENTRIES):
    text = Checkpoint(ORIGIN, size, naive.mth(entries[:size])).text()
    return signature_of(signer, text, at).line().encode()


LIES = {
    "nothing": b"",
    "nonsense": b"<html>\n",
    "not UTF-8": b"\xff\n",
    "no newline": line(W1)[:-1],
    "a stranger's signature": line(Signer("w", Algorithm.ED25519_COSIGNATURE, b"\x21" * 32)),
    "a cosignature of another size": line(W1, size=19),
    "a cosignature of another history": line(W1, entries=FORK),
    "an old cosignature again": line(W1, at=NOW - MAX_SKEW - 1),
    "a cosignature from the future": line(W1, at=NOW + MAX_SKEW + 1),
    "a good and a bad one": line(W1) + line(W1_PQ, size=19),
    "the same key twice": line(W1) + line(W1),
    "far too much": line(W1) * 1000,
}


@pytest.mark.parametrize("lie", LIES)
def test_a_witness_that_lies_is_found_out(lie):
    client = client_of(None, post=lambda _url, _body: Reply(200, "text/plain", LIES[lie]))
    assert reason(client.cosign, checkpoint(20), nodes, NOW) is Reason.WITNESS_LIED


def test_strangers_beside_a_good_cosignature_are_dropped():
    stranger = line(Signer("w", Algorithm.ED25519_COSIGNATURE, b"\x21" * 32))
    client = client_of(None, post=lambda _url, _body: Reply(200, "text/plain", stranger + line(W1)))
    assert [item.name for item in client.cosign(checkpoint(20), nodes, NOW)] == [W1.name]


@pytest.mark.parametrize(
    "size", [b"", b"5", b"05\n", b"-1\n", b"five\n", b"5\n\n", b"\xff\n", b"9" * 30 + b"\n", b"0\n"]
)
def test_a_size_that_is_none_is_found_out(size):
    client = client_of(None, post=lambda _url, _body: Reply(409, "text/x.tlog.size", size))
    assert reason(client.cosign, checkpoint(20), nodes, NOW) is Reason.WITNESS_LIED


def test_a_witness_that_forgets_is_found_out(server):
    client = client_of(server)
    client.cosign(checkpoint(11), nodes, NOW)
    client._post = lambda _url, _body: Reply(409, "text/x.tlog.size", b"4\n")
    assert reason(client.cosign, checkpoint(20), nodes, NOW) is Reason.WITNESS_LIED


def test_a_witness_that_says_another_size_each_time_is_given_up():
    asked = []

    def post(_url, _body):
        asked.append(1)
        return Reply(409, "text/x.tlog.size", f"{len(asked)}\n".encode())

    assert reason(client_of(None, post=post).cosign, checkpoint(20), nodes, NOW) is Reason.WITNESS_REFUSED
    assert len(asked) == 3


@pytest.mark.parametrize("error", [TimeoutError("hangs"), ConnectionRefusedError("down")])
def test_a_witness_that_hangs_or_is_down_is_named(error):
    def post(_url, _body):
        raise error

    assert reason(client_of(None, post=post).cosign, checkpoint(20), nodes, NOW) is Reason.WITNESS_UNREACHABLE


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422, 429, 500, 302])
def test_any_other_status_is_a_refusal(status):
    client = client_of(None, post=lambda _url, _body: Reply(status, "text/plain", b"no\n"))
    assert reason(client.cosign, checkpoint(20), nodes, NOW) is Reason.WITNESS_REFUSED


# ---- all together, over HTTP


class Quiet(WSGIRequestHandler):
    def log_message(self, *_arguments):
        pass


def http_post(url, body):
    parts = urlsplit(url)
    with closing(http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)) as connection:
        connection.request("POST", parts.path, body)
        answer = connection.getresponse()
        return Reply(answer.status, answer.headers.get_content_type(), answer.read())


def test_a_log_is_witnessed_over_http_and_proven_offline(tmp_path, server):
    log = in_memory(tmp_path).start()
    with make_server("127.0.0.1", 0, server, handler_class=Quiet) as listening:
        thread = Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            client = WitnessClient(f"http://127.0.0.1:{listening.server_port}/", KEYS, http_post)
            for number in range(4):
                entries = [f"{number}-{n}".encode() for n in range(100)]
                log.commit(entries, NOW)
                log.add_cosignatures(client.cosign(log.checkpoint, log.nodes, NOW))
        finally:
            listening.shutdown()
            thread.join()
    policy = parse_policy(f"log {KEY.verifier.vkey}\nwitness w {W1.verifier.vkey}\nquorum w\n".encode())
    assert log.prove(333).verify(b"3-33", policy).signed[W1.verifier] == NOW
