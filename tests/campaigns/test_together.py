"""Two officers at once, and a process that dies in the middle."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from midun.campaigns.models import PlanLine, PlanState
from midun.campaigns.services import imports, plan, review
from midun.kernel.orgs.services import Stale
from midun.kernel.trail.models import Entry
from midun.kernel.trail.services import verify
from midun.kernel.workflow.services import WrongState
from tests.campaigns.factories import csv_of, lines_of, running
from tests.threads import together

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.django_db(transaction=True)
def test_two_reviewers_at_once_one_wins_the_other_is_told(cast, at):
    campaign = running(cast.city_officer)
    district, city, leader = cast.actor("district_officer"), cast.actor("city_officer"), cast.actor("city_leader")
    line = plan.add_line(campaign=campaign, content="走访企业", actor=district, at=at)
    plan.submit(lines=[line], actor=district, at=at)
    seen = [(line.pk, 1)]
    one, other = together(
        lambda: review.approve(campaign=campaign, lines=seen, actor=city, at=at),
        lambda: review.send_back(campaign=campaign, lines=seen, reason="写具体", actor=leader, at=at),
    )
    assert isinstance(one, review.Reviewed), one
    assert isinstance(other, review.Reviewed), other
    line.refresh_from_db()
    if line.state == PlanState.APPROVED:
        assert (one.done, other.done) == (1, 0)
        assert "不能“退回”" in other.told[0]
    else:
        # Returning an approved line is a step of its own, so both may have happened, one after the other.
        assert other.done == 1
        assert one.done == 1 or "不能“审核通过”" in one.told[0]
    assert list(verify()) == []


@pytest.mark.django_db(transaction=True)
def test_two_officers_enter_lines_at_once_and_both_are_kept(cast, at):
    campaign = running(cast.city_officer)
    found = together(
        *(
            lambda text=f"第{n}件", who=who: plan.add_line(
                campaign=campaign, content=text, actor=cast.actor(who), at=at
            )
            for n, who in enumerate(
                ["district_officer", "district_officer_2", "other_district_officer", "corps_officer"]
            )
        )
    )
    assert all(isinstance(line, PlanLine) for line in found), found
    assert sorted(p.number for p in lines_of(campaign)) == [1, 2, 3, 4]
    assert list(verify()) == []


@pytest.mark.django_db(transaction=True)
def test_two_officers_submit_at_once_and_one_is_told(cast, at):
    campaign = running(cast.city_officer)
    line = plan.add_line(campaign=campaign, content="走访企业", actor=cast.actor("district_officer"), at=at)
    found = together(
        *(
            lambda who=who: plan.submit(
                lines=[PlanLine.objects.unscoped("test").get(pk=line.pk)], actor=cast.actor(who), at=at
            )
            for who in ("district_officer", "district_officer_2")
        )
    )
    assert sorted(type(f).__name__ for f in found) == ["WrongState", "int"]
    assert Entry.objects.filter(verb="submitted").count() == 1


@pytest.mark.django_db(transaction=True)
def test_confirming_at_once_applies_once(cast, at):
    campaign, actor = running(cast.city_officer), cast.actor("city_officer")
    source = imports.read_source(data=csv_of(), name="a.csv")
    pending = imports.open_import(campaign=campaign, source=source, as_pending=False, actor=actor, at=at)
    shown = imports.preview_of(pending).fingerprint
    found = together(
        *[lambda: imports.confirm(pending=pending, fingerprint=shown, skip_rejected=False, actor=actor, at=at)] * 3
    )
    assert [f.new for f in found] == [6, 6, 6]
    assert len(lines_of(campaign)) == 6
    assert Entry.objects.filter(verb="imported", target_type="campaigns.campaign").count() == 1


def test_editing_what_somebody_changed_meanwhile_is_refused(cast, at):
    campaign, actor = running(cast.city_officer), cast.actor("district_officer")
    line = plan.add_line(campaign=campaign, content="走访企业", actor=actor, at=at)
    mine, theirs = (PlanLine.objects.unscoped("test").get(pk=line.pk) for _ in range(2))
    plan.change_line(line=theirs, version=1, content="走访二十家企业", planned_on=None, strand=None, actor=actor, at=at)
    with pytest.raises(Stale):
        plan.change_line(
            line=mine, version=1, content="走访三十家企业", planned_on=None, strand=None, actor=actor, at=at
        )
    line.refresh_from_db()
    assert line.content == "走访二十家企业"


def test_what_changed_after_it_was_shown_is_not_approved(cast, at):
    campaign, district = running(cast.city_officer), cast.actor("district_officer")
    line = plan.add_line(campaign=campaign, content="走访企业", actor=district, at=at)
    plan.submit(lines=[line], actor=district, at=at)
    seen = [(line.pk, line.version)]
    plan.withdraw(line=line, actor=district, at=at)
    plan.change_line(line=line, version=1, content="别的事", planned_on=None, strand=None, actor=district, at=at)
    plan.submit(lines=[line], actor=district, at=at)
    done = review.approve(campaign=campaign, lines=seen, actor=cast.actor("city_officer"), at=at)
    assert (done.done, len(done.told)) == (0, 1)
    assert "请核对最新内容" in done.told[0]


def test_withdrawing_what_was_reviewed_meanwhile_is_told(cast, at):
    campaign, district = running(cast.city_officer), cast.actor("district_officer")
    line = plan.add_line(campaign=campaign, content="走访企业", actor=district, at=at)
    plan.submit(lines=[line], actor=district, at=at)
    review.approve(campaign=campaign, lines=[(line.pk, 1)], actor=cast.actor("city_officer"), at=at)
    with pytest.raises(WrongState, match="已审核"):
        plan.withdraw(line=line, actor=district, at=at)


DYING = """
import os, signal, sys
import django
django.setup()
from midun.campaigns.services import imports
real, calls = imports.record, []
def dying(**more):
    calls.append(1)
    if len(calls) == 4 and len(sys.argv) > 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(**more)
imports.record = dying
from django.core.management import call_command
call_command("import", "annex", sys.argv[1], "--campaign", "1", "--create-units")
"""

SETUP = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from tests.campaigns.factories import campaign_of, shanghai
from tests.threads import together
_, officer = shanghai()
print(campaign_of(officer).pk)
"""

COUNT = """
import django
django.setup()
from midun.campaigns.models import PlanLine
from midun.kernel.orgs.models import Organisation
from midun.kernel.trail.services import verify
print(PlanLine.objects.unscoped("x").count(), Organisation.objects.unscoped("x").filter(name="自贸区保税区局").count(), list(verify()))
"""


@pytest.mark.slow
def test_a_process_killed_in_the_middle_of_an_import_leaves_nothing(tmp_path):
    data = tmp_path / "annex.csv"
    rows = [
        ("市级层面", "市市场监管局", 1, "甲"),
        ("市级层面", "执法总队", 2, "乙"),
        ("区级层面", "自贸区保税区局", 3, "丙"),
    ]
    data.write_bytes(csv_of(rows))
    environment = {
        **{k: v for k, v in os.environ.items() if k != "MIDUN_DATABASE_URL"},
        "MIDUN_HOME": str(tmp_path / "home"),
        "DJANGO_SETTINGS_MODULE": "midun.config.settings",
        "PYTHONPATH": str(ROOT),
    }

    def run(code, *arguments):
        command = [sys.executable, "-c", code, *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)

    made = run(SETUP)
    assert made.stdout.strip() == "1", made.stderr
    killed = run(DYING, str(data), "die")
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert run(COUNT).stdout.strip() == "0 0 []"
    again = run(DYING, str(data))
    assert "新增 3 条" in again.stdout, again.stderr
    assert run(COUNT).stdout.strip() == "3 1 []"
