"""The same verdict from the library and from `verify.py`, on every good and every tampered bundle."""

import ast
import hashlib
import json
import random
import re
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midun.lib.bundle.container import Unsound, pack, unpack
from midun.lib.bundle.contents import read_bundle
from midun.lib.bundle.single_file import verify_py
from midun.lib.bundle.verdict import SENTENCE_OF
from midun.lib.bundle.verifying import verify_bundle
from tests.lib.bundle import building, tampering


@pytest.fixture(scope="session")
def single():
    """`check_bundle` of the one file."""
    names = {"__name__": "verify"}
    exec(compile(verify_py(), "verify.py", "exec"), names)  # noqa: S102  # it is ours
    return names["check_bundle"]


def both(single, data, given, *, same_reason=True):
    ours = verify_bundle(data, **given)
    file = given.get("file")
    beside = {**given, **({"file": (file.size, file.sha256, file.sm3)} if file else {})}
    theirs = single(data, **beside)
    if not same_reason and ours.reason == "token-malformed":
        return ours  # the library is stricter about bytes of a token that nobody signs and that say nothing
    if same_reason:
        assert json.loads(ours.encode()) == json.loads(json.dumps(theirs))
    assert (ours.status.value, ours.where) == (theirs["status"], theirs["where"]), (ours, theirs)
    return ours


def test_what_holds_is_valid_for_both(single, one, many):
    for name, data, beside, status in tampering.good(one, many):
        verdict = both(single, data, beside, same_reason=True)
        assert (verdict.status.value, verdict.reason) == (status, ""), (name, verdict)


def test_larger_curves_hold_too(single, tmp_path):
    case = building.other_curves(tmp_path)
    assert both(single, case.bundle.encode(), {}).status == "valid"
    hurt = case.bundle.tokens[1].response
    token = replace(case.bundle.tokens[1], response=tampering.flip(hurt, len(hurt) - 5))
    changed = case.with_bundle(tokens=(case.bundle.tokens[0], token)).bundle.encode()
    assert both(single, changed, {}).reason == "token-signature-invalid"


def test_every_hurt_is_named_the_same_by_both(single, one, many):
    wrong, names = [], set()
    for hurt in tampering.cases(one, many):
        verdict = both(single, hurt.data, hurt.given)
        if (verdict.status.value, verdict.reason, verdict.where) != ("invalid", hurt.reason, hurt.where):
            wrong.append((hurt.name, verdict.reason, verdict.where, verdict.detail))
        elif verdict.steps[-1].state != "failed" or SENTENCE_OF[hurt.reason] not in verdict.sentence:
            wrong.append((hurt.name, verdict.sentence))
        names.add(hurt.name)
    assert not wrong, repr(wrong)[:3000]
    assert len(names) > 150


def test_a_bit_of_any_byte_is_noticed(one):
    """Also in headers, times and names, and in the papers nobody signs."""
    data = one.bundle.encode()
    generator = random.Random(1)  # noqa: S311  # no secret
    for at in range(len(data)):
        hurt = data[:at] + bytes([data[at] ^ 1 << generator.randrange(8)]) + data[at + 1 :]
        with pytest.raises(Unsound, match="container-"):
            unpack(hurt)


def test_a_bit_of_any_byte_of_any_member_is_noticed_after_resealing(single, one):
    """The list fits again, the seal fits again: what is signed must still say no. Papers are not signed."""
    data = one.bundle.encode()
    members = unpack(data)
    generator = random.Random(2)  # noqa: S311  # no secret
    for name in ("proof.tlog-proof", "checkpoint.txt", "timestamps/01.tsr", "timestamps/02.tsr"):
        content = members[name]
        for at in generator.sample(range(len(content)), 40):
            hurt = content[:at] + bytes([content[at] ^ 1 << generator.randrange(8)]) + content[at + 1 :]
            verdict = both(
                single, tampering.resealed({**members, name: hurt}), {}, same_reason=not name.endswith(".tsr")
            )
            if verdict.status == "valid":  # a bit that no signature covers and no meaning has: none may be left
                unsigned = unsigned_of(members, name)
                assert any(begin <= at < end for begin, end in unsigned), (name, at)


def unsigned_of(members, name):
    """Ranges nobody signs. Of a token: its frame, before the signed statement and after the certificates. Of a proof:
    name and key ID of one of the log's two signatures, without which it is a stranger's, and one is enough."""
    content = members[name]
    if name.endswith(".tsr"):
        return [(0, content.index(bytes.fromhex("060b2a864886f70d0109100104")))]
    lines = [found.start() for found in re.finditer("— log".encode(), content)]
    return [(begin, content.index(b" ", begin + 4) + 7) for begin in lines]


def test_equal_contents_give_equal_bytes(one):
    data = one.bundle.encode()
    assert read_bundle(data) == one.bundle
    assert read_bundle(data).encode() == data
    assert pack(unpack(data)) == data


@given(st.binary(max_size=400))
def test_nothing_but_unsound_comes_out_of_any_bytes(data):
    for prefix in (b"", b"PK\3\4"):
        with pytest.raises(Unsound):
            unpack(prefix + data)


@given(st.dictionaries(st.sampled_from(["README.txt", "policy.txt", "verify.py"]), st.binary(max_size=99)))
def test_any_members_come_back(members):
    assert unpack(pack(members)) == members


def test_the_vector_of_the_format():
    whole = pack({"checkpoint.txt": b"a\n", "README.txt": b"b\n"})
    assert len(whole) == 305
    assert hashlib.sha256(whole).hexdigest() == "5a9acdb19a1bbe5b8140d250e427ec8aa9055f2138f77c07b2042855afd8dd08"


def test_the_one_file_needs_no_more_than_python_3_8():
    """It parses as 3.8, imports the standard library only, and no two of its parts share a name."""
    tree = ast.parse(verify_py(), feature_version=(3, 8))
    imported = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {alias.name for node in imported if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in imported if isinstance(node, ast.ImportFrom)}
    assert names <= set(sys.stdlib_module_names)
    top = [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    top += [
        n.id
        for a in tree.body
        if isinstance(a, ast.Assign)
        for n in ast.walk(a)
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    ]
    assert len(top) == len(set(top))
    newer = {"removeprefix", "removesuffix", "randbytes", "is_relative_to", "bit_count", "pairwise", "batched"}
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not used & newer


def test_the_one_file_runs_alone(one, tmp_path):
    """In an empty folder, isolated from everything installed: exit codes and sentences."""
    paths = {"verify.py": verify_py(), "b.zip": one.bundle.encode(), "o.json": one.opening, "f": building.CONTENT}
    for name, data in paths.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "bad.zip").write_bytes(tampering.flip(paths["b.zip"], 300))
    (tmp_path / "early.zip").write_bytes(one.with_bundle(tokens=()).bundle.encode())

    def run(*arguments):
        command = [sys.executable, "-I", "-S", "verify.py", *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    code, said = run("b.zip", "f", "--opening", "o.json")
    assert (code, "[通过] 出示的文件与存证时完全相同。" in said, "核验通过。" in said) == (0, True, True)
    assert run("b.zip", "--opening", "o.json", "f") == (code, said)
    assert run("bad.zip")[0] == 1
    assert run("early.zip")[0] == 3
    assert run("b.zip", "verify.py", "--opening", "o.json")[0] == 1
    assert (run()[0], run("none.zip")[0], run("b.zip", "f")[0]) == (2, 2, 2)
    assert json.loads(run("b.zip", "--json")[1])["status"] == "valid"
