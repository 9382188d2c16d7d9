"""A visit of 东区 to 甲."""

from datetime import date

import pytest

from midun.visits import services


@pytest.fixture
def record(cast, at):
    """`record()` enters a visit of 东区 to 甲 on 10 June; every part can be given."""

    def enter(who="district_officer", *, enterprise=None, **fields):
        member = cast.memberships[who]
        given = {"day": date(2025, 6, 10), "visitors": "李晓梅、王立新", **fields}
        return services.record_visit(
            unit=member.organisation, enterprise=enterprise or cast.jia, actor=member.actor(), at=at, **given
        )

    return enter


@pytest.fixture
def visit(record):
    return record(
        suggestions=[{"topic": "system", "text": "希望提供制度范本"}],
        needs=[{"topic": "personnel", "title": "如何约定竞业限制", "urgency": "urgent"}],
    )
