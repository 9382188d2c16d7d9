"""The HTTP server of the desk: loopback only, a token in every address, Host and Origin checked before all else."""

import hmac
import json
import re
import secrets
import sys
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from midun.desk import pages
from midun.desk.keys import Home
from midun.desk.web import HERE, JSON, Answer, Request, Wrong, answer, page
from midun.lib.marking.errors import Refused

LOOPBACK = "127.0.0.1"
STATIC = (HERE / "static", HERE.parent / "kernel" / "web" / "static")
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store, private",
}
KINDS = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
_IDLE = 120.0


class Desk(ThreadingHTTPServer):
    """A desk on one folder of keys. `address` is what to open; port 0 takes a free one."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, home: Home, port: int = 0) -> None:
        super().__init__((LOOPBACK, port), Handler)
        self.home = home
        self.token = secrets.token_urlsafe(24)
        number = self.server_address[1]
        self.hosts = {f"{LOOPBACK}:{number}", f"localhost:{number}"}
        pages.load()

    @property
    def address(self) -> str:
        """The page to open, with its token."""
        return f"http://{LOOPBACK}:{self.server_address[1]}/{self.token}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that goes away in the middle is nothing to report."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version = "midun"
    sys_version = ""
    timeout = _IDLE
    server: Desk

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the library's own name
        """Nothing: addresses hold the token."""

    def do_GET(self) -> None:
        """Answer a GET."""
        self._handle()

    def do_POST(self) -> None:
        """Answer a POST."""
        self._handle()

    def _handle(self) -> None:
        try:
            self._check()
            request = self._request()
            found = _static(request.path) if request.path.startswith("/static/") else self._page(request)
        except Wrong as wrong:
            self.close_connection = True
            found = Answer(wrong.sentence.encode(), "text/plain; charset=utf-8", wrong.status)
        if self.command == "POST":
            self.close_connection = True  # what was not read of the body must not be taken for the next request
        self._send(found)

    def _page(self, request: Request) -> Answer:
        wants_json = "json" in self.headers.get("Accept", "")
        try:
            return answer(request)
        except Refused as refused:
            status, sentence = 400, str(refused)
        except Wrong as wrong:
            status, sentence = wrong.status, wrong.sentence
        except OSError as error:
            status, sentence = 400, f"{error.filename or '文件'}：{error.strerror}"
        except Exception:  # noqa: BLE001  # the person gets a sentence, the terminal the cause, and the desk stays open
            traceback.print_exc()
            status, sentence = 500, "出错了，原因显示在启动本程序的窗口中。"
        if wants_json:
            return Answer(json.dumps({"error": sentence}, ensure_ascii=False).encode(), JSON, status)
        return page(request, "desk/problem.html", status, sentence=sentence)

    def _check(self) -> None:
        """Another website, another name for this machine, another user: each is turned away before anything is read.

        Raises:
            Wrong: 403 or 404.

        """
        host = self.headers.get_all("Host") or []
        if len(host) != 1 or host[0] not in self.server.hosts:
            raise Wrong(403, "请用启动时显示的网址打开。")
        if self.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"}:
            raise Wrong(403, "不接受来自其他网站的请求。")
        if self.command != "GET" and self.headers.get_all("Origin") != [f"http://{host[0]}"]:
            raise Wrong(403, "不接受来自其他网站的请求。")

    def _request(self) -> Request:
        split = urlsplit(self.path)
        _, token, rest = (*split.path.split("/", 2), "", "")[:3]
        if not hmac.compare_digest(token.encode(), self.server.token.encode()):
            raise Wrong(404, "请用启动时显示的完整网址打开。")
        given = self.headers.get_all("Content-Length") or ["0"]
        if self.headers.get("Transfer-Encoding") or len(given) != 1 or not re.fullmatch(r"[0-9]{1,15}", given[0]):
            raise Wrong(411, "请求缺少长度。")
        return Request(
            self.command,
            "/" + unquote(rest),
            dict(parse_qsl(split.query, keep_blank_values=True)),
            self.rfile,
            int(given[0]),
            self.server.home,
            "/" + self.server.token,
        )

    def _send(self, found: Answer) -> None:
        self.send_response(found.status)
        for name, value in {**HEADERS, **found.headers}.items():
            self.send_header(name, value)
        if found.body or found.status != 303:  # noqa: PLR2004  # See Other has nothing to say
            self.send_header("Content-Type", found.kind)
        self.send_header("Content-Length", str(found.length))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        found.send(self.wfile)


def _static(path: str) -> Answer:
    name = path.removeprefix("/static/")
    if re.fullmatch(r"[A-Za-z0-9_./-]+", name) and ".." not in name:
        for folder in STATIC:
            file = (folder / name).resolve()
            if file.is_relative_to(folder.resolve()) and file.suffix in KINDS and file.is_file():
                return Answer(file.read_bytes(), KINDS[file.suffix], headers={"Cache-Control": "private, max-age=3600"})
    raise Wrong(404, "没有这个文件。")


def opened(home: Path | None, port: int) -> Desk:
    """A desk that listens; `serve_forever` answers.

    Raises:
        OSError: the port is taken.

    """
    return Desk(Home.of(home), port)
