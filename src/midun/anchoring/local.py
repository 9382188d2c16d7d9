"""A witness and a time-stamp authority of this installation itself: for development and demonstration only.

They do all that real ones do but for the one thing that counts: they are nobody else. Configuration, receipts and pages
name them as such; tokens carry the words of `issuing.DEVELOPMENT_NOTICE`.
"""

from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from django.conf import settings

from midun.kernel.files.keyfile import kept
from midun.lib.timestamp.authority import Authority
from midun.lib.timestamp.issuing import Identity, development_identity
from midun.lib.timestamp.keys import KeyKind, PrivateKey
from midun.lib.timestamp.pem import certificates_from_pem, certificates_to_pem
from midun.lib.tlog.keys import Algorithm, Signer, Verifier
from midun.lib.tlog.witness import Post, Reply
from midun.lib.tlog.witness_server import WitnessServer, WitnessState

_LIFETIME = timedelta(days=3 * 365)


def witness_signer(name: str) -> Signer:
    """The key of the local witness of that name; made when first asked for."""
    path = Path(settings.MIDUN_HOME) / "keys" / f"witness-{name}.key"
    return Signer.parse(kept(path, partial(_new_witness, name)).decode("ascii").strip())


def _new_witness(name: str) -> bytes:
    return (Signer.generate(f"witness.local/{name}", Algorithm.ED25519_COSIGNATURE).skey + "\n").encode()


def witness_post(name: str, origin: str, keys: Sequence[Verifier], now: Callable[[], int]) -> Post:
    """What a witness client talks to: the witness's own code and memory (`MIDUN_HOME/witness`), without a network."""
    folder = Path(settings.MIDUN_HOME) / "witness"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    memory = folder / f"{name}.sqlite3"
    if not memory.exists():
        WitnessState.create(memory).close()

    def post(_url: str, body: bytes) -> Reply:
        with closing(WitnessState(memory)) as state:
            return WitnessServer([witness_signer(name)], {origin: keys}, state, now).reply(body)

    return post


def authority(name: str, kind: str, at: datetime) -> Authority:
    """The development authority of that name; its key and certificates are made when first asked for."""
    return Authority(identity(name, kind, at))


def identity(name: str, kind: str, at: datetime) -> Identity:
    """Key and certificates of the development authority in the year of `at`: one file with both.

    A new pair each year and a lifetime of three let renewals be seen to work.
    """
    path = Path(settings.MIDUN_HOME) / "keys" / f"tsa-{name}-{at.year}.pem"
    text = kept(path, partial(_new_identity, kind, at)).decode()
    return Identity(PrivateKey.from_pem(text), certificates_from_pem(text))


def _new_identity(kind: str, at: datetime) -> bytes:
    made = development_identity(KeyKind(kind), at, _LIFETIME)
    return (made.key.pem() + certificates_to_pem(made.chain)).encode()


DEVELOPMENT = """\
# 开发与演示用：见证方和时间戳机构都是本机自己，不具独立性，时间不是法定时间。
# 正式使用时按 docs/operations.md“见证与时间戳”改为他方的见证和持牌时间戳机构。
witnesses:
{witnesses}quorum: 2
authorities:
- {{name: dev-p256, title: 开发用时间戳（非法定时间）, url: local, kind: p-256, digest: sha256, every: 10}}
- {{name: dev-sm2, title: 开发用国密时间戳（非法定时间）, url: local, kind: sm2, digest: sm3, every: 10}}
"""


def write_development(path: Path) -> bool:
    """Write a configuration of local parties, plainly named as such; False if there is one already."""
    if path.exists():
        return False
    rows = (
        ("demo-1", "演示见证一（不具独立性）", "witness"),
        ("demo-2", "演示公证见证（不具独立性）", "notary"),
    )
    witnesses = "".join(
        f"- {{name: {name}, title: {title}, role: {role}, url: local, key: {witness_signer(name).verifier.vkey}}}\n"
        for name, title, role in rows
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(DEVELOPMENT.format(witnesses=witnesses), encoding="utf-8")
    return True
