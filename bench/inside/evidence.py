"""Inside the installation: a log, an enterprise with a token, and what appending and hashing alone cost."""

import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from django.utils import timezone

from midun.evidence.models import Token
from midun.evidence.services.logs import begin_log
from midun.evidence.services.tokens import issue_token, set_quota
from midun.kernel.orgs.actor import system_actor
from midun.kernel.orgs.enums import Level, OrganisationKind
from midun.kernel.orgs.services import add_jurisdiction, add_organisation
from midun.lib.tlog.directory import LogDirectory
from midun.lib.tlog.keys import Algorithm, Signer
from midun.lib.tlog.merkle import SHA256, Frontier

_ENTRY = 112


def prepare() -> dict[str, Any]:
    """A log and a token without a limit worth mentioning."""
    actor, at = system_actor("bench"), timezone.now()
    begin_log(origin="bench.example/log", actor=actor, at=at)
    nation = add_jurisdiction(actor=actor, at=at, name="国家", level=Level.NATION, parent=None)
    enterprise = add_organisation(
        actor=actor,
        at=at,
        name="甲",
        kind=OrganisationKind.ENTERPRISE,
        jurisdiction=nation,
        credit_code="91310000MA1K35XR8Q",
    )
    set_quota(enterprise=enterprise, per_day=2_000_000_000, per_minute=2_000_000_000, actor=actor, at=at)
    issued = issue_token(enterprise=enterprise, name="bench", scope=Token.Scope.DEPOSIT, days=30, actor=actor, at=at)
    return {"token": issued.secret}


def append(batch: int, batches: int) -> dict[str, float]:
    """Entries per second appended by the library, and the limit: hashing them once and one fdatasync per batch."""
    entries = [[os.urandom(_ENTRY) for _ in range(batch)] for _ in range(batches)]
    folder = Path(tempfile.mkdtemp(dir=os.environ["MIDUN_HOME"]))
    LogDirectory.create(folder / "log", "bench.example/append", 1)
    signers = [Signer.generate("bench.example/append", a) for a in (Algorithm.ED25519, Algorithm.SM2)]
    with LogDirectory(folder / "log").running(signers, 1) as sequencer:
        begin = time.perf_counter()
        for one in entries:
            sequencer.commit(one, 2)
        appended = time.perf_counter() - begin
    tree, begin = Frontier(), time.perf_counter()
    with (folder / "limit").open("wb", buffering=0) as out:
        for one in entries:
            tree.extend(map(SHA256.leaf, one))
            out.write(b"".join(one))
            os.fdatasync(out.fileno())
    limit = time.perf_counter() - begin
    shutil.rmtree(folder)
    count = batch * batches
    return {"appended": count / appended, "limit": count / limit}
