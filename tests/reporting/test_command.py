"""`midun report`: what the pages give, from the command line."""

import io
import sys
from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.utils.timezone import localdate

from midun.reporting.papers import MIME, paper
from midun.reporting.summary import summary_docx
from tests.kernel.statistics.factories import accepted, fresh, visit


@pytest.fixture
def run(monkeypatch):
    """Run the command; the bytes on standard output."""

    def call(*arguments):
        out = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", type("Out", (), {"buffer": out})())
        said = io.StringIO()
        call_command("report", *arguments, stderr=said, stdout=said)
        return out.getvalue(), said.getvalue()

    return call


@pytest.mark.parametrize("kind", list(MIME))
def test_it_gives_what_the_page_gives_byte_for_byte(login, cast, forms, run, kind, at):
    visit(cast.east_bureau, cast.jia, at)
    for state in ("draft", "accepted"):
        if state == "accepted":
            accepted(cast, forms["east_bureau"], at)
        data, _ = run("form", "--unit", "东区市场监管局", "--campaign", "服务月", "--format", kind)
        page = login("district_officer").get(f"/reporting/forms/{forms['east_bureau'].pk}/form.{kind}")
        assert data == page.content
        assert len(data) > 500


def test_the_summary_report(cast, campaign, forms, run, tmp_path):
    target = tmp_path / "总结.docx"
    _, said = run("summary", "--unit", "市市场监管局", "--campaign", str(campaign.pk), "-o", str(target))
    assert "已写入" in said
    today = localdate()
    assert target.read_bytes() == summary_docx(forms["summary"], campaign, today=today)[0]


def test_the_own_level_and_the_summary_of_the_organiser(cast, forms, run):
    own, _ = run("form", "--unit", str(cast.city_bureau.pk), "--campaign", "服务月", "--own", "--format", "json")
    summary, _ = run("form", "--unit", "市市场监管局", "--campaign", "服务月", "--format", "json")
    today = date(2025, 6, 10)
    assert own == paper(fresh(forms["own"]), "json", today=today)
    assert summary == paper(fresh(forms["summary"]), "json", today=today)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--unit", "北区", "--campaign", "服务月"), "没有“北区”的统计表.*东区市场监管局"),
        (("--unit", "东区市场监管局", "--campaign", "运动会"), "没有名为“运动会”的服务月"),
        (("--unit", "东区市场监管局"), "--campaign"),
        (("--unit", "东区市场监管局", "--campaign", "服务月", "--previous", "/nowhere.docx"), "无法读取"),
    ],
)
def test_it_rejects_what_it_cannot_find(forms, run, arguments, told):
    what = "summary" if "--previous" in arguments else "form"
    with pytest.raises(CommandError, match=told):
        run(what, *arguments)


def test_two_campaigns_of_a_name_are_told_apart_by_number(cast, campaign, forms, run):
    from tests.campaigns.factories import running

    running(cast.city_officer, year=2026)
    with pytest.raises(CommandError, match=f"{campaign.pk} 上海市"):
        run("form", "--unit", "东区市场监管局", "--campaign", "服务月")


def test_snapshots_are_verified(cast, forms, run, at):
    now = accepted(cast, forms["east_bureau"], at)
    assert "全部与摘要和留痕相符" in run("verify")[1]
    last = now.snapshots.last()
    now.snapshots.filter(pk=last.pk).update(body=last.body.replace('"reported":0', '"reported":9', 1))
    with pytest.raises(CommandError, match="1 处"):
        run("verify")
