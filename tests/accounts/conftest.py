"""What the tests of people share."""

import pytest


@pytest.fixture(autouse=True)
def _administrators_are_let_in(settings):
    """The second factor has tests of its own (test_second_factor.py)."""
    settings.MIDUN_ADMINS_NEED_SECOND_FACTOR = False
