"""The daily jobs: the trail is checked and anchored, packaged tables are brought up to date."""

from datetime import timedelta

import pytest

from midun.directory import jobs
from midun.kernel.notify.models import Notice
from midun.kernel.orgs.models import DivisionCode
from midun.kernel.trail import anchors
from midun.kernel.trail.models import Entry
from midun.kernel.trail.services import head
from midun.kernel.workflow.models import CalendarYear
from tests.kernel.trail.test_trail import tamper

pytestmark = pytest.mark.django_db


def test_the_trail_is_checked_and_anchored(cast, at, settings):
    noted = head()
    jobs.verify_trail(at=at)
    assert anchors.read(settings.MIDUN_HOME) == [noted]
    assert Entry.objects.get(verb="trail_verified").seq == noted[0] + 1
    assert not Notice.objects.unscoped("test").exists()


def test_a_cut_off_end_is_told_to_the_auditors(cast, at, settings):
    jobs.verify_trail(at=at)
    seq, _ = anchors.read(settings.MIDUN_HOME)[-1]
    tamper("DELETE FROM trail_entry WHERE seq >= %s", seq)
    jobs.verify_trail(at=at + timedelta(days=1))
    notice = Notice.objects.unscoped("test").get()
    assert notice.membership == cast.memberships["auditor"]
    assert f"第 {seq} 条" in notice.text
    assert len(anchors.read(settings.MIDUN_HOME)) == 1  # no anchor on a trail with faults


def test_damaged_anchors_are_told(cast, at, settings):
    jobs.verify_trail(at=at)
    with anchors.path_in(settings.MIDUN_HOME).open("a") as file:
        file.write("oops\n")
    jobs.verify_trail(at=at + timedelta(days=1))
    assert "锚点文件已损坏" in Notice.objects.unscoped("test").get().text


def test_packaged_tables_are_brought_up_to_date(at):
    jobs.packaged_tables(at=at)
    assert DivisionCode.objects.unscoped("test").filter(code="310115").exists()
    assert CalendarYear.objects.unscoped("test").filter(year=2025).exists()
    count = Entry.objects.count()
    jobs.packaged_tables(at=at + timedelta(days=1))
    assert Entry.objects.count() == count
