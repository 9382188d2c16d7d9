"""Another witness: litewitness (torchwood, Debian) must accept our checkpoints and refuse forged ones.

`python -m tools.litewitness` (a part of `make torture`). Needs `litewitness`, `witnessctl` and OpenSSH on the PATH and
says so where they are absent. `--record FILE` writes what was exchanged, which the default test run verifies.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from midun.anchoring.http import Connection
from midun.lib.tlog.checkpoint import Checkpoint
from midun.lib.tlog.errors import Refused
from midun.lib.tlog.keys import Algorithm, Signer, Verifier
from midun.lib.tlog.note import open_checkpoint, parse_note, sign_text
from midun.lib.tlog.witness import AddCheckpoint, Reply, WitnessClient
from tests.lib.tlog.building import KEY, KEY_PQ, KEY_SM2, ORIGIN, in_memory

NAME = "witness.example.org/lite"
PROGRAMS = ("litewitness", "witnessctl", "ssh-agent", "ssh-add", "ssh-keygen")


@contextmanager
def litewitness(folder: Path, log: Verifier = KEY.verifier) -> Iterator[tuple[str, Verifier]]:
    """The witness on a free port with a new key, knowing the log of that key; gives its address and its key."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        address = f"127.0.0.1:{found.getsockname()[1]}"
    signer, agent = Signer.generate(NAME, Algorithm.ED25519_COSIGNATURE), folder / "agent.sock"
    fingerprint = _key_file(folder, signer)
    database = ["-db", str(folder / "db"), "-origin", log.name]
    subprocess.run(["witnessctl", "add-log", *database], check=True, capture_output=True)
    subprocess.run(["witnessctl", "add-key", *database, "-key", log.vkey], check=True, capture_output=True)
    with subprocess.Popen(["ssh-agent", "-D", "-a", str(agent)], stdout=subprocess.DEVNULL) as keeper:
        try:
            _wait(agent.exists)
            environment = {**os.environ, "SSH_AUTH_SOCK": str(agent)}
            subprocess.run(["ssh-add", "-q", str(folder / "key")], env=environment, check=True)
            command = ["litewitness", "-db", str(folder / "db"), "-key", fingerprint, "-name", NAME]
            command += ["-listen", address, "-ssh-agent", str(agent)]
            with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
                try:
                    _wait(lambda: _listens(address))
                    yield f"http://{address}", signer.verifier
                finally:
                    process.terminate()
        finally:
            keeper.terminate()


def _key_file(folder: Path, signer: Signer) -> str:
    key = Ed25519PrivateKey.from_private_bytes(signer.private)
    path = folder / "key"
    path.touch(mode=0o600)
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    shown = subprocess.run(["ssh-keygen", "-lf", str(path)], check=True, capture_output=True, text=True).stdout
    return shown.split()[1]


def _listens(address: str) -> bool:
    host, port = address.rsplit(":", 1)
    try:
        socket.create_connection((host, int(port)), 1).close()
    except OSError:
        return False
    return True


def _wait(ready: object) -> None:
    until = time.monotonic() + 20
    while not ready():  # type: ignore[operator]  # a function without arguments
        if time.monotonic() > until:
            raise SystemExit("litewitness did not start")
        time.sleep(0.05)


def exchange(folder: Path) -> dict[str, object]:
    """Grow a log under its eyes, then lie to it; gives what was said. Raises AssertionError for a broken promise."""
    parts = in_memory(folder)
    parts.signers = [KEY, KEY_SM2, KEY_PQ]
    now = int(time.time())
    log, accepted = parts.start(now), []
    with litewitness(folder) as (url, key), closing(Connection()) as connection:

        def post(address: str, body: bytes) -> Reply:
            return Reply(*connection.post(address, body, "text/plain"))

        client = WitnessClient(url, [key], post)
        for number, size in enumerate((300, 5000, 1, 255)):
            log.commit([f"{number}-{n}".encode() for n in range(size)], now)
            signatures = client.cosign(log.checkpoint, log.nodes, int(time.time()))
            note = parse_note(log.checkpoint).with_signatures(signatures).encode()
            assert key in open_checkpoint(note, [KEY.verifier], [key]).signed
            accepted.append(b64encode(note).decode())
        fresh = WitnessClient(url, [key], post)
        assert fresh.cosign(log.checkpoint, log.nodes, int(time.time())), "a client that forgot learns the size"
        refused = {name: post(f"{url}/add-checkpoint", body).status for name, body in lies(log.checkpoint).items()}
        client.cosign(log.checkpoint, log.nodes, int(time.time()))
    assert not {200} & set(refused.values()), refused
    source = "litewitness 0.9.0 (Debian torchwood 0.9.0-6)"
    return {"source": source, "key": key.vkey, "accepted": accepted, "refused": refused}


def lies(checkpoint: bytes) -> dict[str, bytes]:
    """Requests an honest witness refuses."""
    head = parse_note(checkpoint).text.split("\n")
    size = int(head[1])
    grown = checkpoint.replace(b"\n%d\n" % size, b"\n%d\n" % (size + 1))

    def signed(new: int, root: bytes, signer: Signer = KEY, origin: str = ORIGIN) -> bytes:
        return sign_text(Checkpoint(origin, new, root).text(), [signer], 1).encode()

    stranger = Signer.generate(ORIGIN, Algorithm.ED25519)
    return {
        "another root of the same size": AddCheckpoint(size, [], signed(size, b"x" * 32)).encode(),
        "a longer history without a proof": AddCheckpoint(size, [], signed(size + 1, b"x" * 32)).encode(),
        "a longer history with a false proof": AddCheckpoint(
            size, [b"p" * 32] * 5, signed(size + 9, b"x" * 32)
        ).encode(),
        "a history from the beginning again": AddCheckpoint(0, [], signed(3, b"x" * 32)).encode(),
        "a smaller tree": AddCheckpoint(size - 1, [], signed(size - 1, b"x" * 32)).encode(),
        "signed by a stranger": AddCheckpoint(size, [], signed(size + 1, b"x" * 32, stranger)).encode(),
        "signed by our SM2 key alone": AddCheckpoint(size, [], signed(size + 1, b"x" * 32, KEY_SM2)).encode(),
        "another log": AddCheckpoint(0, [], signed(3, b"x" * 32, KEY, "other.example/log")).encode(),
        "a changed checkpoint": AddCheckpoint(size, [], grown).encode(),
    }


def main() -> int:
    """Run it; 0 also where the programs are absent, which is said."""
    absent = [name for name in PROGRAMS if shutil.which(name) is None]
    if absent:
        print(f"litewitness: not run, {', '.join(absent)} not installed")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        try:
            said = exchange(Path(folder))
        except (AssertionError, Refused) as broken:
            print(f"BROKEN litewitness: {broken}")
            return 1
    print(f"litewitness: {len(said['accepted'])} checkpoints accepted, refused: {said['refused']}")  # type: ignore[arg-type]  # a list
    if sys.argv[1:2] == ["--record"]:
        Path(sys.argv[2]).write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
