"""A claim in work, and reports made for real once."""

import pytest

from midun.claims import services as claims
from midun.lib.similarity.report.summary import encode, summarised
from tests.conftest import AT
from tests.lib.similarity.reports import full_report


@pytest.fixture(scope="session")
def report_json():
    """The full report."""
    return full_report()


@pytest.fixture(scope="session")
def summary_json(report_json):
    """What an enterprise hands in of it."""
    return encode(summarised(report_json, titles=False))


@pytest.fixture
def claim(cast):
    """Registered by the east bureau, which handles it, for 甲."""
    return claims.register(
        unit=cast.east_bureau,
        enterprise=cast.jia,
        source="phone",
        topic="rights",
        title="离职员工带走工艺文件",
        actor=cast.actor("district_officer"),
        at=AT,
    )
