"""The packaged tables of divisions and sectors, loaded and looked up."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midun.kernel.orgs import sectors
from midun.kernel.orgs.actor import system_actor
from midun.kernel.orgs.models import DivisionCode
from midun.kernel.orgs.services.divisions import load_divisions, packaged
from midun.kernel.trail.models import Entry


@pytest.mark.django_db
def test_it_loads_once(at):
    added, removed = load_divisions(actor=system_actor(), at=at)
    assert (added, removed) == (len(packaged()), 0)
    assert added > 3000
    assert load_divisions(actor=system_actor(), at=at) == (0, 0)
    assert Entry.objects.filter(verb="imported").count() == 1


@pytest.mark.django_db
def test_a_correction_replaces_the_line(at):
    load_divisions(actor=system_actor(), at=at)
    table = DivisionCode.objects.unscoped("test")
    table.filter(code="310115").update(name="浦东")
    table.filter(code="310104").delete()
    assert load_divisions(actor=system_actor(), at=at) == (2, 1)
    assert table.get(code="310115").name == "浦东新区"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("code", "day", "valid"),
    [
        ("310108", date(2015, 11, 3), True),
        ("310108", date(2015, 11, 4), False),
        ("310108", date(2025, 6, 10), False),
        ("310106", date(2025, 6, 10), True),
    ],
)
def test_validity_is_by_day(at, code, day, valid):
    load_divisions(actor=system_actor(), at=at)
    assert DivisionCode.objects.unscoped("test").valid_on(day).filter(code=code).exists() is valid


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("35", "35"),
        ("C35", "35"),
        ("3562", "3562"),
        ("c 356", "356"),
        ("C", "C"),
        ("A35", None),
        ("99", None),
        ("3", None),
        ("", None),
        ("35123", None),
        ("专用设备制造业", None),
    ],
)
def test_sectors_are_normalised(text, code):
    assert sectors.normalise(text) == code


def test_sectors_have_names():
    assert sectors.label("3562") == "3562 专用设备制造业"
    assert sectors.label("C") == "C 制造业"
    assert sectors.label("") == ""
    assert sectors.by_name("专用设备制造业") == "35"
    assert sectors.by_name("没有这一行") is None


@given(st.text(max_size=8))
def test_normalising_twice_changes_nothing(text):
    code = sectors.normalise(text)
    assert code is None or sectors.normalise(code) == code
