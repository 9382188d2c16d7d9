"""Bundles for tests: a small log with two witnesses, deposits of a file and of a set, and what goes with them."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from midun.lib.bundle.contents import Bundle, Token, note_text
from midun.lib.timestamp.authority import Authority
from midun.lib.timestamp.issuing import development_identity
from midun.lib.timestamp.keys import KeyKind
from midun.lib.timestamp.messages import Request, Response
from midun.lib.timestamp.pem import certificates_to_pem
from midun.lib.timestamp.renewal import covered
from midun.lib.timestamp.token import Imprint
from midun.lib.tlog.checkpoint import Checkpoint
from midun.lib.tlog.commitment import Digests, Entry, Kind, commit_file, digest_chunks
from midun.lib.tlog.keys import Algorithm, Signer
from midun.lib.tlog.manifest import Manifest
from midun.lib.tlog.merkle import SHA256, Frontier, Node, inclusion_proof
from midun.lib.tlog.note import sign_text
from midun.lib.tlog.opening import Opening
from midun.lib.tlog.proof import Proof, parse_proof
from tests.lib.bundle.authority import Authority as OpenSsl

ORIGIN = "log.example.cn/evidence"
LOG = Signer(ORIGIN, Algorithm.ED25519, b"\1" * 32)
LOG_SM2 = Signer(ORIGIN, Algorithm.SM2, b"\2" * 32)
WITNESSES = [
    Signer("witness.example.org", Algorithm.ED25519_COSIGNATURE, b"\4" * 32),
    Signer("公证处.example.cn", Algorithm.ED25519_COSIGNATURE, b"\5" * 32),
]
POST_QUANTUM = Signer("pq.example.org", Algorithm.MLDSA44_COSIGNATURE, b"\6" * 32)
STRANGER = Signer("stranger.example.net", Algorithm.ED25519_COSIGNATURE, b"\7" * 32)
NOW = 1_750_000_000
CONTENT = "配方：三份甲，一份乙。\n".encode()
STATEMENT = '{"format":"midun-source/1","who":"研发部 张三"}'.encode()
DEPOSIT = UUID("8f14e45f-ceea-8000-8000-00000000002a")
CREATED = datetime(2025, 6, 16, 3, 4, 5, tzinfo=UTC)
SIZE, INDEX = 1000, 417


def policy_text(logs=(LOG, LOG_SM2), witnesses=WITNESSES, quorum="all"):
    lines = ["# who is believed"]
    lines += [f"log {key.verifier.vkey}" for key in logs]
    lines += [f"witness w{n} {key.verifier.vkey}" for n, key in enumerate(witnesses)]
    names = " ".join(f"w{n}" for n in range(len(witnesses)))
    lines += [f"group both {quorum} {names}", "quorum both"] if witnesses else ["quorum none"]
    return ("\n".join(lines) + "\n").encode()


def proof_of(entry, *, signers=(LOG, LOG_SM2, *WITNESSES), index=INDEX, size=SIZE):
    """The entry among others in a tree, under a signed checkpoint."""
    entries = [b"other entry %d" % n for n in range(size)]
    entries[index] = entry
    tree = Frontier()
    rows = tree.extend([SHA256.leaf(item) for item in entries])

    def nodes(wanted: list[Node]):
        return [rows[node.height][node.number] for node in wanted]

    note = sign_text(Checkpoint(ORIGIN, size, tree.root()).text(), signers, NOW)
    return Proof(index, inclusion_proof(index, size, nodes), note.encode(), entry)


@dataclass
class Case:
    """A deposit: the bundle, the opening that goes with it, the digests of its file."""

    bundle: Bundle
    opening: bytes
    file: Digests

    def with_bundle(self, **changes):
        return Case(replace(self.bundle, **changes), self.opening, self.file)

    @property
    def text(self):
        return note_text(parse_proof(self.bundle.proof))


def one_file(*, authorities=(), **signers):
    """One file with a statement; a token by each authority."""
    file = digest_chunks([CONTENT])
    opening = Opening(b"\x0a" * 32, STATEMENT, file)
    entry = Entry(Kind.FILE, commit_file(file, salt=opening.salt, meta=STATEMENT), b"\x0b" * 32, NOW - 60)
    proof = proof_of(entry.encode(), **signers).encode()
    text = note_text(parse_proof(proof))
    tokens = tuple(Token(each.stamp(text), each.chain) for each in authorities)
    papers = {"README.txt": "怎样核验\n".encode(), "certificate.pdf": b"%PDF-1.7 paper"}
    return Case(Bundle(DEPOSIT, CREATED, proof, policy_text(), tokens, STATEMENT, papers), opening.encode(), file)


def development(case, kinds=tuple(KeyKind), *, renewed=False):
    """The deposit with tokens of the development authority instead, and a renewal of the last one."""
    at, tokens, before = datetime.fromtimestamp(NOW + 3600, UTC), [], []
    for kind in kinds:
        identity = development_identity(kind, at, timedelta(days=365))
        chain = certificates_to_pem([identity.root]).encode()
        for stamped in [case.text, *([None] if renewed else [])]:
            data = covered(case.text, before) if stamped is None else stamped
            digest = identity.key.digest
            asked = Request(Imprint(digest, digest.of(data)), None, 7, certificates=True).encode()
            answer = Authority(identity).respond(asked, at + timedelta(days=len(tokens)))
            before = [Response.parse(answer).granted()]
            tokens.append(Token(answer, chain))
    return case.with_bundle(tokens=tuple(tokens))


def other_curves(folder):
    """The deposit with tokens on the larger curves."""
    return one_file(authorities=[OpenSsl(folder / kind, kind) for kind in ("p384", "p521")])


def file_set(*, authorities=(), count=21):
    """A set of files without a statement; the opening shows one of them."""
    files = {f"设计/图纸-{n:03}.dwg": digest_chunks([b"drawing %d" % n]) for n in range(count)}
    manifest = Manifest(b"\x0c" * 32, files)
    entry = Entry(Kind.SET, manifest.commitment(), b"\x0b" * 32)
    proof = proof_of(entry.encode()).encode()
    tokens = tuple(Token(each.stamp(note_text(parse_proof(proof))), each.chain) for each in authorities)
    path = "设计/图纸-007.dwg"
    return Case(Bundle(DEPOSIT, CREATED, proof, policy_text(), tokens), manifest.open(path).encode(), files[path])
