"""The distributed scan gives the very rows of the single process, through the loss of a worker and of the whole run."""

import json
import os
import signal
import threading
import time

import numpy as np
import pytest

from midun.config import matching_commands
from midun.lib.similarity import scale
from midun.lib.similarity.background import Background, of_folder
from midun.lib.similarity.scan import scan
from midun.lib.similarity.store.index import Index
from tests.lib.similarity.building import KEY, code, customers, document, prose


@pytest.fixture(scope="module")
def protected(tmp_path_factory):
    """An index with an empty public model beside it, so that a worker needs no second for the standard one."""
    index = Index.create(tmp_path_factory.mktemp("index") / "i", KEY)
    index.add([document(prose(1), "工艺.txt"), document(code(1), "算法.py"), document(customers(1), "客户.csv")])
    (index.folder / "background.bin").write_bytes(Background(np.zeros(1 << 25, np.uint8), 0).packed())
    return index


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = tmp_path_factory.mktemp("found")
    for n in range(40):
        where = folder / f"d{n % 4}"
        where.mkdir(exist_ok=True)
        (where / f"{n}.txt").write_text(prose(100 + n, 40) + (prose(1)[n * 40 : n * 40 + 600] if n % 5 == 0 else ""))
    (folder / "a.py").write_text(code(1)[600:2400])
    (folder / "b.csv").write_text("\n".join(customers(1).splitlines()[20:60]))
    (folder / "坏.docx").write_bytes(b"PK\x03\x04damaged")
    return folder


@pytest.fixture(scope="module")
def alone(protected, found):
    """What the single process gives."""
    return scan(found, protected, of_folder(protected.folder, KEY))


def test_rows_are_those_of_one_process_though_a_worker_is_killed(protected, found, alone, monkeypatch, tmp_path):
    """Over loopback with keys made for it; the worker is killed with shards in its hands; the journal has every row."""
    monkeypatch.setattr(scale, "SHARD_FILES", 3)
    killed = []
    journal = tmp_path / "journal"

    def kill(client):
        """The first worker, as soon as something is under way."""
        while not killed:
            for pid in client.run(os.getpid).values():
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)
                break
            time.sleep(0.05)

    real = scale.cluster

    def watched(workers, scheduler):
        return Watched(real(workers, scheduler))

    class Watched:
        def __init__(self, inner):
            self.inner = inner

        def __enter__(self):
            client = self.inner.__enter__()
            assert client.scheduler.address.startswith("tls://127.0.0.1")
            threading.Thread(target=kill, args=(client,), daemon=True).start()
            return client

        def __exit__(self, *error):
            return self.inner.__exit__(*error)

    monkeypatch.setattr(scale, "cluster", watched)
    rows = scale.scan(found, protected, workers=2, journal=journal)
    assert len(killed) == 1
    assert rows == alone
    assert sum(bool(row["hits"]) for row in rows) >= 8
    noted = [json.loads(line) for line in journal.read_text().splitlines()[1:] if line]
    assert sorted(noted, key=lambda r: r["path"]) == sorted(alone, key=lambda r: r["path"])
    # A second run has nothing left to do and says the same; so has the single process, from the same journal.
    assert scan(found, protected, of_folder(protected.folder, KEY), journal=journal) == alone


def test_shards_are_bounded_and_lose_nothing():
    files = [((f"/{n}", str(n)), 3 << 20) for n in range(10)]
    made = list(scale.shards(files))
    assert [len(shard) for shard in made] == [2, 2, 2, 2, 2]
    assert [named for shard in made for named in shard] == [named for named, _ in files]
    assert len(list(scale.shards([(("/a", "a"), 1)] * 1000))) == 3
    assert list(scale.shards([(("/big", "big"), 1 << 40)])) == [[("/big", "big")]]
    assert list(scale.shards([])) == []


def test_a_worker_scans_a_shard_as_the_single_process_does(protected, found, alone):
    named = [(str(found / row["path"]), row["path"]) for row in alone]
    gone = (str(found / "gone.txt"), "gone.txt")
    assert scale.scan_shard([*named, gone], str(protected.folder), KEY.secret, 1) == alone


def test_a_file_that_kills_every_worker_is_named(found):
    row = scale._lost((str(found / "a.py"), "a.py"))
    assert "未读" in row["notices"][0][1]
    assert row["hits"] == []


def test_without_the_engine_or_without_encryption_it_says_so(protected, found, monkeypatch, capsys):
    key = protected.folder.parent / "key"
    key.write_text(KEY.secret.hex())
    call = ["scan", str(found), "--index", str(protected.folder), "--key", str(key)]
    assert matching_commands.main([*call, "--scheduler", "tcp://127.0.0.1:1"]) == 2
    assert "加密" in capsys.readouterr().err
    monkeypatch.setattr(scale, "distributed", None)
    assert matching_commands.main([*call, "--workers", "2"]) == 2
    assert "midun[scale]" in capsys.readouterr().err
