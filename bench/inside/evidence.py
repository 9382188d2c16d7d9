"""Inside the installation: a log, an enterprise with a token, and what appending and hashing alone cost."""

import os
import random
import resource
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.utils import timezone

from midun.evidence.models import Token
from midun.evidence.services.logs import begin_log
from midun.evidence.services.quotas import MOST, set_quota
from midun.evidence.services.tokens import issue_token
from midun.kernel.orgs.actor import system_actor
from midun.kernel.orgs.enums import Level, OrganisationKind
from midun.kernel.orgs.services import add_jurisdiction, add_organisation
from midun.lib.tlog.directory import LogDirectory
from midun.lib.tlog.keys import Algorithm, Signer
from midun.lib.tlog.merkle import HASH_BYTES, SHA256, Frontier, consistency_proof, inclusion_proof
from midun.lib.tlog.sequencer import Sequencer
from midun.lib.tlog.store import FileStore
from midun.lib.tlog.tiles import TILE_WIDTH, Fetch, TiledTree, parse_path

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
    set_quota(enterprise=enterprise, per_day=MOST, per_minute=MOST, actor=actor, at=at)
    issued = issue_token(enterprise=enterprise, name="bench", scope=Token.Scope.DEPOSIT, days=30, actor=actor, at=at)
    return {"token": issued.secret}


def append(batch: int, batches: int) -> dict[str, float]:
    """Entries per second appended by the library, and its limits: hashing and one fdatasync per batch.

    Hashing is SHA-256 of every leaf and every inner node: once, as any such log must (`once`), and twice, as ours does
    to catch a bit that flipped (`twice`). All three take turns, so that they see the same machine.
    """
    took = dict.fromkeys(("appended", "once", "twice", "processor"), 0.0)
    folder = Path(tempfile.mkdtemp(dir=os.environ["MIDUN_HOME"]))
    with _log(folder / "log") as sequencer, (folder / "limit").open("wb", buffering=0) as out:
        trees = {"once": [Frontier()], "twice": [Frontier(), Frontier()]}
        for _ in range(batches):
            entries = [os.urandom(_ENTRY) for _ in range(batch)]
            begin, own = time.perf_counter(), time.process_time()
            sequencer.commit(entries, 2)
            took["appended"] += time.perf_counter() - begin
            took["processor"] += time.process_time() - own
            for name, hashed in trees.items():
                begin = time.perf_counter()
                for tree in hashed:
                    tree.extend(SHA256.leaves(entries))
                out.write(b"".join(entries))
                os.fdatasync(out.fileno())
                took[name] += time.perf_counter() - begin
    shutil.rmtree(folder)
    return {name: batch * batches / seconds for name, seconds in took.items()}


def grow(sizes: list[int], synthetic: int, batch: int) -> list[dict[str, float]]:
    """A log grown to each size: the rate of the last tenth, the cost of proofs, and the most memory so far.

    Of the last size, too big to append here, only proofs are made, from tiles of its shape with made-up hashes.
    """
    folder = Path(tempfile.mkdtemp(dir=os.environ["MIDUN_HOME"]))
    found = []
    with _log(folder / "log") as sequencer:
        for size in sizes:
            while sequencer.size < size - size // 10:
                sequencer.commit(_entries(min(batch, size - size // 10 - sequencer.size)), 2)
            waiting = [_entries(min(batch, size // 10 - at)) for at in range(0, size // 10, batch)]
            begin, own = time.perf_counter(), time.process_time()
            for entries in waiting:
                sequencer.commit(entries, 2)
            took, spent = time.perf_counter() - begin, time.process_time() - own
            number = sum(map(len, waiting))
            rates = {"rate": number / took, "processor": number / spent, "memory": _memory()}
            del waiting
            found.append({"size": size, **rates, **_proofs(FileStore(folder / "log" / "public").get, size)})
    shutil.rmtree(folder)
    tile = os.urandom(HASH_BYTES * TILE_WIDTH)
    return [*found, {"size": synthetic, **_proofs(lambda path: tile[: HASH_BYTES * parse_path(path).width], synthetic)}]


def _proofs(fetch: Fetch, size: int, number: int = 200) -> dict[str, float]:
    """Milliseconds of processor time for a proof of inclusion and one of consistency, tiles read anew each time."""
    drawn = random.Random(size)
    begin = time.process_time()
    for _ in range(number):
        inclusion_proof(drawn.randrange(size), size, TiledTree(fetch, size))
    inclusion, begin = time.process_time() - begin, time.process_time()
    for _ in range(number):
        consistency_proof(drawn.randrange(1, size), size, TiledTree(fetch, size))
    consistency = time.process_time() - begin
    return {"inclusion": 1000 * inclusion / number, "consistency": 1000 * consistency / number}


def _entries(number: int) -> list[bytes]:
    whole = os.urandom(_ENTRY * number)
    return [whole[at : at + _ENTRY] for at in range(0, len(whole), _ENTRY)]


def _memory() -> float:
    """The most memory this process has held, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@contextmanager
def _log(folder: Path) -> Iterator[Sequencer]:
    LogDirectory.create(folder, "bench.example/append", 1)
    signers = [Signer.generate("bench.example/append", a) for a in (Algorithm.ED25519, Algorithm.SM2)]
    with LogDirectory(folder).running(signers, 1) as sequencer:
        yield sequencer
