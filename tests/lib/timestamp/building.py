"""Authorities and tokens for tests, and the openssl command as another implementation."""

import subprocess
from datetime import UTC, datetime, timedelta
from functools import cache

from midun.lib.timestamp.algorithms import SHA256, SM3
from midun.lib.timestamp.authority import Authority
from midun.lib.timestamp.issuing import development_identity
from midun.lib.timestamp.keys import KeyKind
from midun.lib.timestamp.messages import Request
from midun.lib.timestamp.pem import certificates_to_pem
from midun.lib.timestamp.token import Imprint

AT = datetime(2026, 6, 1, 8, 30, 15, 250000, tzinfo=UTC)
YEAR = timedelta(days=365)
DATA = b"log.example.cn/evidence\n5\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"


@cache
def _authority(kind, at, valid_for, _again):
    return Authority(development_identity(kind, at, valid_for))


def authority(kind=KeyKind.P256, at=AT, valid_for=YEAR, again=0):
    """An authority, made once per test run; `again` tells apart what else would be the same one."""
    return _authority(KeyKind(kind), at, valid_for, again)


def request(data=DATA, digest=SHA256, **more):
    return Request(Imprint(digest, digest.of(data)), **more)


def stamp(data=DATA, kind=KeyKind.P256, at=AT, **more):
    """A token over the data."""
    digest = SM3 if kind == KeyKind.SM2 else SHA256
    return authority(kind, **more).issue(request(data, digest), at)


def root(kind=KeyKind.P256, **more):
    return authority(kind, **more).identity.root


def openssl(folder, *arguments):
    return subprocess.run(["openssl", *map(str, arguments)], cwd=folder, capture_output=True, text=True, check=False)


def openssl_accepts(folder, response, data, trusted, at=None):
    """What `openssl ts -verify` says of a response; times are judged at `at` (default: now)."""
    (folder / "data.bin").write_bytes(data)
    (folder / "reply.tsr").write_bytes(response)
    (folder / "root.pem").write_text(certificates_to_pem([trusted]), encoding="utf-8")
    when = ["-attime", int(at.timestamp())] if at else []
    done = openssl(folder, "ts", "-verify", "-data", "data.bin", "-in", "reply.tsr", "-CAfile", "root.pem", *when)
    return done.returncode == 0 and "Verification: OK" in done.stdout
