"""The folder of a witness: `witness.key`, `memory.sqlite3`, `logs/*.txt` (public keys of a log, one a line)."""

import os
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from midun.kernel.files.keyfile import kept
from midun.lib.tlog.checkpoint import parse_checkpoint
from midun.lib.tlog.errors import Reason, Refused
from midun.lib.tlog.keys import Algorithm, Signer, Verifier
from midun.lib.tlog.note import open_checkpoint, signature_of
from midun.lib.tlog.witness_server import Latest, WitnessState


@dataclass(frozen=True)
class WitnessFolder:
    """Where a witness keeps what it has. Nothing is ever made by opening it."""

    path: Path

    @property
    def key_file(self) -> Path:
        """The private keys, one a line."""
        return self.path / "witness.key"

    @property
    def memory(self) -> Path:
        """What has been cosigned: whoever loses it must not go on with the same key."""
        return self.path / "memory.sqlite3"

    @classmethod
    def create(cls, path: Path, name: str) -> "WitnessFolder":
        """A new witness under that name, with an Ed25519 and an ML-DSA-44 key. Raises FileExistsError, `Refused`."""
        folder = cls(path)
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        if folder.key_file.exists() or folder.memory.exists():
            raise FileExistsError(str(path))
        signers = [
            Signer.generate(name, kind) for kind in (Algorithm.ED25519_COSIGNATURE, Algorithm.MLDSA44_COSIGNATURE)
        ]
        text = "".join(f"{signer.skey}\n" for signer in signers if signer.verifier)
        WitnessState.create(folder.memory).close()
        kept(folder.key_file, text.encode)
        (path / "logs").mkdir(exist_ok=True)
        return folder

    def signers(self) -> list[Signer]:
        """The keys. Raises FileNotFoundError, `Refused`."""
        return [Signer.parse(line) for line in self.key_file.read_text(encoding="utf-8").split("\n") if line]

    def logs(self) -> dict[str, list[Verifier]]:
        """The logs it watches: origin → public keys. Lines beginning with # are ignored. Raises `Refused`."""
        found: dict[str, list[Verifier]] = {}
        for file in sorted((self.path / "logs").glob("*.txt")):
            for line in file.read_text(encoding="utf-8").splitlines():
                if line.strip() and not line.startswith("#"):
                    key = Verifier.parse(line.strip().removeprefix("log ").strip())
                    found.setdefault(key.name, []).append(key)
        return found

    def add_log(self, keys: list[Verifier]) -> Path:
        """Watch one more log. Raises FileExistsError if it is watched already."""
        name = "".join(letter if letter.isalnum() or letter in ".-" else "-" for letter in keys[0].name)
        path = self.path / "logs" / f"{name}.txt"
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "w", encoding="utf-8") as file:
            file.write("".join(f"{key.vkey}\n" for key in keys))
        return path

    def sign(self, checkpoint: bytes, now: int) -> list[str]:
        """Cosign one checkpoint by hand: a notary's confirmation. It must not contradict what was cosigned before.

        There is no proof to check here, so a bigger tree than the one cosigned last is signed on the notary's own
        responsibility and remembered; a smaller or another one is refused. Raises `Refused`.
        """
        origin = parse_checkpoint(checkpoint.decode().partition("\n\n")[0] + "\n").origin
        opened = open_checkpoint(checkpoint, self.logs().get(origin, []))
        head = opened.checkpoint
        with closing(WitnessState(self.memory)) as state, state.transaction():
            latest = state.latest(origin)
            if head.size < latest.size or (head.size == latest.size and head.root != latest.root):
                raise Refused(Reason.CONSISTENCY_WRONG, f"size {head.size}, cosigned before: {latest.size}")
            made = [signature_of(signer, opened.note.text, now) for signer in self.signers()]
            state.record(origin, Latest(head.size, head.root, opened.note.with_signatures(made).encode()))
        return [item.line().rstrip("\n") for item in made]
