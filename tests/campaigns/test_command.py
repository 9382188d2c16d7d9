"""`midun import annex` from the command line."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from midun.campaigns.models import Campaign
from midun.kernel.orgs.models import Organisation
from midun.kernel.trail.models import Entry
from tests.campaigns.factories import PLAN, campaign_of, csv_of, docx_of, lines_of, running, shanghai


@pytest.fixture
def campaign(cast):
    return running(cast.city_officer)


def run(*arguments):
    out, err = StringIO(), StringIO()
    code = 0
    try:
        call_command("import", "annex", *map(str, arguments), stdout=out, stderr=err)
    except SystemExit as stop:
        code = stop.code
    return code, out.getvalue(), err.getvalue()


def file(tmp_path, data, name="附件1.csv"):
    path = tmp_path / name
    path.write_bytes(data)
    return path


def test_it_works(campaign, tmp_path):
    code, out, _ = run(file(tmp_path, docx_of(), "a.docx"), "--campaign", campaign.pk)
    assert code == 0
    assert "已导入：新增 6 条，更新 0 条，相同 0 条，拒收 0 行" in out
    assert len(lines_of(campaign)) == 6
    assert Entry.objects.about(campaign).last().user_name == "命令行"


def test_a_dry_run_shows_the_preview_and_saves_nothing(campaign, tmp_path):
    entries = Entry.objects.count()
    code, out, _ = run(file(tmp_path, csv_of()), "--campaign", campaign.title, "--dry-run")
    assert code == 0
    assert "共 6 行、4 个单位：新增 6，相同 0，更新 0，拒收 0" in out
    assert PLAN[0][3] in out
    assert (lines_of(campaign), Entry.objects.count()) == ([], entries)


def test_it_names_the_person(campaign, tmp_path):
    run(file(tmp_path, csv_of()), "--campaign", campaign.pk, "--as", "city_officer")
    assert Entry.objects.about(campaign).last().user_name == "city_officer"


@pytest.mark.parametrize("who", ["district_officer", "city_leader", "nobody"])
def test_other_role_is_refused(campaign, tmp_path, who):
    with pytest.raises(CommandError, match="不是组织单位"):
        run(file(tmp_path, csv_of()), "--campaign", campaign.pk, "--as", who)


def test_rejected_rows_stop_it_unless_they_are_to_be_skipped(campaign, tmp_path):
    path = file(tmp_path, csv_of([*PLAN, ("区级层面", "北区分局", 7, "走访"), ("", "", "八", "座谈")]))
    code, out, err = run(path, "--campaign", campaign.pk)
    assert code == 1
    assert "“北区分局”未识别" in out
    assert "第9行：序号“八”不是" in out
    assert "--skip-rejected" in err
    assert lines_of(campaign) == []
    assert run(path, "--campaign", campaign.pk, "--dry-run")[0] == 1
    code, out, _ = run(path, "--campaign", campaign.pk, "--skip-rejected", "--as-pending")
    assert (code, len(lines_of(campaign))) == (0, 6)
    assert {p.state for p in lines_of(campaign)} == {"submitted"}


def test_unknown_units_are_created_on_request(campaign, tmp_path):
    path = file(tmp_path, csv_of([*PLAN, ("区级层面", "北区分局", 7, "走访")]))
    code, out, _ = run(path, "--campaign", campaign.pk, "--create-units")
    assert code == 0
    assert "新建单位：北区分局" in out
    assert (
        Organisation.objects.unscoped("test").get(name="北区分局").jurisdiction.parent
        == campaign.organiser.jurisdiction
    )


def test_it_rejects_an_unknown_or_ambiguous_campaign(campaign, cast, tmp_path):
    path = file(tmp_path, csv_of())
    with pytest.raises(CommandError, match="没有服务月“没有这个”"):
        run(path, "--campaign", "没有这个")
    campaign_of(cast.city_officer)
    with pytest.raises(CommandError, match="有 2 个服务月"):
        run(path, "--campaign", "能力提升")


@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n", "甲,乙\n1,2\n".encode(), b""])
def test_it_rejects_what_is_no_annex(campaign, tmp_path, data):
    with pytest.raises(CommandError):
        run(file(tmp_path, data), "--campaign", campaign.pk)


def test_it_rejects_a_missing_file(campaign, tmp_path):
    with pytest.raises(CommandError, match="无法读取"):
        run(tmp_path / "none.csv", "--campaign", campaign.pk)


@pytest.mark.django_db
def test_the_real_annex(shared, tmp_path):
    _, officer = shanghai()
    campaign = campaign_of(officer)
    path = shared / "data/shanghai-2023-annex1-activities.csv"
    assert (
        "共 62 行、20 个单位：新增 62，相同 0，更新 0，拒收 0" in run(path, "--campaign", campaign.pk, "--dry-run")[1]
    )
    assert "新增 62 条" in run(path, "--campaign", campaign.pk)[1]
    assert "新增 0 条，更新 0 条，相同 62 条" in run(path, "--campaign", campaign.pk)[1]
    assert Campaign.objects.unscoped("test").get().state == "draft"
