"""Every list asks the database equally often, however many rows it shows: no row looks anything up on its own."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from midun.activities.services import events
from midun.claims.services import ledger, suggestions
from midun.kernel.orgs import services as orgs
from midun.kernel.orgs import uscc
from midun.kernel.orgs.enums import OrganisationKind
from midun.publicity import services as publicity
from midun.publicity.models import GovReport, NewsItem, QuestionnaireHandout, Resource, TypicalCase
from midun.visits import services as visits

DAY = date(2025, 6, 3)


class Maker:
    """Adds records of the east bureau, by its officer, each a little different."""

    def __init__(self, cast, at):
        self.cast, self.at, self.unit = cast, at, cast.east_bureau
        self.actor = cast.actor("district_officer")

    def enterprise(self, n):
        body = f"MA7{n:05d}"
        seventeen = "91310000" + body + uscc.organisation_check(body)
        code, kind = seventeen + uscc.check(seventeen), OrganisationKind.ENTERPRISE
        where = {"kind": kind, "jurisdiction": self.cast.east, "credit_code": code}
        return orgs.add_organisation(actor=self.actor, at=self.at, name=f"企业{n}有限公司", **where)

    def activity(self, n):
        fields = {"kind": "training", "title": f"培训{n}", "day": DAY, "place": "会议室"}
        return events.add(unit=self.unit, actor=self.actor, at=self.at, **fields)

    def visit(self, n):
        fields = {"day": DAY, "visitors": "某", "enterprise": self.enterprise(n)}
        return visits.record_visit(unit=self.unit, actor=self.actor, at=self.at, **fields)

    def claim(self, n):
        fields = {"topic": "system", "title": f"诉求{n}", "enterprise": self.enterprise(n)}
        return ledger.register(unit=self.unit, actor=self.actor, at=self.at, **fields)

    def suggestion(self, n):
        fields = {"topic": "system", "text": f"建议{n}", "given_on": DAY, "enterprise": self.enterprise(n)}
        return suggestions.suggest(unit=self.unit, actor=self.actor, at=self.at, **fields)

    def published(self, model, **fields):
        return publicity.add(model, unit=self.unit, actor=self.actor, at=self.at, **fields)

    def news(self, n):
        return self.published(NewsItem, title=f"报道{n}", medium="晚报", level="city", day=DAY)

    def case(self, n):
        fields = {"title": f"案例{n}", "decided_by": "某局", "year": 2024, "facts": "事", "outcome": "罚"}
        return self.published(TypicalCase, **fields)

    def handout(self, n):
        return self.published(QuestionnaireHandout, title=f"问卷{n}", day=DAY, channel="visit", count=3, note="现场")

    def report(self, n):
        return self.published(GovReport, title=f"报告{n}", kind="report", addressee="市政府", sent_on=DAY)

    def resource(self, n):
        return self.published(Resource, title=f"资料{n}", day=DAY)


LISTS = [
    ("/activities/", "activity"),
    ("/visits/", "visit"),
    ("/claims/", "claim"),
    ("/claims/suggestions/", "suggestion"),
    ("/directory/enterprises/", "enterprise"),
    ("/publicity/news-items/", "news"),
    ("/publicity/cases/", "case"),
    ("/publicity/questionnaires/", "handout"),
    ("/publicity/gov-reports/", "report"),
    ("/publicity/resources/", "resource"),
]


def queries(client, path):
    with CaptureQueriesContext(connection) as asked:
        assert client.get(path).status_code == 200
    return [query["sql"].split(" WHERE ")[0][:120] for query in asked.captured_queries]


@pytest.mark.parametrize(("path", "kind"), LISTS, ids=[kind for _, kind in LISTS])
def test_no_row_asks_on_its_own(login, cast, at, path, kind):
    add = getattr(Maker(cast, at), kind)
    client = login("city_officer")
    add(1)
    client.get(path)
    few = queries(client, path)
    for n in range(2, 14):
        add(n)
    many = queries(client, path)
    assert many == few
    assert len(many) <= 14
