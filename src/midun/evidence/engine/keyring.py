"""The log's private keys, under `MIDUN_HOME/keys`: one file per algorithm, made once, readable by the owner only.

Ed25519 is what C2SP demands, SM2 stands beside it; ML-DSA-44 joins where the operator asked for it at the beginning.
"""

import re
from functools import partial
from pathlib import Path

from django.conf import settings

from midun.kernel.files.keyfile import kept
from midun.lib.tlog.keys import Algorithm, Signer

_FILES = {Algorithm.ED25519: "ed25519", Algorithm.SM2: "sm2", Algorithm.MLDSA44_COSIGNATURE: "mldsa44"}
ALWAYS = (Algorithm.ED25519, Algorithm.SM2)


class KeyProblem(Exception):
    """A key file of the log is missing or is another log's; `str()` says which."""


def _path(origin: str, algorithm: Algorithm) -> Path:
    name = re.sub(r"[^a-z0-9.-]+", "-", origin.lower()).strip("-")
    return Path(settings.MIDUN_HOME) / "keys" / f"log-{name}-{_FILES[algorithm]}.key"


def make(origin: str, *, post_quantum: bool = False) -> list[Signer]:
    """The keys of a new log; what is there already is kept. Raises `KeyProblem`."""
    algorithms = (*ALWAYS, Algorithm.MLDSA44_COSIGNATURE) if post_quantum else ALWAYS
    return [_read(origin, a, kept(_path(origin, a), partial(_made, origin, a))) for a in algorithms]


def _made(origin: str, algorithm: Algorithm) -> bytes:
    return (Signer.generate(origin, algorithm).skey + "\n").encode()


def load(origin: str) -> list[Signer]:
    """The keys of a log that exists. Nothing is ever made here: a lost key must be noticed. Raises `KeyProblem`."""
    found = []
    for algorithm in Algorithm:
        if algorithm not in _FILES:
            continue
        path = _path(origin, algorithm)
        if path.exists():
            found.append(_read(origin, algorithm, path.read_bytes()))
        elif algorithm in ALWAYS:
            raise KeyProblem(f"缺少日志密钥 {path.name}，请从备份中取回 keys/{path.name}")
    return found


def _read(origin: str, algorithm: Algorithm, data: bytes) -> Signer:
    signer = Signer.parse(data.decode("ascii").strip())
    if signer.name != origin or signer.algorithm is not algorithm:
        raise KeyProblem(f"密钥 {_path(origin, algorithm).name} 不属于日志 {origin}")
    return signer
