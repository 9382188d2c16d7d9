"""The served product and people in a real browser, once per test process."""

from collections.abc import Iterator

import pytest

from tools.product import Product, Visitors, find_chromium


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """`midun demo --serve` on SQLite in a folder of its own."""
    made = Product(tmp_path_factory.mktemp("product"))
    try:
        yield made.start()
    finally:
        made.kill()


@pytest.fixture(scope="session")
def visitors(product: Product) -> Iterator[Visitors]:
    """People in headless Chromium; skipped with the reason where no Chromium is installed."""
    if find_chromium() is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    made = Visitors(product)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture(autouse=True)
def _no_complaints(visitors: Visitors) -> Iterator[None]:
    """No script of ours fails and no request leaves the server, in any journey."""
    visitors.complaints.clear()
    yield
    assert visitors.complaints == []
