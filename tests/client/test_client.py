"""The client's commands against the real server: its API, its log, its files."""

import io
import json
import os
import subprocess
import sys
import threading
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from midun.client.cli import main
from midun.client.web import Site
from midun.evidence.engine.place import Place
from midun.evidence.models import Deposit
from midun.lib.tlog.commitment import digest_file, parse_entry
from midun.lib.tlog.opening import Opening
from midun.lib.tlog.proof import parse_proof
from tests.evidence.conftest import engine, log, token_for  # noqa: F401  # fixtures

pytestmark = pytest.mark.filterwarnings("ignore:No directory at")  # pages are not asked for here

SECRET = "配方：三份甲，一份乙。".encode()


def run(*arguments):
    """Exit code, what was printed, what was complained about."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as stopped:
            code = stopped.code
    return int(code), out.getvalue(), err.getvalue()


class Recorder:
    """A server that answers as told and keeps what it was sent."""

    def __init__(self, *answers):
        self.answers, self.sent = list(answers), []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                outer.sent.append((str(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
                status, body = outer.answers.pop(0) if len(outer.answers) > 1 else outer.answers[0]
                self.send_response(status)
                self.send_header("Retry-After", "0")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        return self

    def __exit__(self, *_error):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def original(tmp_path):
    path = tmp_path / "绝密配方.txt"
    path.write_bytes(SECRET)
    return path


@pytest.fixture
def place(live_server, engine, cast):  # noqa: F811  # the fixture
    """Where to deposit, and with which token."""
    return ["--server", live_server.url, "--token", token_for(cast.jia).secret]


def test_it_works(original, place):
    code, said, _err = run("deposit", original, *place)
    assert (code, "已存证：编号" in said, "唯一凭据" in said) == (0, True, True)
    kept = original.parent / "绝密配方.txt.存证"
    assert sorted(path.name for path in kept.iterdir()) == ["receipt.json", "request.json", "开启信息.json"]
    receipt = json.loads((kept / "receipt.json").read_bytes())
    entry = parse_entry(parse_proof(receipt["proof"].encode()).extra)
    Opening.parse((kept / "开启信息.json").read_bytes()).verify(entry, digest_file(original))


def test_a_second_run_deposits_nothing_new(original, place):
    assert run("deposit", original, *place)[0] == 0
    kept = original.parent / "绝密配方.txt.存证"
    first = (kept / "receipt.json").read_bytes()
    assert run("deposit", original, *place)[0] == 0
    (kept / "receipt.json").unlink()
    assert run("deposit", original, *place)[0] == 0
    again = json.loads((kept / "receipt.json").read_bytes())
    assert (again["index"], again["deposit"]) == (json.loads(first)["index"], json.loads(first)["deposit"])
    assert Deposit.objects.unscoped("a test counts").count() == 1


def test_a_folder_is_deposited_and_one_file_of_it_opened(tmp_path, place):
    folder = tmp_path / "设计"
    for name in ("a/一.txt", "a/二.txt", "三.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name, encoding="utf-8")
    assert run("deposit", folder, *place)[0] == 0
    kept = tmp_path / "设计.存证"
    listed = run("open", kept / "文件清单.jsonl")
    assert (listed[0], listed[1].split()) == (0, ["a/一.txt", "a/二.txt", "三.txt"])
    out = tmp_path / "shown.json"
    assert run("open", kept / "文件清单.jsonl", "a/二.txt", "--out", out)[0] == 0
    assert "一.txt" not in out.read_text(encoding="utf-8")
    receipt = json.loads((kept / "receipt.json").read_bytes())
    entry = parse_entry(parse_proof(receipt["proof"].encode()).extra)
    Opening.parse(out.read_bytes()).verify(entry, digest_file(folder / "a/二.txt"))
    assert run("open", kept / "文件清单.jsonl", "四.txt")[0] == 2


def test_only_commitments_leave_the_machine(original):
    found = digest_file(original)
    with Recorder((401, b'{"error": {"code": "unauthorized", "message": "x"}}')) as server:
        code, _out, err = run("deposit", original, "--server", server.address, "--token", "mdt_x")
    assert (code, err) == (5, "x（unauthorized）\n")
    [(headers, body)] = server.sent
    whole = (headers + body.decode()).lower()
    for secret in (found.sha256.hex(), found.sm3.hex(), "绝密配方", json.dumps("绝密配方")[1:-1], SECRET.decode()):
        assert secret not in whole
    assert sorted(json.loads(body)) == ["claimed_at", "kind", "label", "project", "sha256", "sm3"]


def test_after_an_interruption_the_same_request_is_sent(original, place):
    """The opening is there before anything is sent; the commitment and the key stay the same."""
    with Recorder((503, b"{}")) as server:
        assert run("deposit", original, "--server", server.address, "--token", "mdt_x")[0] == 4
        assert len(server.sent) == 5
    kept = original.parent / "绝密配方.txt.存证"
    opening = (kept / "开启信息.json").read_bytes()
    assert len({body for _headers, body in server.sent}) == 1
    assert run("deposit", original, *place)[0] == 0
    assert (kept / "开启信息.json").read_bytes() == opening


def test_nobody_there_is_said(original, monkeypatch):
    """After five tries, whose pauses the test does not wait for."""
    waited = []
    monkeypatch.setattr("midun.client.deposit.Site", partial(Site, sleep=waited.append))
    code, _out, err = run("deposit", original, "--server", "http://127.0.0.1:9", "--token", "mdt_x")
    assert (code, "不会重复存证" in err) == (4, True)
    assert waited == [1, 2, 4, 8]


def test_it_rejects_a_changed_file_and_wrong_calls(original, tmp_path):
    with Recorder((503, b"{}")) as server:
        where = ["--server", server.address, "--token", "mdt_x"]
        run("deposit", original, *where)
        original.write_bytes(SECRET + b".")
        code, _out, err = run("deposit", original, *where)
        assert (code, "--keep" in err) == (2, True)
    assert run("deposit", original)[0] == 2
    assert run("deposit", tmp_path / "none", *where)[0] == 2
    assert run("deposit", original, "--server", "ftp://x", "--token", "y")[0] == 2
    assert run("deposit", original, "--server", "http://example.com", "--token", "y")[0] == 2
    (tmp_path / "empty").mkdir()
    assert run("deposit", tmp_path / "empty", *where)[0] == 2
    assert run("verify", tmp_path / "none.zip")[0] == 2


def test_a_receipt_for_something_else_is_noticed(original, place, tmp_path):
    other = tmp_path / "other.txt"
    other.write_bytes(b"other")
    assert run("deposit", other, *place)[0] == 0
    receipt = (tmp_path / "other.txt.存证" / "receipt.json").read_bytes()
    with Recorder((201, receipt)) as server:
        code, _out, err = run("deposit", original, "--server", server.address, "--token", "mdt_x")
    assert (code, "承诺值或序号不符" in err) == (1, True)
    assert not (original.parent / "绝密配方.txt.存证" / "receipt.json").exists()


def test_the_log_is_audited_from_outside_and_its_past_remembered(original, place, live_server, tmp_path):
    state = tmp_path / "state"
    address = [f"{live_server.url}/log", "--state", state]
    assert run("deposit", original, *place)[0] == 0
    code, said, err = run("log", "audit", *address)
    assert (code, err, "第一次核查" in said) == (0, "", True)
    for number in range(3):
        path = tmp_path / f"{number}.txt"
        path.write_text(str(number))
        assert run("deposit", path, *place)[0] == 0
    code, said, _err = run("log", "audit", *address)
    assert (code, "与上次记住的检查点（1 条）一致" in said, "4 条" in said) == (0, True, True)


@pytest.fixture
def mirror(engine, place, tmp_path):  # noqa: F811  # the fixture
    """A copy of the log's files on another server, with two entries."""
    for number in range(2):
        path = tmp_path / f"{number}.txt"
        path.write_text(str(number))
        assert run("deposit", path, *place)[0] == 0
    copy = tmp_path / "mirror"
    public = Place.of(engine.number).public
    for path in public.rglob("*"):
        if path.is_file():
            target = copy / path.relative_to(public)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    handler = type("Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda *_a: None})
    server = ThreadingHTTPServer(("127.0.0.1", 0), lambda *a: handler(*a, directory=str(copy)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    (copy / "policy").write_text(policy_of(engine))
    yield f"http://127.0.0.1:{server.server_address[1]}", copy
    server.shutdown()
    server.server_close()


def policy_of(log):  # noqa: F811  # a log
    return "".join(f"log {key}\n" for key in log.keys.split()) + "quorum none\n"


def test_an_audit_finds_what_was_changed(mirror, tmp_path):
    address, copy = mirror
    assert run("log", "audit", address, "--state", tmp_path / "s")[0] == 0
    for name in ("tile/0/000.p/2", "tile/entries/000.p/2", "checkpoint"):
        path = copy / name
        good = path.read_bytes()
        path.write_bytes(good[:40] + bytes([good[40] ^ 1]) + good[41:])
        code, _out, err = run("log", "audit", address, "--state", tmp_path / "s2")
        assert (code, "核查不通过" in err) == (1, True), name
        path.write_bytes(good)
    (copy / "tile/0/000.p/2").unlink()
    assert run("log", "audit", address, "--state", tmp_path / "s3")[0] == 1


def test_the_command_needs_no_settings(tmp_path):
    """`midun verify` runs where nothing of the platform is configured."""
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "MIDUN_DATABASE_URL": "nonsense"}
    midun = Path(sys.executable).parent / "midun"
    done = subprocess.run([midun, "verify", "none.zip"], env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, "文件读不出" in done.stderr) == (2, True)
    done = subprocess.run([midun, "deposit", "--help"], env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, "退出码" in done.stdout) == (0, True)
