from hypothesis import given
from hypothesis import strategies as st

from midun.lib.tlog.batch import BatchPaths
from midun.lib.tlog.encoding import to_base64
from midun.lib.tlog.merkle import SHA256, Node, inclusion_proof


def tree(count):
    leaves = [SHA256.leaf(str(number).encode()) for number in range(count)]

    def nodes(wanted):
        return [root(leaves[node.number << node.height : (node.number + 1) << node.height]) for node in wanted]

    return leaves, nodes


def root(hashes):
    while len(hashes) > 1:
        hashes = [SHA256.node(hashes[i], hashes[i + 1]) for i in range(0, len(hashes), 2)]
    return hashes[0]


@given(first=st.integers(0, 70), more=st.integers(1, 70), data=st.data())
def test_the_proofs_are_those_of_the_tree(first, more, data):
    size = first + more
    leaves, nodes = tree(size)
    paths = BatchPaths(first, leaves[first:], nodes)
    expected = [
        "".join(f"{to_base64(item)}\n" for item in inclusion_proof(index, size, nodes)).encode()
        for index in range(first, size)
    ]
    assert paths.lines(first, size) == expected
    begin = data.draw(st.integers(0, more - 1))
    end = data.draw(st.integers(begin + 1, more))
    assert paths.lines(first + begin, first + end) == expected[begin:end]
    assert paths.lines(first, first + 1, b"\\n") == [expected[0].replace(b"\n", b"\\n")]


def test_it_asks_for_no_node_of_an_empty_tree():
    asked = []
    leaves, nodes = tree(3)
    BatchPaths(0, leaves, lambda wanted: asked.extend(wanted) or nodes(wanted))
    assert asked == []
    assert Node(0, 0) not in asked
