"""Requests to a platform: through the proxy the environment names, again after a failure that may pass."""

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from midun.client.outcome import Exit, Failed

TIMEOUT = 30.0
MAX_ANSWER = 17 << 20
_ATTEMPTS = 5
_LONGEST_WAIT = 60
_PASSING = frozenset({408, 429, 502, 503, 504})


@dataclass(frozen=True)
class Answer:
    """Status, headers with lower-case names, body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect could carry the token elsewhere: it is an answer like any other."""

    def redirect_request(self, *_arguments: Any, **_more: Any) -> None:
        return None


@dataclass
class Site:
    """A platform at an address. `token` goes with every request; `sleep` is for tests."""

    address: str
    token: str = ""
    sleep: Callable[[float], None] = time.sleep
    _opener: urllib.request.OpenerDirector = field(init=False, repr=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.address)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise Failed(Exit.USAGE, f"平台地址不对：{self.address}（应为 https://… ）")
        if self.token and parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
            raise Failed(Exit.USAGE, "不能经不加密的 http 发送令牌，请使用 https 地址")
        self.address = self.address.rstrip("/")
        self._opener = urllib.request.build_opener(_NoRedirect())

    def get(self, path: str) -> Answer:
        """Fetch a path."""
        return self._patiently(self._request(path, self._headers()))

    def post(self, path: str, data: Mapping[str, object], key: str) -> Answer:
        """Send JSON under an idempotency key, so that sending it again does nothing twice."""
        headers = {**self._headers(), "Content-Type": "application/json", "Idempotency-Key": key}
        body = json.dumps(data).encode()
        return self._patiently(self._request(path, headers, body))

    def _request(self, path: str, headers: dict[str, str], body: bytes | None = None) -> urllib.request.Request:
        return urllib.request.Request(self.address + path, body, headers)  # noqa: S310  # the scheme was checked

    def _headers(self) -> dict[str, str]:
        own = {"User-Agent": "midun", "Accept": "*/*"}
        return {**own, "Authorization": f"Bearer {self.token}"} if self.token else own

    def _patiently(self, request: urllib.request.Request) -> Answer:
        for attempt in range(_ATTEMPTS):
            answer, why = self._once(request)
            if answer is not None and answer.status not in _PASSING:
                return answer
            if attempt + 1 < _ATTEMPTS:
                self.sleep(_pause(answer, attempt))
        if answer is not None:
            return answer
        raise Failed(Exit.UNREACHABLE, f"连接不上 {self.address}（{why}）；稍后用同样的命令重试，不会重复存证")

    def _once(self, request: urllib.request.Request) -> tuple[Answer | None, str]:
        try:
            with self._opener.open(request, timeout=TIMEOUT) as found:
                return _answer(found.status, found), ""
        except urllib.error.HTTPError as error:
            with error:
                return _answer(error.code, error), ""
        except (OSError, http.client.HTTPException) as error:
            return None, str(getattr(error, "reason", error))


def _answer(status: int, found: Any) -> Answer:
    body = found.read(MAX_ANSWER)
    return Answer(status, {name.lower(): value for name, value in found.headers.items()}, body)


def _pause(answer: Answer | None, attempt: int) -> float:
    asked = answer.headers.get("retry-after", "") if answer else ""
    return float(min(int(asked), _LONGEST_WAIT)) if asked.isascii() and asked.isdigit() else float(2**attempt)


def refusal(answer: Answer) -> Failed:
    """What the platform said, as an error."""
    try:
        error = json.loads(answer.body)["error"]
        said = f"{error['message']}（{error['code']}）"
    except (ValueError, KeyError, TypeError):
        said = f"平台应答 {answer.status}"
    passing = answer.status in _PASSING or answer.status >= http.client.INTERNAL_SERVER_ERROR
    return Failed(Exit.UNREACHABLE if passing else Exit.REFUSED, said)
