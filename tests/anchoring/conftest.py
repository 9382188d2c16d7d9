import pytest

from tests.anchoring.building import Tree


@pytest.fixture
def tree(db, tmp_path):
    """A log with five entries."""
    return Tree(tmp_path).grow(5)
