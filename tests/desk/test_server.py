"""Who may talk to the desk: this machine, by the whole address, from its own pages."""

import re
import socket
from pathlib import Path

import pytest

from midun.desk import server


def test_it_works(talk):
    status, headers, text = talk.get("/")
    assert status == 200
    assert "本机工作台" in text
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store, private"


def test_it_listens_on_the_loopback_address_only(talk):
    assert talk.desk.socket.getsockname()[0] == "127.0.0.1"


@pytest.mark.parametrize("path", ["/", "/home/", "/wrong/", "/static/desk.css", "/%00/", "//", "/../", "*"])
def test_without_the_token_there_is_nothing(talk, path):
    assert talk.ask("GET", path)[0] == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 403),
        ({"Host": "127.0.0.1"}, 403),
        ({"Host": "evil.example:80"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
    ],
)
def test_another_site_reads_nothing(talk, headers, status):
    assert talk.ask("GET", talk.root + "/", **headers)[0] == status


@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "http://127.0.0.1", "http://127.0.0.1:1"])
def test_another_site_changes_nothing(talk, origin):
    headers = {} if origin is None else {"Origin": origin}
    assert talk.ask("POST", talk.root + "/home/", b"", **headers)[0] == 403


def test_unknown_pages_and_methods(talk):
    assert talk.get("/nothing/")[0] == 404
    assert talk.post("/home/")[0] == 405
    assert talk.ask("DELETE", talk.root + "/")[0] == 501


def test_a_length_is_needed_and_no_chunks(talk):
    head = f"POST {talk.root}/home/ HTTP/1.1\r\nHost: {talk.host}\r\nOrigin: http://{talk.host}\r\n"
    with socket.create_connection(talk.desk.socket.getsockname(), timeout=60) as channel:
        # In one write: the desk may end the connection before it has read the chunks.
        channel.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n".encode())
        assert channel.recv(100).split()[1] == b"411"


@pytest.mark.parametrize(
    "name", ["../server.py", "..%2fserver.py", "%2e%2e/server.py", "/etc/passwd", "desk.css%00", "a\\b", ""]
)
def test_static_files_are_ours_only(talk, name):
    assert talk.ask("GET", f"{talk.root}/static/{name}")[0] == 404


def test_every_static_file_a_page_names_is_there(talk):
    _, _, text = talk.get("/")
    named = set(re.findall(r"(?:href|src)=\"([^\"#]*/static/[^\"#]*)", text))
    assert len(named) > 5
    assert {name: talk.ask("GET", name)[0] for name in named} == dict.fromkeys(named, 200)


def test_icons_exist():
    sprite = (Path(server.STATIC[1]) / "midun/vendor/icons.svg").read_text("utf-8")
    used = set()
    for template in Path(server.HERE).rglob("*.html"):
        used |= set(re.findall(r'icon "([a-z0-9-]+)"', template.read_text("utf-8")))
    for module in (Path(server.HERE) / "pages").glob("*.py"):
        used |= set(re.findall(r'Place\("[^"]+", "([a-z0-9-]+)"', module.read_text("utf-8")))
    assert {name for name in used if f'id="tabler-{name}"' not in sprite} == set()
