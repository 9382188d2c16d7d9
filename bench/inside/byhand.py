"""The 17 figures as somebody would write them by hand for one subtree: one statement each, on the product's tables.

For the whole nation the condition on units falls away, as a person would leave it out. Every number is compared with
the product's while it is timed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

PEOPLE, EVENTS = "activities_participation", "activities_activity"


@dataclass(frozen=True)
class Subtree:
    """The records of the units below `path` from `start` to `end`."""

    path: str
    whole: bool
    start: date
    end: date

    @property
    def here(self) -> str:
        """The condition on units."""
        if self.whole:
            return ""
        return (
            " AND unit_id IN (SELECT o.id FROM orgs_organisation o JOIN orgs_jurisdiction j ON j.id = o.jurisdiction_id"  # noqa: S608  # our own path
            f" WHERE o.kind IN ('bureau', 'service_station', 'protection_base') AND j.path LIKE '{self.path}%')"
        )

    def days(self, column: str = "day") -> str:
        """The condition on days."""
        return f"{column} BETWEEN '{self.start}' AND '{self.end}'"


def statements(of: Subtree) -> Mapping[str, str]:
    """Figure → SQL that gives its number."""
    found = {"pub_materials": _sum(of, "materials", EVENTS, "voided_at IS NULL")}
    headings = {
        "pub": ("publicity", "'publicity', 'exhibition', 'open_day', 'forum'"),
        "meet": ("meeting", "'symposium', 'guidance', 'promotion'"),
        "train": ("training", "'training', 'lecture', 'salon'"),
    }
    for prefix, (group, kinds) in headings.items():
        came, held = f"counts AND \"group\" = '{group}'", f"voided_at IS NULL AND kind IN ({kinds})"
        unnamed, unlisted = (_sum(of, name, EVENTS, held) for name in ("anonymous_enterprises", "headcount_extra"))
        found[f"{prefix}_events"] = _rows(of, EVENTS, held)
        found[f"{prefix}_enterprises"] = f"SELECT ({_enterprises(of, PEOPLE, came)}) + ({unnamed})"
        found[f"{prefix}_attendance"] = f"SELECT ({_rows(of, PEOPLE, came)}) + ({unlisted})"
    live = "voided_at IS NULL"
    closed = f"closed_at >= '{of.start - timedelta(days=1)} 16:00:00' AND closed_at < '{of.end} 16:00:00'"
    return found | {
        "visits": _enterprises(of, "visits_visit", live),
        "questionnaires": _sum(of, "count", "publicity_questionnairehandout", live),
        "suggestions": _rows(of, "claims_suggestion", live, "given_on"),
        "claims_resolved": f"SELECT COUNT(*) FROM claims_claim WHERE {live} AND resolved AND {closed}{of.here}",  # noqa: S608  # our own names
        "cases_published": _rows(of, "publicity_typicalcase", f"{live} AND state = 'published'", "published_on"),
        "gov_reports": _rows(of, "publicity_govreport", live, "sent_on"),
        "news_total": _rows(of, "publicity_newsitem", live),
        "news_central": _rows(of, "publicity_newsitem", f"{live} AND level = 'central'"),
    }


def _rows(of: Subtree, table: str, where: str, day: str = "day") -> str:
    return f"SELECT COUNT(*) FROM {table} WHERE {where} AND {of.days(day)}{of.here}"  # noqa: S608  # our own names


def _sum(of: Subtree, column: str, table: str, where: str) -> str:
    return f'SELECT COALESCE(SUM("{column}"), 0) FROM {table} WHERE {where} AND {of.days()}{of.here}'  # noqa: S608  # our own names


def _enterprises(of: Subtree, table: str, where: str) -> str:
    rows = f"SELECT 1 FROM {table} WHERE {where} AND enterprise_id IS NOT NULL AND {of.days()}{of.here}"  # noqa: S608  # our own names
    return f"SELECT COUNT(*) FROM ({rows} GROUP BY enterprise_id) AS once"  # noqa: S608  # our own names
