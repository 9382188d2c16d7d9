"""A desk in this process, on a free port of the loopback address, and somebody who talks to it as a browser would."""

import http.client
import json
import threading
from urllib.parse import urlencode

import pytest

from midun.desk import server
from midun.desk.keys import Home


class Talk:
    """Requests to a desk; `get` and `post` give status, headers and text."""

    def __init__(self, desk):
        self.desk = desk
        self.host = desk.address.split("/")[2]
        self.root = f"/{desk.token}"

    def ask(self, method, path, body=None, **headers):
        connection = http.client.HTTPConnection(self.host, timeout=60)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, dict(answer.headers), answer.read()
        finally:
            connection.close()

    def get(self, path):
        status, headers, body = self.ask("GET", self.root + path)
        return status, headers, body.decode()

    def post(self, path, fields=(), *, body=None, **headers):
        content = urlencode(fields, doseq=True).encode() if body is None else body
        status, headers, got = self.ask("POST", self.root + path, content, Origin=f"http://{self.host}", **headers)
        return status, headers, got.decode()

    def json(self, path, body=None):
        _, _, text = self.get(path) if body is None else self.post(path, body=body, Accept="application/json")
        return json.loads(text)


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "keys")


@pytest.fixture
def talk(home):
    desk = server.Desk(home)
    thread = threading.Thread(target=desk.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield Talk(desk)
    desk.shutdown()
    thread.join()
    desk.server_close()
