"""Events, people and doors for the tests of activities."""

from datetime import UTC, date, datetime, timedelta
from io import BytesIO

from django.urls import reverse
from PIL import Image

AT = datetime(2025, 6, 10, 2, 0, tzinfo=UTC)
DAY = date(2025, 6, 10)
PDF = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
CODES = ("91310000MA1K35XR8Q", "91310000MA1K35Y703")
FREE_CODE = "91110108MA01234537"
"""A right code that no organisation of the cast has."""


def address(name, *args):
    return reverse(f"activities:{name}", args=args)


def png(colour="navy"):
    out = BytesIO()
    Image.new("RGB", (40, 30), colour).save(out, "PNG")
    return out.getvalue()


def event(membership, at=AT, **fields):
    """An event of the membership's unit."""
    from midun.activities.services import events

    given = {"kind": "training", "title": "离职交接专题培训", "day": DAY, **fields}
    return events.add(unit=membership.organisation, actor=membership.actor(), at=at, **given)


def people(*names, enterprise="甲精密机械有限公司", code=""):
    """Persons with numbers of their own."""
    from midun.activities.people import Person

    return [Person(name, enterprise, code, f"1380000{1000 + i}") for i, name in enumerate(names)]


def listed(activity, membership, persons, at=AT, method="paste"):
    """The event with these people in its list."""
    from midun.activities.kinds import Method
    from midun.activities.services import participants

    participants.add_people(activity, people=persons, method=Method(method), actor=membership.actor(), at=at)
    return entries(activity)


def entries(activity):
    from midun.activities.models import Participation

    return list(Participation.objects.unscoped("test").filter(activity=activity).order_by("number"))


def opened(activity, membership, *, rotating=False, at=AT, closes_in=timedelta(hours=2)):
    """The door of an event, open."""
    from midun.activities.services import sign_in

    return sign_in.open_sign_in(activity, closes_at=at + closes_in, rotating=rotating, actor=membership.actor(), at=at)


def filled(**more):
    """What a visitor types at the door."""
    return {
        "enterprise": "甲精密机械有限公司",
        "name": "吴敏",
        "phone": "138 0000 1000",
        "title": "法务经理",
        "credit_code": "",
        "consent": "on",
        **more,
    }


def quick(**more):
    """What an officer types in the quick form."""
    return {
        "kind": "lecture",
        "title": "以案说法专题讲座",
        "day": "2025-06-10",
        "mode": "on_site",
        "version": "1",
        **more,
    }


def number(name, scope, period):
    """The value of a figure."""
    from midun.kernel.statistics import figures

    return figures.get(name).value(scope, period)
