import json
from base64 import b64decode
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from midun.lib.tlog.errors import Reason, Refused
from midun.lib.tlog.merkle import (
    SHA256,
    Frontier,
    consistency_proof,
    inclusion_proof,
    tree_root,
    verify_consistency,
    verify_inclusion,
)
from tests.lib.tlog import naive

VECTORS = json.loads((Path(__file__).parent / "vectors" / "merkle.json").read_text())
LEAVES = [bytes.fromhex(leaf) for leaf in VECTORS["leaves"]]
ROOTS = [bytes.fromhex(root) for root in VECTORS["roots"]]

numbers = st.integers(0, 400)


def entries(n):
    return [n.to_bytes(3, "big") * 2 for n in range(n)]


def nodes_of(data):
    """Every node of the tree over these entries, from their own definition."""
    return lambda nodes: [naive.mth(data[i << h : (i + 1) << h]) for h, i in nodes]


def unpack(case, *names):
    return [b64decode(case[name]) for name in names], [b64decode(item) for item in case["proof"]]


@pytest.mark.parametrize("size", range(9))
def test_published_roots(size):
    edge = Frontier()
    edge.extend(SHA256.leaf(leaf) for leaf in LEAVES[:size])
    assert edge.root() == ROOTS[size] == tree_root(size, nodes_of(LEAVES))
    assert edge.size == size


@pytest.mark.parametrize("case", VECTORS["inclusion"], ids=lambda c: f"{c['leafIdx']}-{c['treeSize']}")
def test_published_inclusion_proofs(case):
    (root, leaf), proof = unpack(case, "root", "leafHash")
    index, size = case["leafIdx"], case["treeSize"]
    verify_inclusion(leaf=leaf, index=index, size=size, proof=proof, root=root)
    assert inclusion_proof(index, size, nodes_of(LEAVES)) == proof


@pytest.mark.parametrize("case", VECTORS["consistency"], ids=lambda c: f"{c['size1']}-{c['size2']}")
def test_published_consistency_proofs(case):
    (one, two), proof = unpack(case, "root1", "root2")
    verify_consistency(old=case["size1"], old_root=one, new=case["size2"], new_root=two, proof=proof)
    assert consistency_proof(case["size1"], case["size2"], nodes_of(LEAVES)) == proof


def inclusion_mutations(index, size, leaf, proof, root):
    """The classes of the published negative cases (testdata/inclusion/*)."""
    junk = b"\x5a" * 32
    same = {"index": index, "size": size, "leaf": leaf, "proof": proof, "root": root}
    yield "index - 1", same | {"index": index - 1}
    yield "index + 1", same | {"index": index + 1}
    yield "index ^ 2", same | {"index": index ^ 2}
    yield "size * 2", same | {"size": size * 2}
    yield "size / 2", same | {"size": size // 2}
    yield "wrong leaf", same | {"leaf": junk}
    yield "empty root", same | {"root": b""}
    yield "random root", same | {"root": junk}
    yield "trailing garbage", same | {"proof": [*proof, b""]}
    yield "trailing root", same | {"proof": [*proof, root]}
    yield "preceding garbage", same | {"proof": [b"", *proof]}
    yield "preceding root", same | {"proof": [root, *proof]}
    for place, item in enumerate(proof):
        yield (
            f"bit in {place}",
            same | {"proof": [*proof[:place], bytes([item[0] ^ 8]) + item[1:], *proof[place + 1 :]]},
        )
        yield f"removed {place}", same | {"proof": proof[:place] + proof[place + 1 :]}
        yield f"inserted {place}", same | {"proof": [*proof[:place], junk, *proof[place:]]}


@pytest.mark.parametrize("case", VECTORS["inclusion"], ids=lambda c: f"{c['leafIdx']}-{c['treeSize']}")
def test_it_rejects_every_published_class_of_wrong_inclusion(case):
    (root, leaf), proof = unpack(case, "root", "leafHash")
    for _name, wrong in inclusion_mutations(case["leafIdx"], case["treeSize"], leaf, proof, root):
        with pytest.raises(Refused) as refused:
            verify_inclusion(**wrong)
        assert refused.value.reason in {Reason.INDEX_BEYOND_TREE, Reason.PROOF_LENGTH, Reason.INCLUSION_WRONG}


def consistency_mutations(old, old_root, new, new_root, proof):
    """The classes of the published negative cases (testdata/consistency/*)."""
    junk = b"\x5a" * 32
    same = {"old": old, "old_root": old_root, "new": new, "new_root": new_root, "proof": proof}
    yield same | {"old": old - 1}
    yield same | {"old": old + 1}
    yield same | {"old": old ^ 2}
    yield same | {"new": new * 2}
    yield same | {"new": new // 2}
    yield same | {"old_root": junk}
    yield same | {"new_root": junk}
    yield same | {"old_root": new_root, "new_root": old_root}
    yield same | {"proof": []}
    yield same | {"proof": [*proof, b""]}
    yield same | {"proof": [b"", *proof]}
    yield same | {"proof": [old_root, *proof]}
    yield same | {"proof": [new_root, *proof]}
    yield same | {"proof": [*proof, old_root]}
    yield same | {"proof": [*proof, new_root]}
    for place, item in enumerate(proof):
        yield same | {"proof": [*proof[:place], bytes([item[0] ^ 16]) + item[1:], *proof[place + 1 :]]}
        yield same | {"proof": proof[:place]}


@pytest.mark.parametrize("case", VECTORS["consistency"], ids=lambda c: f"{c['size1']}-{c['size2']}")
def test_it_rejects_every_published_class_of_wrong_consistency(case):
    (one, two), proof = unpack(case, "root1", "root2")
    for wrong in consistency_mutations(case["size1"], one, case["size2"], two, proof):
        with pytest.raises(Refused):
            verify_consistency(**wrong)


def test_equal_and_empty_trees_need_no_proof():
    root = naive.mth(entries(5))
    verify_consistency(old=5, old_root=root, new=5, new_root=root, proof=[])
    verify_consistency(old=0, old_root=SHA256.empty, new=5, new_root=root, proof=[])
    for wrong in ({"old_root": b"x" * 32}, {"proof": [root]}):
        with pytest.raises(Refused):
            verify_consistency(**({"old": 5, "old_root": root, "new": 5, "new_root": root, "proof": []} | wrong))
        with pytest.raises(Refused):
            verify_consistency(
                **({"old": 0, "old_root": SHA256.empty, "new": 5, "new_root": root, "proof": []} | wrong)
            )


@settings(max_examples=60, deadline=None)
@given(st.data(), st.integers(1, 300))
def test_proofs_equal_the_recursive_definition(data, size):
    mine, index, old = entries(size), data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size))
    root, nodes = naive.mth(mine), nodes_of(mine)
    assert tree_root(size, nodes) == root
    proof = inclusion_proof(index, size, nodes)
    assert proof == naive.path(index, mine)
    verify_inclusion(leaf=SHA256.leaf(mine[index]), index=index, size=size, proof=proof, root=root)
    proof = consistency_proof(old, size, nodes)
    assert proof == (naive.proof(old, mine) if old else [])
    verify_consistency(old=old, old_root=naive.mth(mine[:old]), new=size, new_root=root, proof=proof)


def test_all_proofs_of_all_small_trees():
    for size in range(1, 34):
        mine = entries(size)
        root, nodes = naive.mth(mine), nodes_of(mine)
        for index in range(size):
            proof = inclusion_proof(index, size, nodes)
            verify_inclusion(leaf=SHA256.leaf(mine[index]), index=index, size=size, proof=proof, root=root)
            for other in range(size):
                if other != index:
                    with pytest.raises(Refused):
                        verify_inclusion(leaf=SHA256.leaf(mine[index]), index=other, size=size, proof=proof, root=root)


@given(st.integers(-5, 70), st.integers(-5, 70), st.lists(st.binary(min_size=32, max_size=32), max_size=8))
def test_verification_of_nonsense_ends_in_a_refusal(index, size, proof):
    with pytest.raises(Refused):
        verify_inclusion(leaf=b"l" * 32, index=index, size=size, proof=proof, root=b"r" * 32)
    with pytest.raises(Refused):
        verify_consistency(old=index, old_root=b"o" * 32, new=size, new_root=b"n" * 32, proof=proof)


def test_it_rejects_what_lies_outside_the_tree():
    for index, size in ((3, 3), (-1, 3), (0, 0)):
        with pytest.raises(Refused) as refused:
            inclusion_proof(index, size, nodes_of(LEAVES))
        assert refused.value.reason is Reason.INDEX_BEYOND_TREE
    with pytest.raises(Refused):
        consistency_proof(4, 3, nodes_of(LEAVES))


@given(st.lists(st.binary(max_size=9), max_size=70), st.integers(0, 70))
def test_the_edge_of_a_stored_tree_continues_it(data, cut):
    cut = min(cut, len(data))
    edge = Frontier()
    edge.load(cut, nodes_of(data))
    twin = edge.copy()
    edge.extend(SHA256.leaf(entry) for entry in data[cut:])
    assert edge.root() == naive.mth(data)
    assert (twin.size, twin.root()) == (cut, naive.mth(data[:cut]))


def test_every_reason_has_a_sentence():
    assert all(reason.sentence.endswith("。") for reason in Reason)
