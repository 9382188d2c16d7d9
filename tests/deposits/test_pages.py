"""What an enterprise sees of its deposits, and that nobody else sees any."""

import io
import json
import zipfile
from datetime import timedelta

import pytest

from midun.deposits import services
from midun.deposits.models import HandOff
from midun.evidence.models import Deposit, Project, Token
from midun.kernel.orgs.services import Refused, begin_project
from midun.kernel.trail.models import Entry
from midun.lib.sheets import read_tables

STATEMENT = '{"format":"midun-statement/1","maker":"张工"}'


def text(answer):
    assert answer.status_code == 200
    return answer.content.decode()


def actor(cast, name):
    return cast.memberships[name].actor()


def test_list_and_detail_tell_the_stage_as_it_is(login, deposit, finish):
    one, two = deposit("jia", 0, label="R-21 第一版"), deposit("jia", 5, kind=2)
    finish(5)
    client = login("enterprise_admin")
    listed = text(client.get("/deposits/"))
    assert listed.count("证明完备") == 1
    assert listed.count("已受理，待见证与时间戳") == 1
    assert "R-21 第一版" in listed
    assert f"一组文件 {two.sha256.hex()[:8]}" in listed
    assert "见证方已共同签名，已有时间戳" in text(client.get(f"/deposits/{one.uuid}/"))
    waiting = text(client.get(f"/deposits/{two.uuid}/"))
    assert "等待见证方共同签名" in waiting
    assert "等待时间戳" in waiting
    assert "读不到这条存证" in waiting, "there is no log behind these rows, and the page says so"
    assert two.sm3.hex() in waiting


def test_outsider_gets_404(login, deposit):
    made = deposit("jia", 0, label="R-21 第一版")
    other = login("other_enterprise_admin")
    assert other.get(f"/deposits/{made.uuid}/").status_code == 404
    assert other.post(f"/deposits/{made.uuid}/statement/", {"text": STATEMENT}).status_code == 404
    assert "R-21" not in text(other.get("/deposits/"))
    assert "R-21" not in text(other.get("/deposits/handoffs/new/"))


@pytest.mark.parametrize("who", ["city_officer", "district_leader", "system_admin", "auditor", "notary_officer"])
def test_no_bureau_sees_inside(login, deposit, who):
    made = deposit("jia", 0)
    assert login(who).get(f"/deposits/{made.uuid}/").status_code == 403
    assert login(who).get("/deposits/").status_code == 403


def test_list_asks_no_query_per_row(login, deposit, django_assert_max_num_queries):
    client = login("enterprise_admin")
    for index in range(15):
        deposit("jia", index)
    with django_assert_max_num_queries(20):
        text(client.get("/deposits/"))


def test_statement_is_shown_by_choice(login, deposit):
    made = deposit("jia", 0)
    client = login("confidentiality_officer")
    assert "没有向平台出示" in text(client.get(f"/deposits/{made.uuid}/"))
    client.post(f"/deposits/{made.uuid}/statement/", {"text": "{}"})
    assert "没有向平台出示" in text(client.get(f"/deposits/{made.uuid}/"))
    client.post(f"/deposits/{made.uuid}/statement/", {"text": STATEMENT})
    assert "张工" in text(client.get(f"/deposits/{made.uuid}/"))


def test_projects(login, deposit, cast, at):
    client = login("enterprise_admin")
    answer = client.post("/deposits/projects/new/", {"title": "  R-21  合金 "})
    project = Project.objects.unscoped("test").get()
    assert project.title == "R-21 合金"
    assert answer["Location"] == f"/deposits/projects/{project.uuid}/"
    assert "已有同名" in text(client.post("/deposits/projects/new/", {"title": "R-21 合金"}))
    deposit("jia", 0, project=project, label="立项")
    shown = text(client.get(answer["Location"]))
    assert "立项" in shown
    assert "共 1 条存证" in shown
    edit = f"/deposits/projects/{project.uuid}/edit/"
    assert client.post(edit, {"title": "R-22", "version": 1}).status_code == 302
    assert client.post(edit, {"title": "R-23", "version": 1}).status_code == 200
    project.refresh_from_db()
    assert project.title == "R-22"
    assert login("other_enterprise_admin").get(answer["Location"]).status_code == 404
    with pytest.raises(Refused):
        begin_project(
            Project, enterprise=cast.organisations["jia"], title="x", actor=actor(cast, "other_enterprise_admin"), at=at
        )
    told = json.dumps(
        list(Entry.objects.filter(target_type="evidence.project").values("after", "target_label")), default=str
    )
    assert "R-2" not in told


def test_a_token_is_shown_once(login):
    client = login("enterprise_admin")
    answer = client.post("/deposits/tokens/new/", {"name": "PLM", "scope": "deposit", "days": "90"})
    secret = text(answer).partition('aria-label="令牌">')[2].partition("<")[0]
    assert secret.startswith("mdt_")
    assert "no-store" in answer["Cache-Control"]
    listed = text(client.get("/deposits/tokens/"))
    assert secret not in listed
    assert "从未" in listed
    token = Token.objects.unscoped("test").get()
    assert login("other_enterprise_admin").post(f"/deposits/tokens/{token.pk}/revoke/").status_code == 404
    client.post(f"/deposits/tokens/{token.pk}/revoke/")
    assert "已撤销" in text(client.get("/deposits/tokens/"))
    assert text(client.post("/deposits/tokens/new/", {"name": "", "scope": "deposit", "days": "90"}))
    assert Token.objects.unscoped("test").count() == 1


def hand_off(client, made, **more):
    answer = client.post("/deposits/handoffs/new/", {"purpose": "证据保全", "deposits": [made.pk], **more})
    assert answer.status_code == 302, answer.content.decode()
    return HandOff.objects.unscoped("test").latest("pk")


def test_a_notary_receives_and_confirms(login, deposit, cast):
    made = deposit("jia", 3, label="R-21")
    enterprise, notary = login("enterprise_admin"), login("notary_officer")
    handoff = hand_off(enterprise, made, notary=cast.organisations["notary"].pk)
    address = f"/deposits/received/{handoff.uuid}/"
    assert "甲精密机械有限公司" in text(notary.get("/deposits/received/"))
    notary.post(address, {"result": "1"})
    handoff.refresh_from_db()
    assert handoff.received_at
    assert handoff.confirmed_at is None
    notary.post(address, {"result": "0", "finding": ""})
    handoff.refresh_from_db()
    assert handoff.confirmed_at is None
    notary.post(address, {"result": "1", "finding": "（2026）沪江证字第 1 号"})
    shown = text(enterprise.get(f"/deposits/handoffs/{handoff.uuid}/"))
    assert "核验相符" in shown
    assert "沪江证字第 1 号" in shown
    assert "沪江证字第 1 号" in text(enterprise.get(f"/deposits/{made.uuid}/"))
    notary.post(address, {"result": "0", "finding": "改"})
    handoff.refresh_from_db()
    assert handoff.matches
    assert [e.verb for e in Entry.objects.filter(target_type="deposits.handoff").order_by("seq")] == [
        "handed_off",
        "handoff_received",
        "handoff_confirmed",
    ]


def test_a_notary_sees_only_what_was_handed_to_it(login, deposit):
    handoff = hand_off(login("enterprise_admin"), deposit("jia", 0))
    assert "甲精密" not in text(login("notary_officer").get("/deposits/received/"))
    assert login("notary_officer").get(f"/deposits/received/{handoff.uuid}/").status_code == 404
    assert login("other_enterprise_admin").get(f"/deposits/handoffs/{handoff.uuid}/").status_code == 404


def test_others_deposits_are_not_handed_off(login, deposit, cast, at):
    theirs = deposit("yi", 0)
    answer = login("enterprise_admin").post("/deposits/handoffs/new/", {"purpose": "x", "deposits": [theirs.pk]})
    assert answer.status_code == 200
    with pytest.raises(Refused):
        services.hand_off(
            enterprise=cast.organisations["jia"],
            deposits=list(Deposit.objects.unscoped("test").select_related("tenant")),
            purpose="x",
            notary=None,
            actor=actor(cast, "enterprise_admin"),
            at=at,
        )
    assert not HandOff.objects.unscoped("test").exists()


def test_the_file_for_the_notary(login, deposit, monkeypatch):
    """Without a log behind the rows there are no proofs: those are in the journey."""
    monkeypatch.setattr("midun.deposits.handoff_file.proofs_of", lambda _deposits, **_at: {})
    made = deposit("jia", 3, label="=R-21")
    handoff = hand_off(login("enterprise_admin"), made)
    answer = login("enterprise_admin").get(f"/deposits/handoffs/{handoff.uuid}/file.zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == ["00-说明.txt", "01-移交清单.xlsx", "02-核验记录.pdf", "03-日志公钥.txt"]
        (table,) = read_tables(archive.read("01-移交清单.xlsx"), name="清单.xlsx")
        assert archive.read("02-核验记录.pdf").startswith(b"%PDF")
        assert "其中 1 条尚缺" in archive.read("00-说明.txt").decode("utf-8-sig")
        assert "log.example.cn/evidence" in archive.read("03-日志公钥.txt").decode()
    row = table.rows[-1].cells
    assert row[1:6] == ["=R-21", made.sha256.hex()[:8], "单个文件", str(made.uuid), "3"]


def test_the_desk_asks_the_notary_and_the_holder_of_a_token(login, deposit, cast):
    enterprise, notary = login("enterprise_admin"), login("notary_officer")
    hand_off(enterprise, deposit("jia", 0), notary=cast.organisations["notary"].pk)
    enterprise.post("/deposits/tokens/new/", {"name": "PLM", "scope": "deposit", "days": "30"})
    assert "甲精密机械有限公司：证据保全" in text(notary.get("/desk/"))
    assert "即将到期" not in text(enterprise.get("/desk/"))
    from django.utils import timezone

    Token.objects.unscoped("test").update(expires_at=timezone.now() + timedelta(days=10))
    assert "“PLM”即将到期" in text(enterprise.get("/desk/"))
