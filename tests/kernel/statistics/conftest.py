"""The cast knows the moment of the test, so that factories need not be told twice."""

import pytest


@pytest.fixture
def cast(cast, at):
    cast.__dict__["at"] = at
    return cast
