"""The real server: static files, shutdown, a killed server and what it had promised, a port that is taken."""

import http.client
import re
import socket
import threading
import time
import urllib.parse

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher

from midun.kernel.trail.models import Entry
from midun.kernel.trail.services import verify
from midun.kernel.trail.verbs import Verb
from tests.processes import Server, midun

PASSWORD = "Correct-Horse-9"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def static(tmp_path_factory):
    """Static files are gathered and compressed by the first server; the others find them done."""
    return tmp_path_factory.mktemp("static")


@pytest.fixture
def home(settings, cast, static):
    """The data folder; the officer's password is hashed as in production, not quickly as in other tests."""
    (settings.MIDUN_HOME / "static").rmdir()
    (settings.MIDUN_HOME / "static").symlink_to(static)
    user = cast.district_officer.user
    user.password = PBKDF2PasswordHasher().encode(PASSWORD, "salt-of-the-test")
    user.save()
    return settings.MIDUN_HOME


class Visitor:
    """A person's connection: cookies and the token against forged requests, nothing else."""

    def __init__(self, server):
        self.server = server
        self.cookies = {}

    def ask(self, method, path, **fields):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=20)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if fields:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            fields["csrfmiddlewaretoken"] = self.cookies.get("csrftoken", "")
        try:
            connection.request(method, path, body=urllib.parse.urlencode(fields) or None, headers=headers)
            answer = connection.getresponse()
            answer.read()
        finally:
            connection.close()
        for line in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer.status, answer.headers.get("Location", ""), answer.headers

    def post(self, path, **fields):
        return self.ask("POST", path, **fields)

    def log_in(self, name, password):
        """Where a login leads: (status, address)."""
        self.ask("GET", "/accounts/login/")
        return self.post("/accounts/login/", login=name, password=password)[:2]


def test_it_works(cast, home):
    """Pages, hashed and compressed static files that are kept for ever, health; SIGTERM ends it cleanly."""
    with Server() as server:
        status, headers, page = server.get("/accounts/login/")
        assert status == 200
        assert "script-src 'self'" in headers["Content-Security-Policy"]
        style = re.search(rb'href="(/static/[^"]+\.[0-9a-f]{12}\.css)"', page)[1].decode()
        status, headers, _ = server.get(style, **{"Accept-Encoding": "gzip"})
        assert (status, headers["Content-Encoding"]) == (200, "gzip")
        assert "immutable" in headers["Cache-Control"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert server.get("/health/")[0] == 200
        assert Visitor(server).log_in("district_officer", PASSWORD) == (302, "/desk/")
    assert server.process.returncode == 0, server.said()


def test_what_was_answered_survives_kill_9_and_a_restart(cast, home):
    """Three people act as fast as they can while the server is killed: every act that was answered stands recorded."""
    answered, stop = [0, 0, 0], threading.Event()

    def act(visitor, number):
        while not stop.is_set():
            try:
                status, _, _ = visitor.post("/switch/", membership=cast.district_officer.pk)
            except (OSError, http.client.HTTPException):
                return
            answered[number] += status == 302

    with Server() as server:
        visitors = [Visitor(server) for _ in answered]
        for visitor in visitors:
            visitor.log_in("district_officer", PASSWORD)
        threads = [threading.Thread(target=act, args=pair) for pair in zip(visitors, range(3), strict=True)]
        for thread in threads:
            thread.start()
        while sum(answered) < 30 and any(thread.is_alive() for thread in threads):
            time.sleep(0.02)
        server.kill()
        stop.set()
        for thread in threads:
            thread.join(30)
    recorded = Entry.objects.filter(verb=Verb.MEMBERSHIP_SWITCHED).count()
    assert 30 <= sum(answered) <= recorded <= sum(answered) + 3
    assert list(verify()) == []
    with Server() as server:
        assert Visitor(server).log_in("district_officer", PASSWORD) == (302, "/desk/")


def test_no_worker_outlives_a_killed_server(cast, home):
    """Otherwise the old program would go on answering at the port beside the new one."""
    with Server() as server:
        server.kill()
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", server.port)) != 0:
                    return
            time.sleep(0.1)
    pytest.fail("a worker still answers")


def test_it_rejects_a_port_that_is_taken(cast, home):
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = midun("serve", "--port", port)
    assert done.returncode == 1
    assert f"端口 {port} 已被占用" in done.stderr


def test_a_production_server_redirects_to_tls_unless_the_proxy_says_it_was(cast, home):
    more = {
        "MIDUN_ENV": "production",
        "MIDUN_SECRET_KEY": "k3y-f0r-" * 8,
        "MIDUN_HOSTS": "midun.example.gov.cn",
        "MIDUN_BASE_URL": "https://midun.example.gov.cn",
        "MIDUN_PROXIES": "127.0.0.1",
    }
    host = {"Host": "midun.example.gov.cn"}
    with Server(**more) as server:
        status, headers, _ = server.get("/accounts/login/", **host)
        assert (status, headers["Location"]) == (301, "https://midun.example.gov.cn/accounts/login/")
        status, headers, _ = server.get("/accounts/login/", **host, **{"X-Forwarded-Proto": "https"})
        assert status == 200
        assert "max-age=31536000" in headers["Strict-Transport-Security"]
        cookie = headers["Set-Cookie"]
        assert cookie.startswith("__Host-csrf=")
        assert "Secure" in cookie
        assert "Path=/" in cookie
        assert server.get("/health/", **host)[0] == 200
        assert server.get("/", Host="evil.example")[0] == 400
