"""What units did: events with participants, visits with advice and claims, publicity."""

import io
from datetime import date, datetime, time, timedelta
from functools import partial

from PIL import Image, ImageDraw

from midun.activities.kinds import Method
from midun.activities.people import Person
from midun.activities.services import attachments, certificates, events, participants
from midun.campaigns.models import PlanLine, PlanState
from midun.claims import services as claims
from midun.claims.models import Claim, Source
from midun.config.demo import publish, words
from midun.config.demo.stage import Stage, on
from midun.config.demo.tree import enterprises_of
from midun.kernel.files.models import Attachment
from midun.kernel.orgs.enums import Role
from midun.kernel.orgs.models import Organisation
from midun.visits import services as visits


def work(stage: Stage, unit: Organisation, key: str, start: date, turn: int, *, events: int) -> None:
    """A round of work of a unit that began on `start`: events, visits, questionnaires and news within a week."""
    shift = sum(map(ord, key)) % 5
    for n in range(events):
        text = words.EVENTS[(turn * 3 + n + shift) % len(words.EVENTS)]
        _event(stage, unit, start + timedelta(days=(n * 2 + shift) % 7), text)
    known = enterprises_of(unit)
    for n in range(min(4, len(known))):
        enterprise = known[(turn * 4 + n + shift) % len(known)]
        _visit(stage, unit, enterprise, start + timedelta(days=(n + shift) % 7), turn * 4 + n)
    publish.handouts(stage, unit, start + timedelta(days=3), 20 + shift * 8 + turn * 5)
    publish.news(stage, unit, start + timedelta(days=5), turn)


def work_below(stage: Stage, unit: Organisation, start: date) -> None:
    """A round of work of an office or station: the people there are staff or the district's officer."""
    staff = next((m.actor() for m in stage.members.values() if m.organisation_id == unit.pk), None)
    if staff is None:
        return
    near = enterprises_of(stage.units["浦东新"])
    for n, enterprise in enumerate(near[2:5]):
        _visit(stage, unit, enterprise, start + timedelta(days=n), n + 1)


def own_claim(stage: Stage, day: date, n: int) -> None:
    """A claim that the demonstration's enterprise raises itself; one of last year it has rated."""
    enterprise, actor = stage.members["enterprise"].organisation, stage.actor("enterprise")
    topic, title, urgency = words.OWN_CLAIMS[n]

    def raise_it(at: datetime) -> None:
        made = claims.register(
            unit=claims.handling_unit(enterprise),
            enterprise=enterprise,
            actor=actor,
            at=at,
            topic=topic,
            title=title,
            urgency=urgency,
        )
        _handle(stage, made, day, n)
        if day.year < stage.now.year:
            stage.later(on(day + timedelta(days=5), 9), partial(_rate, stage, made))

    stage.later(on(day, 10), raise_it)


def _rate(stage: Stage, claim: Claim, at: datetime) -> None:
    claims.rate(claim, satisfaction=5, note="讲得清楚，材料拿来就能用。", actor=stage.actor("enterprise"), at=at)


def _event(stage: Stage, unit: Organisation, day: date, text: words.EventText) -> None:
    place = unit.jurisdiction.name
    actor = stage.officer(unit)

    def hold(at: datetime) -> None:
        activity = events.add(
            unit=unit,
            actor=actor,
            at=at,
            kind=text.kind,
            mode=text.mode,
            title=text.title.format(place=place),
            day=day,
            start_time=time(14),
            end_time=time(16),
            hours=text.hours or None,
            place=text.place.format(place=place),
            summary=text.summary,
            plan_line=_planned(unit, day, "培训" if text.hours else "园区"),
            materials=stage.dice.randrange(20, 120),
            files=[("活动现场.jpg", _picture(text.title.format(place=place)))],
        )
        people = _people(stage, unit)
        participants.add_people(activity, people=people, method=Method.PASTE, actor=actor, at=at)
        activity.refresh_from_db()
        events.put_on_portal(activity, show=True, actor=actor, at=at)
        for photo in Attachment.objects.unscoped("demonstration").of(activity):
            attachments.use_file(activity, attachment=photo, public=True, in_report=True, actor=actor, at=at)
        if text.hours and people:
            certificates.issue(activity, participations=None, actor=actor, at=at)

    stage.later(on(day, 16, 30), hold)


def _planned(unit: Organisation, day: date, word: str) -> PlanLine | None:
    """The unit's approved line of that day's month that speaks of it."""
    lines = PlanLine.objects.unscoped("demonstration").filter(unit=unit, state=PlanState.APPROVED)
    found: PlanLine | None = lines.filter(
        campaign__start__lte=day, campaign__end__gte=day, content__contains=word
    ).first()
    return found


def _people(stage: Stage, unit: Organisation) -> list[Person]:
    """One or two people from each of some enterprises nearby."""
    found = []
    for enterprise in enterprises_of(unit)[:40]:
        for _ in range(stage.dice.randrange(0, 3)):
            name = stage.dice.choice(words.SURNAMES) + stage.dice.choice(words.GIVEN)
            phone = f"139{stage.dice.randrange(10**8):08d}"
            found.append(Person(name, enterprise.name, enterprise.credit_code or "", phone, ""))
    return found


def _visit(stage: Stage, unit: Organisation, enterprise: Organisation, day: date, n: int) -> None:
    actor = next(
        m.actor()
        for m in stage.members.values()
        if m.organisation_id == unit.pk and m.role in (Role.OFFICER, Role.STATION_STAFF)
    )
    topic, tip = words.SUGGESTIONS[n % len(words.SUGGESTIONS)]
    kind, need, urgency = words.NEEDS[n % len(words.NEEDS)]
    staff = stage.dice.randrange(20, 200)

    def call(at: datetime) -> None:
        made = visits.record_visit(
            unit=unit,
            enterprise=enterprise,
            actor=actor,
            at=at,
            suggestions=[{"topic": topic, "text": tip}],
            needs=[{"topic": kind, "title": need, "urgency": urgency}] if n % 3 == 0 else [],
            day=day,
            plan_line=_planned(unit, day, "走访"),
            visitors=actor.user_name,
            place=enterprise.address,
            secrets=stage.dice.randrange(2, 30),
            patents=stage.dice.randrange(0, 60),
            nda_signed=staff - stage.dice.randrange(0, 20),
            nda_should=staff,
            non_compete_signed=staff // 12,
            non_compete_eligible=staff // 10 + 1,
            has_rules="no" if n % 4 == 1 else "yes",
            summary=words.VISIT_NOTE,
            follow_up_on=day + timedelta(days=30) if n % 2 and day.year == stage.now.year else None,
        )
        mine = Claim.objects.unscoped("demonstration").filter(source=Source.VISIT, source_id=made.pk)
        for claim in mine:
            _handle(stage, claim, day, n)

    stage.later(on(day, 11, n % 60), call)


def _handle(stage: Stage, claim: Claim, day: date, n: int) -> None:
    """Taken on the next day; last year's are answered, of this month's some still wait."""
    actor = stage.officer(claim.unit) if claim.unit.kind == "bureau" else stage.actor("station")
    done = day + timedelta(days=4)

    def accept(at: datetime) -> None:
        claims.accept(claim, actor=actor, at=at)

    def close(at: datetime) -> None:
        claim.refresh_from_db()
        reply = words.REPLIES[n % len(words.REPLIES)]
        claims.close(claim, resolved=True, reply=reply, actor=actor, at=at)

    if on(day + timedelta(days=1), 9) < stage.now:
        stage.later(on(day + timedelta(days=1), 9), accept)
        if on(done, 15) < stage.now and (day.year < stage.now.year or n % 2 == 0):
            stage.later(on(done, 15), close)


def _picture(title: str) -> bytes:
    """A drawn stand-in for a photo of the event, marked by its colours; no two titles look alike."""
    tone = sum(map(ord, title)) % 60
    image = Image.new("RGB", (960, 640), (24 + tone, 62 + tone, 112 + tone))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 430, 960, 640), fill=(214, 206 - tone, 190 - tone))
    draw.rectangle((280, 90, 680, 330), fill=(246, 248, 252))
    for row in range(3):
        for seat in range(9):
            x, y = 70 + seat * 96 + (row % 2) * 40, 400 + row * 70
            draw.ellipse((x, y, x + 44, y + 44), fill=(60 + row * 25, 60 + tone, 70 + seat * 8))
            draw.rectangle((x - 8, y + 42, x + 52, y + 92), fill=(40 + row * 20, 80, 110 + tone))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=82)
    return out.getvalue()
