"""Publicity of units and of the city: questionnaires, news, reports, typical cases, downloads."""

from datetime import date, datetime, timedelta
from functools import partial

from midun.config.demo import words
from midun.config.demo.stage import Stage, on
from midun.kernel.documents.report import Block, Paragraph, Report, Title, report_docx
from midun.kernel.orgs.models import Organisation
from midun.publicity import services as publicity
from midun.publicity.models import GovReport, NewsItem, QuestionnaireHandout, Resource, TypicalCase
from midun.publicity.workflow import REDACTION


def of_city(stage: Stage, day: date) -> None:
    """Downloads, news in larger media, typical cases after a second person's check, reports upwards."""
    for hour, act in enumerate((_resources, _city_news, _cases, _reports), 9):
        stage.later(on(day, hour), partial(act, stage, day))


def _reports(stage: Stage, day: date, at: datetime) -> None:
    for title, kind, to in (
        ("服务月开展情况报告", "report", "市政府办公厅"),
        ("企业商业秘密保护诉求分析", "information", "市委办公厅"),
    ):
        publicity.add(
            GovReport,
            unit=stage.units["city"],
            actor=stage.actor("city"),
            at=at,
            title=title,
            kind=kind,
            addressee=to,
            sent_on=day,
        )


def _city_news(stage: Stage, day: date, at: datetime) -> None:
    for title, medium, level in words.CITY_NEWS:
        _post(stage, stage.units["city"], at, title=title, medium=medium, level=level, day=day)


def _cases(stage: Stage, day: date, at: datetime) -> None:
    actor = stage.actor("city")
    for title, facts, outcome, comment in words.CASES:
        made = publicity.add(
            TypicalCase,
            unit=stage.units["city"],
            actor=actor,
            at=at,
            title=title,
            decided_by="某区市场监管局",
            year=day.year - 1,
            facts=facts,
            outcome=outcome,
            comment=comment,
        )
        publicity.submit_case(made, actor=actor, at=at)
        stage.later(at + timedelta(hours=2), partial(_check, stage, made))


def _check(stage: Stage, case: TypicalCase, at: datetime) -> None:
    case.refresh_from_db()
    every = [key for key, _ in REDACTION]
    publicity.publish_case(case, version=case.version, checked=every, actor=stage.actor("leader"), at=at)


def _resources(stage: Stage, day: date, at: datetime) -> None:
    unit, actor = stage.units["city"], stage.actor("city")
    for title, lines in words.RESOURCES:
        head = Block("title", [Title(title, [unit.name])])
        blocks = [head, *(Block(f"p{n}", [Paragraph(line)]) for n, line in enumerate(lines))]
        data, _ = report_docx(Report(title, blocks), at=at)
        made = publicity.add(
            Resource,
            unit=unit,
            actor=actor,
            at=at,
            files=[(f"{title}.docx", data)],
            title=title,
            summary=lines[0],
            day=day,
        )
        publicity.put_on_portal(made, show=True, actor=actor, at=at)


def handouts(stage: Stage, unit: Organisation, day: date, count: int) -> None:
    """Questionnaires handed out, with where they went."""

    def enter(at: datetime) -> None:
        publicity.add(
            QuestionnaireHandout,
            unit=unit,
            actor=stage.officer(unit),
            at=at,
            title="企业商业秘密保护现状问卷",
            day=day,
            channel="visit",
            count=count,
            note="走访和活动现场发放，回收件存本单位",
        )

    stage.later(on(day, 17), enter)


def news(stage: Stage, unit: Organisation, day: date, turn: int) -> None:
    """One item of the unit's own media or the district's."""
    title, medium, level = words.NEWS[turn % len(words.NEWS)]
    place = unit.jurisdiction.name

    def enter(at: datetime) -> None:
        where = medium.format(place=place)
        _post(stage, unit, at, title=title.format(place=place), medium=where, level=level, day=day)

    stage.later(on(day, 10), enter)


def _post(stage: Stage, unit: Organisation, at: datetime, *, title: str, medium: str, level: str, day: date) -> None:
    actor = stage.officer(unit)
    made = publicity.add(
        NewsItem,
        unit=unit,
        actor=actor,
        at=at,
        title=title,
        medium=medium,
        level=level,
        day=day,
        summary="走进园区和企业，面对面讲解商业秘密的识别、定密和日常管理。",
    )
    publicity.put_on_portal(made, show=True, actor=actor, at=at)
