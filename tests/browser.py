"""Our scripts in a real Chromium, without the product around them: for scripts that need no server."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from playwright.sync_api import Page, sync_playwright

from tools.product import find_chromium


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the library's own name
        pass


class ScriptPage:
    """An empty page with some scripts of a folder; `evaluate` runs an expression in it.

    Playwright lives in a thread of its own: one thread holds one Playwright only, and the journeys have theirs.
    """

    def __init__(self, folder: Path, scripts: Sequence[str]) -> None:
        self.folder, self.scripts = folder, scripts
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self._thread.submit(self._open).result()
        return self

    def __exit__(self, *_error: object) -> None:
        self._thread.submit(self._close).result()
        self._thread.shutdown()
        self._server.shutdown()
        self._server.server_close()

    def evaluate(self, expression: str, argument: Any = None) -> Any:
        """What an expression (of a function, if there is an argument) gives in the page."""
        return self.on_page(lambda page: page.evaluate(expression, argument))

    def on_page(self, act: Callable[[Page], Any]) -> Any:
        """Do something with the page."""
        return self._thread.submit(lambda: act(self._page)).result()

    def _open(self) -> None:
        self._playwright = sync_playwright().start()
        self._browser = self._playwright.chromium.launch(
            executable_path=find_chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        self._page = self._browser.new_page()
        address = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._page.goto(f"{address}/")
        for script in self.scripts:
            self._page.add_script_tag(url=f"{address}/{script}")

    def _close(self) -> None:
        self._browser.close()
        self._playwright.stop()
