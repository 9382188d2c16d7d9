"""The folder a secrecy officer keeps: marking keys, signing keys, trusted keys, registry of copies."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from midun.lib.marking.errors import Reason, Refused
from midun.lib.marking.keys import MarkKey
from midun.lib.marking.label.signing import Algorithm, SigningKey
from midun.lib.marking.registry import REGISTRY_NAME

PRIVATE = 32
"""Bytes of a signing key."""


@dataclass(frozen=True)
class Home:
    """The folder (default `~/.midun-marks`). Whoever loses it can trace nothing; it is as secret as the files."""

    path: Path

    @classmethod
    def of(cls, given: Path | None) -> "Home":
        """The folder given, or that of MIDUN_MARKS, or the default."""
        return cls(given or Path(os.environ.get("MIDUN_MARKS") or Path.home() / ".midun-marks"))

    @property
    def registry(self) -> Path:
        """Where the registry stands."""
        return self.path / REGISTRY_NAME

    def mark_key(self) -> MarkKey:
        """The newest marking key; made on first use."""
        held = self.mark_keys()
        if held:
            return held[-1]
        key = MarkKey.new()
        write_secret(self.path / "mark-0.json", {"format": "midun-mark-key/1", "number": 0, "secret": key.secret.hex()})
        return key

    def mark_keys(self) -> list[MarkKey]:
        """All marking keys by number.

        Raises:
            Refused: KEY, a file is damaged.

        """
        found = []
        for path in self.path.glob("mark-*.json"):
            held = _read(path)
            try:
                found.append(MarkKey(bytes.fromhex(held["secret"]), int(held["number"])))
            except (KeyError, ValueError, TypeError) as error:
                raise Refused(Reason.KEY, f"密钥文件 {path.name} 已损坏。") from error
        return sorted(found, key=lambda key: key.number)

    def author_key(self) -> SigningKey:
        """The key that signs labels here; made on first use."""
        path = self.path / "author.json"
        if not path.exists():
            new_signing_key(path, Algorithm.ED25519)
        return signing_key(path)

    def trusted(self) -> set[bytes]:
        """Public keys whose labels count as known: our own, and those in `trusted.txt`, one in hex on each line."""
        path = self.path / "trusted.txt"
        lines = path.read_text("utf-8").split("\n") if path.exists() else []
        try:
            known = {bytes.fromhex(line.split("#")[0].strip()) for line in lines}
        except ValueError as error:
            raise Refused(Reason.KEY, "trusted.txt 中有不是十六进制的公钥。") from error
        if (self.path / "author.json").exists():
            known.add(self.author_key().public)
        return known - {b""}


def signing_key(path: Path) -> SigningKey:
    """Read a signing key.

    Raises:
        Refused: KEY.

    """
    return _signing_key(_read(path), path.name)


def signing_key_of(content: bytes) -> SigningKey:
    """The signing key that a file's content holds.

    Raises:
        Refused: KEY.

    """
    try:
        held = json.loads(content)
    except ValueError as error:
        raise Refused(Reason.KEY, "所选文件不是签名密钥。") from error
    return _signing_key(held, "文件")


def _signing_key(held: dict[str, str], name: str) -> SigningKey:
    try:
        private = bytes.fromhex(held["private"])
        if len(private) != PRIVATE:
            raise Refused(Reason.KEY, f"签名密钥{name}已损坏。")
        return SigningKey(Algorithm(held["algorithm"]), private)
    except (KeyError, ValueError, TypeError) as error:
        raise Refused(Reason.KEY, f"签名密钥 {name} 已损坏。") from error


def new_signing_key(path: Path, algorithm: Algorithm) -> SigningKey:
    """Make a signing key in a new file that only its owner may read."""
    key = SigningKey.new(algorithm)
    write_secret(path, {"format": "midun-signing-key/1", "algorithm": str(algorithm), "private": key.private.hex()})
    return key


def write_secret(path: Path, content: dict[str, object]) -> None:
    """Write a new file with mode 0600.

    Raises:
        Refused: EXISTS.

    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise Refused(Reason.EXISTS, f"{path.name} 已存在，没有覆盖。") from error
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(content, file)


def _read(path: Path) -> dict[str, str]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise Refused(Reason.KEY, f"密钥文件 {path.name} 无法读取。") from error
    if not isinstance(found, dict):
        raise Refused(Reason.KEY, f"密钥文件 {path.name} 已损坏。")
    return found
