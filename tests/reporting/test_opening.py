"""Opening the forms of a campaign, and linking the levels."""

from datetime import timedelta

import pytest

from midun.campaigns.models import CampaignUnit, RequiredForm
from midun.campaigns.services import campaigns
from midun.kernel.statistics.models import StatForm
from midun.kernel.trail.models import Entry
from midun.reporting import jobs
from midun.reporting.services import campaign_number, forms_of, open_forms, subject_of
from tests.campaigns.factories import running
from tests.kernel.statistics.factories import accepted, fresh, frozen, hand_in


def opened(campaign, cast, who, at):
    return open_forms(campaign, actor=cast.actor(who), at=at)


def test_it_works(cast, campaign, forms):
    assert {f.above_id for key, f in forms.items() if key != "summary"} == {forms["summary"].pk}
    assert [f.unit.name for f in forms_of(campaign, cast.actor("city_officer"))][:2] == ["沪市市场监管局"] * 2
    assert forms["east_bureau"].subject == subject_of(campaign)
    assert campaign_number(forms["east_bureau"]) == campaign.pk


def test_each_unit_sees_its_own(cast, campaign, forms):
    assert [f.pk for f in forms_of(campaign, cast.actor("district_officer"))] == [forms["east_bureau"].pk]
    assert forms_of(campaign, cast.actor("enterprise_admin")) == []


def test_again_it_opens_only_what_is_missing(cast, campaign, forms, at):
    assert opened(campaign, cast, "city_officer", at) == 0
    CampaignUnit.objects.create(campaign=campaign, unit=cast.station, order=99)
    assert opened(campaign, cast, "city_officer", at) == 1
    assert StatForm.objects.unscoped("test").count() == 6


def test_it_is_in_the_trail(forms):
    assert [e.verb for e in Entry.objects.about(forms["east_bureau"])] == ["created"]


def test_a_moved_deadline_reaches_open_forms_only(cast, campaign, forms, at):
    hand_in(cast, forms["east_bureau"], at)
    due = forms["west_bureau"].due_on + timedelta(days=7)
    RequiredForm.objects.unscoped("test").filter(campaign=campaign).update(due_on=due)
    opened(campaign, cast, "city_officer", at)
    assert fresh(forms["west_bureau"]).due_on == due
    assert fresh(forms["east_bureau"]).due_on == forms["east_bureau"].due_on
    assert Entry.objects.about(forms["west_bureau"]).last().verb == "changed"


def test_the_job_opens_the_forms_of_running_campaigns(cast, campaign, at):
    jobs.open_launched(at=at)
    jobs.open_launched(at=at)
    assert StatForm.objects.unscoped("test").count() == 5


def levels(cast):
    return {who: running(cast.memberships[who]) for who in ("nation_officer", "province_officer", "city_officer")}


def same_days(made):
    first = made["nation_officer"]
    for campaign in made.values():
        type(campaign).objects.unscoped("test").filter(pk=campaign.pk).update(start=first.start, end=first.end)
        campaign.refresh_from_db()


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0)])
def test_levels_that_ask_for_the_same_are_linked_in_whatever_order_they_open(cast, at, order):
    made = levels(cast)
    same_days(made)
    whose = list(made)
    for n in order:
        opened(made[whose[n]], cast, whose[n], at)
    for who in whose:
        assert opened(made[who], cast, who, at) == 0
    forms = StatForm.objects.unscoped("test").filter(own_only=False)
    chain = [forms.get(unit=cast.east_bureau)]
    while chain[-1].above is not None:
        chain.append(chain[-1].above)
    assert [f.unit for f in chain] == [cast.east_bureau, cast.city_bureau, cast.province_bureau, cast.samr]
    assert [f.subject for f in chain[1:]] == [subject_of(made[w]) for w in reversed(whose)]
    assert forms.count() == 6
    listed = [f.unit for f in forms_of(made["province_officer"], cast.actor("province_officer"))]
    assert listed == [cast.province_bureau, cast.province_bureau, cast.city_bureau]


def test_a_level_with_other_days_has_a_form_of_its_own(cast, at):
    made = levels(cast)
    city = made["city_officer"]
    type(city).objects.unscoped("test").filter(pk=city.pk).update(end=city.end + timedelta(days=1))
    for who, campaign in made.items():
        opened(campaign, cast, who, at)
    forms = StatForm.objects.unscoped("test").filter(unit=cast.city_bureau, own_only=False)
    assert sorted(f.above is None for f in forms) == [False, True]


def test_a_form_already_handed_in_is_not_made_a_summary(cast, at):
    made = levels(cast)
    same_days(made)
    opened(made["province_officer"], cast, "province_officer", at)
    asked = StatForm.objects.unscoped("test").get(unit=cast.city_bureau, own_only=False)
    hand_in(cast, asked, at)
    opened(made["city_officer"], cast, "city_officer", at)
    assert fresh(asked).subject == subject_of(made["province_officer"])
    assert StatForm.objects.unscoped("test").filter(unit=cast.city_bureau, own_only=False).count() == 2


def test_a_frozen_summary_is_handed_in_to_a_level_that_opens_later(cast, at):
    made = levels(cast)
    same_days(made)
    opened(made["city_officer"], cast, "city_officer", at)
    summary = StatForm.objects.unscoped("test").get(unit=cast.city_bureau, own_only=False)
    for form in summary.below.all():
        accepted(cast, form, at)
    frozen(cast, summary, at)
    opened(made["province_officer"], cast, "province_officer", at)
    assert accepted(cast, summary, at).state == "accepted"
    assert fresh(summary).above.unit == cast.province_bureau


def test_drafts_of_campaigns_open_nothing(cast, campaign, at):
    campaigns.close(campaign=campaign, actor=cast.actor("city_officer"), at=at)
    jobs.open_launched(at=at)
    assert not StatForm.objects.unscoped("test").exists()


def test_a_unit_that_left_is_taken_out_unless_it_has_written_something(cast, campaign, forms, at):
    hand_in(cast, forms["east_bureau"], at)
    CampaignUnit.objects.unscoped("test").exclude(unit=cast.city_bureau).delete()
    opened(campaign, cast, "city_officer", at)
    left = StatForm.objects.unscoped("test").filter(own_only=False, above=forms["summary"])
    assert [f.unit for f in left] == [cast.east_bureau]
    last = Entry.objects.filter(target_id=str(forms["west_bureau"].pk), verb="voided").get()
    assert last.reason == "单位不再参加服务月"


def test_a_lower_level_that_left_keeps_its_own_summary(cast, at):
    made = levels(cast)
    same_days(made)
    for who in made:
        opened(made[who], cast, who, at)
    city = StatForm.objects.unscoped("test").get(unit=cast.city_bureau, own_only=False)
    assert city.above is not None
    CampaignUnit.objects.unscoped("test").filter(campaign=made["province_officer"], unit=cast.city_bureau).delete()
    opened(made["province_officer"], cast, "province_officer", at)
    assert fresh(city).above is None
    assert fresh(city).subject == subject_of(made["city_officer"])
