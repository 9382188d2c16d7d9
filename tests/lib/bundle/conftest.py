import pytest

from tests.lib.bundle import building
from tests.lib.bundle.authority import Authority


@pytest.fixture(scope="session")
def authorities(tmp_path_factory):
    folder = tmp_path_factory.mktemp("authorities")
    return [Authority(folder / kind, kind) for kind in ("ec", "rsa")]


@pytest.fixture(scope="session")
def one(authorities):
    return building.one_file(authorities=authorities)


@pytest.fixture(scope="session")
def many(authorities):
    return building.file_set(authorities=authorities[:1])
