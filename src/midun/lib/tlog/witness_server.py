"""A small witness (C2SP tlog-witness@v1) as a WSGI application: for a notary, a court, an office that trusts no log.

It keeps the newest checkpoint of each log it knows and cosigns only what continues it.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from midun.lib.tlog.checkpoint import Checkpoint
from midun.lib.tlog.errors import Reason, Refused
from midun.lib.tlog.keys import Signer, Verifier
from midun.lib.tlog.merkle import SHA256, verify_consistency
from midun.lib.tlog.note import SignedCheckpoint, open_checkpoint, parse_note, signature_of
from midun.lib.tlog.sqlite_file import SqliteFile
from midun.lib.tlog.witness import MAX_REQUEST, SIZE_TYPE, AddCheckpoint, Reply

_TEXT = "text/plain; charset=utf-8"
_STATUS = {
    200: "200 OK",
    400: "400 Bad Request",
    403: "403 Forbidden",
    404: "404 Not Found",
    405: "405 Method Not Allowed",
    409: "409 Conflict",
    413: "413 Content Too Large",
    422: "422 Unprocessable Entity",
}


class Latest(NamedTuple):
    """The newest tree cosigned for a log, and the note with our cosignatures."""

    size: int
    root: bytes
    note: bytes


_NOTHING = Latest(0, SHA256.empty, b"")


class WitnessState(SqliteFile):
    """What has been cosigned, in an SQLite database."""

    schema = """
CREATE TABLE witness_state (
    origin TEXT PRIMARY KEY,
    size INTEGER NOT NULL CHECK (size >= 0),
    root BLOB NOT NULL CHECK (length(root) = 32),
    note BLOB NOT NULL
) STRICT
"""

    def latest(self, origin: str) -> Latest:
        """The newest; the empty tree if there is none. Inside `transaction`."""
        query = "SELECT size, root, note FROM witness_state WHERE origin = ?"
        row = self._connection.execute(query, (origin,)).fetchone()
        return Latest(*row) if row else _NOTHING

    def record(self, origin: str, latest: Latest) -> None:
        """Make it the newest. Inside `transaction`."""
        self._connection.execute("INSERT OR REPLACE INTO witness_state VALUES (?, ?, ?, ?)", (origin, *latest))


class _Answer(Exception):
    """An answer that ends the handling of a request."""

    def __init__(self, status: int, body: str, content_type: str = _TEXT) -> None:
        super().__init__(status)
        self.status, self.body, self.content_type = status, body.encode(), content_type


class WitnessServer:
    """The application. `logs` maps origins to the keys trusted for them; `now` gives seconds since 1970."""

    def __init__(
        self,
        signers: Sequence[Signer],
        logs: Mapping[str, Sequence[Verifier]],
        state: WitnessState,
        now: Callable[[], int],
    ) -> None:
        """Raises ValueError for a key that makes no cosignatures."""
        if not signers or any(not signer.algorithm.timed for signer in signers):
            raise ValueError("a witness signs with cosignature keys")
        self._signers = tuple(signers)
        self._logs = dict(logs)
        self._by_digest = {hashlib.sha256(origin.encode()).hexdigest(): origin for origin in logs}
        self._state = state
        self._now = now

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """WSGI (PEP 3333). Mount it at the submission prefix."""
        try:
            answer = self._answer(environ)
        except _Answer as found:
            answer = found
        headers = [("Content-Type", answer.content_type), ("Content-Length", str(len(answer.body)))]
        start_response(_STATUS[answer.status], headers)
        return [answer.body]

    def reply(self, body: bytes) -> Reply:
        """The answer to `add-checkpoint` without HTTP, for a client in the same process."""
        try:
            return Reply(200, "text/plain", self.add_checkpoint(body).encode())
        except _Answer as found:
            return Reply(found.status, found.content_type.partition(";")[0], found.body)

    def _answer(self, environ: dict[str, Any]) -> _Answer:
        path, method = environ.get("PATH_INFO", ""), environ["REQUEST_METHOD"]
        if path == "/add-checkpoint":
            if method != "POST":
                return _Answer(405, "POST only\n")
            return _Answer(200, self.add_checkpoint(_body(environ)))
        digest, _slash, rest = path.removeprefix("/").partition("/")
        if rest != "checkpoint" or digest not in self._by_digest:
            return _Answer(404, "not found\n")
        if method not in ("GET", "HEAD"):
            return _Answer(405, "GET only\n")
        with self._state.transaction():
            note = self._state.latest(self._by_digest[digest]).note
        return _Answer(200, note.decode()) if note else _Answer(404, "nothing cosigned yet\n")

    def add_checkpoint(self, body: bytes) -> str:
        """Check in the order of the specification, record, cosign; gives the signature lines."""
        try:
            request = AddCheckpoint.parse(body)
            origin = parse_note(request.checkpoint).text.split("\n")[0]
        except Refused as refused:
            raise _Answer(400, f"{refused}\n") from refused
        if origin not in self._logs:
            raise _Answer(404, "unknown log\n")
        opened = self._open(request, origin)
        head = opened.checkpoint
        if request.old > head.size:
            raise _Answer(400, "old size above the checkpoint's\n")
        text = opened.note.text
        with self._state.transaction():
            self._check(request, head, self._state.latest(origin))
            now = self._now()
            ours = [signature_of(signer, text, now) for signer in self._signers]
            trusted = {(key.name, key.key_id) for key in opened.signed}
            kept = tuple(item for item in opened.note.signatures if (item.name, item.key_id) in trusted)
            note = type(opened.note)(text, kept).with_signatures(ours).encode()
            self._state.record(origin, Latest(head.size, head.root, note))
        return "".join(item.line() for item in ours)

    def _open(self, request: AddCheckpoint, origin: str) -> SignedCheckpoint:
        try:
            return open_checkpoint(request.checkpoint, self._logs[origin])
        except Refused as refused:
            unsigned = {Reason.SIGNATURE_INVALID, Reason.SIGNATURE_MISSING, Reason.SIGNATURE_TWICE, Reason.TIME_INVALID}
            raise _Answer(403 if refused.reason in unsigned else 400, f"{refused}\n") from refused

    def _check(self, request: AddCheckpoint, head: Checkpoint, latest: Latest) -> None:
        if request.old != latest.size:
            raise _Answer(409, f"{latest.size}\n", SIZE_TYPE)
        if head.size == latest.size and head.root != latest.root:
            raise _Answer(409, "another root of this size has been cosigned\n")
        try:
            verify_consistency(
                old=latest.size, old_root=latest.root, new=head.size, new_root=head.root, proof=request.proof
            )
        except Refused as refused:
            raise _Answer(422, f"{refused}\n") from refused


def _body(environ: dict[str, Any]) -> bytes:
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError as error:
        raise _Answer(400, "Content-Length\n") from error
    if length > MAX_REQUEST:
        raise _Answer(413, "too large\n")
    data: bytes = environ["wsgi.input"].read(max(length, 0))
    return data
