"""比对项目: only summaries, only one's own, and a deposit that is proved to be of the report."""

import os

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from midun.kernel.orgs.services import ProjectProblem, Refused, begin_project
from midun.kernel.trail.models import Entry
from midun.lib.tlog.commitment import digest_chunks
from midun.lib.tlog.opening import Opening
from midun.matching import services
from midun.matching.models import ComparisonProject, ProjectReport
from tests.conftest import AT
from tests.deposits.building import deposit_at, open_log
from tests.lib.similarity.reports import SECRET, TITLE


@pytest.fixture
def project(cast):
    return begin_project(
        ComparisonProject, enterprise=cast.jia, title="L-3 事项", actor=cast.actor("enterprise_admin"), at=AT
    )


@pytest.fixture
def report(cast, project, summary_json):
    return services.submit_summary(project, data=summary_json, actor=cast.actor("enterprise_admin"), at=AT)


def test_the_pages_of_a_project(login, cast, summary_json):
    client = login("confidentiality_officer")
    assert "还没有比对项目" in client.get("/matching/projects/").content.decode()
    made = client.post("/matching/projects/new/", {"title": "  L-3  事项 "})
    page = client.get(made.url).content.decode()
    assert "L-3 事项" in page
    assert "midun compare" in page
    submit = made.url + "submit/"
    assert "summary.json" in client.get(submit).content.decode()
    done = client.post(submit, {"text": summary_json.decode()})
    shown = client.get(done.url).content.decode()
    assert "1 个秘点中 1 个的重合达到报告阈值" in shown
    assert "依法认定" in shown
    assert TITLE not in shown
    again = client.post(submit, {"text": summary_json.decode()})
    assert "已提交过" in again.content.decode()
    edited = client.post(made.url + "edit/", {"title": "L-4", "version": "1"})
    assert edited.status_code == 302
    assert "L-4" in client.get("/matching/projects/").content.decode()
    stale = client.post(made.url + "edit/", {"title": "L-5", "version": "1"})
    assert "被他人修改" in stale.content.decode()


def test_nothing_of_the_content_is_kept(cast, project, report_json, summary_json):
    actor = cast.actor("enterprise_admin")
    for bad in (report_json, b"{}", b"[]", b"x", summary_json[:-9]):
        with pytest.raises(ProjectProblem):
            services.submit_summary(project, data=bad, actor=actor, at=AT)
    services.submit_summary(project, data=summary_json, actor=actor, at=AT)
    kept = str(ProjectReport.objects.unscoped("test").values())
    assert not any(SECRET[n : n + 6] in kept for n in range(0, len(SECRET) - 6, 6))
    assert TITLE not in kept


def test_titles_of_projects_do_not_stand_in_the_trail(cast, project):
    entry = Entry.objects.about(project).get()
    assert "L-3" not in entry.target_label + entry.after
    with pytest.raises(ProjectProblem, match="同名"):
        begin_project(
            ComparisonProject, enterprise=cast.jia, title="L-3 事项", actor=cast.actor("enterprise_admin"), at=AT
        )


def test_outsider_gets_404(login, project, report):
    client = login("other_enterprise_admin")
    assert client.get(f"/matching/projects/{project.uuid}/").status_code == 404
    assert client.get(f"/matching/reports/{report.pk}/").status_code == 404
    assert client.post(f"/matching/projects/{project.uuid}/submit/", {"text": "x"}).status_code == 404


@pytest.mark.parametrize("who", ["district_officer", "city_leader", "auditor", "expert"])
def test_other_role_gets_403_and_no_bureau_sees_any(login, cast, project, who):
    assert login(who).get(f"/matching/projects/{project.uuid}/").status_code == 403
    assert not ComparisonProject.objects.visible_to(cast.actor(who)).exists()
    with pytest.raises(Refused):
        begin_project(ComparisonProject, enterprise=cast.jia, title="x", actor=cast.actor(who), at=AT)


@pytest.fixture
def deposited(cast, report_json):
    """The report deposited as a file: its row and its opening."""
    opening = Opening(os.urandom(32), b"", digest_chunks([report_json]))
    _, made = opening.commitment()
    row = deposit_at(open_log(), cast.jia, 3)
    row.commitment = made.sha256 + made.sm3
    row.save()
    return row, opening


def test_a_deposit_is_linked_once_its_opening_proves_it(login, report, deposited):
    row, opening = deposited
    client, page = login("enterprise_admin"), f"/matching/reports/{report.pk}/"
    assert "核实并关联" in client.get(page).content.decode()
    file = SimpleUploadedFile("开启信息.json", opening.encode())
    answer = client.post(page, {"deposit": row.pk, "opening": file}, follow=True)
    assert "已核实" in answer.content.decode()
    report.refresh_from_db()
    assert report.deposit_id == row.pk
    assert opening.salt.hex() not in str(ProjectReport.objects.unscoped("test").values())


def test_it_rejects_an_opening_of_something_else(cast, report, deposited, report_json):
    row, opening = deposited
    actor = cast.actor("enterprise_admin")
    other = Opening(os.urandom(32), b"", digest_chunks([b"another file"]))
    salted = Opening(os.urandom(32), b"", digest_chunks([report_json]))
    for bad, said in ((other, "不是这份报告"), (salted, "承诺值不符")):
        with pytest.raises(ProjectProblem, match=said):
            services.link_deposit(report, deposit=row, opening=bad.encode(), actor=actor, at=AT)
    with pytest.raises(ProjectProblem, match="读不出"):
        services.link_deposit(report, deposit=row, opening=b"{}", actor=actor, at=AT)
    foreign = deposit_at(type("L", (), {"number": 1}), cast.yi, 4)
    with pytest.raises(Refused):
        services.link_deposit(report, deposit=foreign, opening=opening.encode(), actor=actor, at=AT)
    services.link_deposit(report, deposit=row, opening=opening.encode(), actor=actor, at=AT)
    with pytest.raises(ProjectProblem, match="已关联"):
        services.link_deposit(report, deposit=row, opening=opening.encode(), actor=actor, at=AT)
