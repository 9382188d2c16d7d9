"""Reports made for real, for tests of summaries, sealed bundles and pages."""

import json
from datetime import UTC, datetime

from midun.lib.similarity.compare import compare
from midun.lib.similarity.documents import Kind, Part
from midun.lib.similarity.points import Point
from midun.lib.similarity.readers.files import read_bytes
from midun.lib.similarity.report.facts import facts
from tests.lib.similarity.building import prose

AT = datetime(2025, 6, 10, 2, 0, tzinfo=UTC)
SECRET = prose(1, 40)
TITLE = "淬火工艺曲线"


def full_report(found=None):
    """`report.json` of one secret point and one suspect that has most of it (or of `found`)."""
    theirs = list(read_bytes((found or prose(7, 10) + SECRET[200:1200]).encode(), "乙.txt"))
    ours = list(read_bytes(SECRET.encode(), "甲.txt"))
    points = [Point("1", TITLE, Part(Kind.PROSE, SECRET))]
    stated = facts(compare(points, theirs), ours, theirs, at=AT, command="midun compare 甲.txt 乙.txt")
    return (json.dumps(stated, ensure_ascii=False, indent=1) + "\n").encode()
