"""A store in an object store with conditional writes (S3: `If-None-Match`, `If-Match`), over any transport."""

from collections.abc import Iterator, Mapping
from threading import Lock
from typing import NamedTuple, Protocol

from midun.lib.tlog.store import StoreConflict, check_path

_OK, _CREATED, _NO_CONTENT, _NOT_FOUND, _CONFLICT, _FAILED = 200, 201, 204, 404, 409, 412


class Answer(NamedTuple):
    """What the object store said: HTTP status, headers with lower-case names, body."""

    status: int
    headers: Mapping[str, str] = {}  # never changed
    body: bytes = b""


class Transport(Protocol):
    """Where requests go; the caller adds address, signature, retries of reads and time limits."""

    def request(self, method: str, key: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """GET, PUT or DELETE of one key. Raises OSError when there was no answer."""

    def keys(self, prefix: str) -> Iterator[str]:
        """All keys with that prefix, sorted. Raises OSError."""


class ObjectStore:
    """Objects under a prefix. A PUT that is answered is durable, so `sync` has nothing to do."""

    def __init__(self, transport: Transport, prefix: str = "") -> None:
        self._transport = transport
        self._prefix = prefix

    def _request(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self._transport.request(method, self._prefix + check_path(path), named, body)
        if answer.status in (_OK, _CREATED, _NO_CONTENT, _NOT_FOUND, _CONFLICT, _FAILED):
            return answer
        raise OSError(f"{method} {path}: status {answer.status}")

    def get(self, path: str) -> bytes | None:
        """As the contract of `Store` says."""
        answer = self._request("GET", path)
        return None if answer.status == _NOT_FOUND else answer.body

    def create(self, path: str, data: bytes, *, overwrite: bool = False) -> None:
        """As the contract says: PUT with `If-None-Match: *`; a conflict is looked at."""
        answer = self._request("PUT", path, data, if_none_match="*")
        if answer.status not in (_CONFLICT, _FAILED):
            return
        if self.get(path) == data:
            return
        if not overwrite:
            raise StoreConflict(f"{path}: exists with other content")
        self._request("PUT", path, data)

    def sync(self) -> None:
        """As the contract says."""

    def replace(self, path: str, data: bytes, *, previous: bytes | None) -> None:
        """As the contract says: PUT with the ETag of the bytes that were compared, or with `If-None-Match: *`."""
        if previous is None:
            answer = self._request("PUT", path, data, if_none_match="*")
        else:
            there = self._request("GET", path)
            if there.status == _NOT_FOUND or there.body != previous:
                raise StoreConflict(f"{path}: is not what it was")
            answer = self._request("PUT", path, data, if_match=there.headers["etag"])
        if answer.status in (_CONFLICT, _FAILED, _NOT_FOUND):
            raise StoreConflict(f"{path}: somebody else was faster")

    def delete(self, path: str) -> None:
        """As the contract says."""
        self._request("DELETE", path)

    def list(self, prefix: str) -> Iterator[str]:
        """As the contract says."""
        for key in self._transport.keys(self._prefix + prefix):
            yield key.removeprefix(self._prefix)


class MemoryObjects:
    """An object store in memory that honours the conditions: for tests and for trying things out. Thread-safe."""

    def __init__(self) -> None:
        self._objects: dict[str, tuple[bytes, str]] = {}
        self._versions = 0
        self._lock = Lock()

    def request(self, method: str, key: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """As the contract of `Transport` says."""
        with self._lock:
            return {"GET": self._get, "PUT": self._put, "DELETE": self._delete}[method](key, headers, body)

    def _get(self, key: str, _headers: Mapping[str, str], _body: bytes) -> Answer:
        if key not in self._objects:
            return Answer(_NOT_FOUND)
        body, tag = self._objects[key]
        return Answer(_OK, {"etag": tag}, body)

    def _put(self, key: str, headers: Mapping[str, str], body: bytes) -> Answer:
        there = self._objects.get(key)
        if headers.get("if-none-match") == "*" and there:
            return Answer(_FAILED)
        if "if-match" in headers and (there is None or there[1] != headers["if-match"]):
            return Answer(_NOT_FOUND if there is None else _FAILED)
        self._versions += 1
        self._objects[key] = (body, f'"{self._versions}"')
        return Answer(_OK, {"etag": f'"{self._versions}"'})

    def _delete(self, key: str, _headers: Mapping[str, str], _body: bytes) -> Answer:
        self._objects.pop(key, None)
        return Answer(_NO_CONTENT)

    def keys(self, prefix: str) -> Iterator[str]:
        """As the contract of `Transport` says."""
        with self._lock:
            return iter(sorted(key for key in self._objects if key.startswith(prefix)))
