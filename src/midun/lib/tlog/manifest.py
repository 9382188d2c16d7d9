"""Manifests of file sets: one commitment for a folder, from which each file can be shown without its siblings."""

import hmac
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

from midun.lib.tlog.commitment import (
    SALT_BYTES,
    Commitment,
    Digests,
    Kind,
    commit,
    commit_file,
    digest_file,
)
from midun.lib.tlog.encoding import from_base64, to_base64
from midun.lib.tlog.errors import Reason, Refused
from midun.lib.tlog.merkle import SHA256, Node, TreeHash, inclusion_proof, tree_root
from midun.lib.tlog.opening import InSet, Opening, valid_path
from midun.lib.tlog.sm3 import SM3

FORMAT = "midun-manifest/1"
_SET_SALT = b"midun-set-salt/v1"
_FILE_SALT = b"midun-file-salt/v1\0"


@dataclass(frozen=True)
class Scan:
    """What lies in a folder: regular files by their paths, sorted; and what a set cannot hold (links, devices)."""

    files: tuple[str, ...]
    skipped: tuple[str, ...]


def scan(folder: Path) -> Scan:
    """Look through a folder and all below it. Links are not followed.

    Raises `Refused(FILE_NAME)` for a name that is not UTF-8 or too long, OSError.
    """
    files, skipped, waiting = [], [], [""]
    while waiting:
        below = waiting.pop()
        with os.scandir(folder / below) as items:
            for item in items:
                path = f"{below}/{item.name}" if below else item.name
                if item.is_dir(follow_symlinks=False):
                    waiting.append(path)
                elif not item.is_file(follow_symlinks=False):
                    skipped.append(path)
                elif not valid_path(path):
                    raise Refused(Reason.FILE_NAME, path.encode("utf-8", "replace").decode()[:200])
                else:
                    files.append(path)
    return Scan(tuple(sorted(files)), tuple(sorted(skipped)))


class _Levels:
    """All complete subtrees over the leaves, for proofs."""

    def __init__(self, tree: TreeHash, leaves: Sequence[bytes]) -> None:
        self.tree = tree
        self._rows = [[tree.leaf(leaf) for leaf in leaves]]
        while len(self._rows[-1]) > 1:
            row = self._rows[-1]
            self._rows.append([tree.node(row[i], row[i + 1]) for i in range(0, len(row) - 1, 2)])

    def __call__(self, nodes: Sequence[Node]) -> list[bytes]:
        return [self._rows[node.height][node.number] for node in nodes]

    def root(self) -> bytes:
        return tree_root(len(self._rows[0]), self, self.tree)

    def proof(self, index: int) -> tuple[bytes, ...]:
        return tuple(inclusion_proof(index, len(self._rows[0]), self, self.tree))


class Manifest:
    """A set of files with their digests, under a secret set key. Memory: below 1 KiB per file."""

    def __init__(self, set_key: bytes, files: Mapping[str, Digests], meta: bytes = b"") -> None:
        """Raises ValueError (key, no files), `Refused(FILE_NAME)`."""
        if len(set_key) != SALT_BYTES or not files:
            raise ValueError("a set key has 32 bytes, a set at least one file")
        for path in files:
            if not valid_path(path):
                raise Refused(Reason.FILE_NAME, path.encode("utf-8", "replace").decode()[:200])
        self.set_key, self.files, self.meta = set_key, dict(files), meta
        leaves = {path: self._leaf(path, digests) for path, digests in files.items()}
        order = sorted(leaves, key=leaves.__getitem__)
        self._places = {path: place for place, path in enumerate(order)}
        self._trees = [_Levels(tree, [leaves[path] for path in order]) for tree in (SHA256, SM3)]

    @classmethod
    def of_folder(
        cls,
        folder: Path,
        set_key: bytes,
        *,
        meta: bytes = b"",
        progress: Callable[[str, int], None] | None = None,
    ) -> Self:
        """Digest the files of a folder, one MiB in memory at a time.

        `progress` is told the path and how many of its bytes are done. Raises as `scan` and `digest_file`. What `scan`
        skips (links, devices) is not in the set: look at its answer first.
        """
        files = {}
        for path in scan(folder).files:
            files[path] = digest_file(folder / path, partial(progress, path) if progress else None)
        return cls(set_key, files, meta)

    def _leaf(self, path: str, digests: Digests) -> bytes:
        return commit_file(digests, salt=self.file_salt(path), meta=path.encode()).leaf

    def file_salt(self, path: str) -> bytes:
        """The salt of one file; showing it shows nothing of the others."""
        return hmac.digest(self.set_key, _FILE_SALT + path.encode(), "sha256")

    @property
    def set_salt(self) -> bytes:
        """The salt of the set's own commitment."""
        return hmac.digest(self.set_key, _SET_SALT, "sha256")

    def commitment(self) -> Commitment:
        """What is deposited for the whole set."""
        one, two = (levels.root() for levels in self._trees)
        return commit(Kind.SET, salt=self.set_salt, number=len(self.files), sha256=one, sm3_digest=two, meta=self.meta)

    def open(self, path: str) -> Opening:
        """The opening of one file, which tells no other file's path, size, digest or salt. Raises KeyError."""
        place = self._places[path]
        one, two = (levels.proof(place) for levels in self._trees)
        in_set = InSet(path, self.file_salt(path), place, len(self.files), one, two)
        return Opening(self.set_salt, self.meta, self.files[path], in_set)

    def lines(self) -> Iterator[bytes]:
        """The manifest file, line by line; whoever has it can open everything."""
        head = {"format": FORMAT, "set_key": self.set_key.hex(), "meta": to_base64(self.meta), "files": len(self.files)}
        yield json.dumps(head).encode() + b"\n"
        for path in sorted(self.files):
            found = self.files[path]
            row = [path, found.size, found.sha256.hex(), found.sm3.hex()]
            yield json.dumps(row, ensure_ascii=False).encode() + b"\n"

    @classmethod
    def read(cls, lines: Iterable[bytes]) -> Self:
        """Read a manifest file. Raises `Refused(OPENING_MALFORMED)`."""
        try:
            rows = (json.loads(line.decode()) for line in lines)
            head = next(rows)
            listed = [_file(row) for row in rows]
            files = dict(listed)
            if head["format"] != FORMAT or not head["files"] == len(listed) == len(files):
                raise ValueError("format, number of files, or a path twice")  # noqa: TRY301  # one place says malformed
            meta = from_base64(head["meta"], Reason.OPENING_MALFORMED)
            return cls(bytes.fromhex(head["set_key"]), files, meta)
        except Refused:
            raise
        except (ValueError, KeyError, TypeError, StopIteration, RecursionError) as error:
            raise Refused(Reason.OPENING_MALFORMED, str(error)[:80]) from error


def _file(row: Any) -> tuple[str, Digests]:
    path, size, sha256, sm3_digest = row
    if not isinstance(path, str) or type(size) is not int or not 0 <= size < 1 << 63:
        raise ValueError("row of a file")
    return path, Digests(size, bytes.fromhex(sha256), bytes.fromhex(sm3_digest))
