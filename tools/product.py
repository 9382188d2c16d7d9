"""The product as its users run it: `midun demo --serve` in a folder of its own, and people in a real browser.

Used by the journeys (tests/journeys) and by `make docs` for the handbook's pictures.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Response, sync_playwright

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
START_SECONDS = 120


class Product:
    """A served, populated demonstration; `address` is where, `logins` who (user name → password)."""

    def __init__(self, home: Path, **environment: str) -> None:
        self.home = home
        self.port = _free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.environment = {**os.environ, "MIDUN_HOME": str(home), "PORT": str(self.port), **environment}
        for name in ("DJANGO_SETTINGS_MODULE", "MIDUN_DATABASE_URL", "MIDUN_TEST_DB"):
            self.environment.pop(name, None)
        self.process: subprocess.Popen[bytes] | None = None
        self.logins: dict[str, str] = {}

    def start(self) -> Self:
        """Prepare the demonstration (the first time) and serve it."""
        told = json.loads(self.midun("demo", "--json"))
        self.logins = {login["username"]: login["password"] for login in told["logins"]}
        with (self.home / "serve.log").open("ab") as log:
            self.process = subprocess.Popen(
                [_midun(), "demo", "--serve"],
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._is_up():
                return self
            time.sleep(0.1)
        raise RuntimeError((self.home / "serve.log").read_text(encoding="utf-8")[-2000:])

    def midun(self, *arguments: str, expect: int = 0) -> str:
        """Run `midun …` on this installation; its output. Raises `RuntimeError` for another exit code."""
        done = subprocess.run([_midun(), *arguments], env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode != expect:
            raise RuntimeError(f"midun {' '.join(arguments)}: {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def kill(self) -> None:
        """Kill -9 of every process of the server."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def _is_up(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address}/health/", timeout=5) as answer:  # noqa: S310  # our own address
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


class Visitors:
    """People in headless Chromium. Later pages of a person reuse the session of the first login."""

    def __init__(self, product: Product) -> None:
        self.product = product
        self._playwright: Playwright = sync_playwright().start()
        self._browser: Browser = self._playwright.chromium.launch(
            executable_path=find_chromium(), args=["--no-sandbox", "--disable-gpu", "--lang=zh-CN"]
        )
        self._sessions: dict[str, Any] = {}
        self.complaints: list[str] = []
        """Errors of scripts, and requests that left the server: filled while people work."""

    def person(self, username: str = "", *, phone: bool = False, size: Mapping[str, int] | None = None) -> Page:
        """A page of a person who is logged in ("" is a visitor), on a desktop or a phone."""
        context = self._browser.new_context(
            base_url=self.product.address,
            viewport=dict(size or (PHONE if phone else DESKTOP)),  # type: ignore[arg-type]  # width and height
            is_mobile=phone,
            has_touch=phone,
            device_scale_factor=2 if phone else 1,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            storage_state=self._sessions.get(username),
        )
        page = self._watched(context)
        if username:
            page.goto("/desk/")
            if "/accounts/login/" in page.url:  # the first time, or the session was ended meanwhile
                self._log_in(page, username)
                self._sessions[username] = context.storage_state()
        return page

    def _log_in(self, page: Page, username: str) -> None:
        page.fill("input[name=login]", username)
        page.fill("input[name=password]", self.product.logins.get(username) or _any(self.product.logins))
        page.press("input[name=password]", "Enter")
        page.wait_for_url("**/desk/**")

    def forget(self) -> None:
        """Drop all sessions (after a restart with another key, say)."""
        self._sessions.clear()

    def close(self) -> None:
        """End the browser."""
        self._browser.close()
        self._playwright.stop()

    def _watched(self, context: BrowserContext) -> Page:
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("response", self._check_origin)
        page.on("dialog", lambda dialog: dialog.accept())
        return page

    def _check_origin(self, response: Response) -> None:
        if not response.url.startswith((self.product.address, "data:", "blob:")):
            self.complaints.append(f"left the server: {response.url}")


def find_chromium() -> str | None:
    """The installed Chromium, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def _midun() -> str:
    return str(Path(sys.executable).parent / "midun")


def _any(logins: Mapping[str, str]) -> str:
    """The password of the demonstration: all its logins share one."""
    return next(iter(logins.values()))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
