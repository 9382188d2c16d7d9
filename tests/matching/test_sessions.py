"""密封比对: ciphertext in, a report out, nothing else left, and the trail says who did and saw what."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction

from midun.kernel.jobs.models import Job
from midun.kernel.orgs.services import Refused
from midun.kernel.trail.models import Entry
from midun.lib.similarity.sealed import pack, parse_session, seal
from midun.matching import jobs, services
from midun.matching.models import Screening, SealedSession
from midun.matching.services import vault
from tests.conftest import AT
from tests.lib.similarity.building import prose
from tests.lib.similarity.reports import SECRET, TITLE


@pytest.fixture
def session(cast, claim):
    return services.open_session(
        unit=cast.east_bureau,
        claim=claim,
        purpose="甲反映乙使用其工艺文件",
        party_a="甲精密",
        party_b="乙公司",
        actor=cast.actor("district_officer"),
        at=AT,
    )


@pytest.fixture
def bundles(tmp_path):
    """Gives both parties' bundles for a session."""
    (tmp_path / "甲.txt").write_text(SECRET, encoding="utf-8")
    (tmp_path / "乙.txt").write_text(prose(7, 10) + SECRET[200:1200], encoding="utf-8")
    points = f"## {TITLE}\n{SECRET}".encode()

    def make(session):
        return {
            "a": seal(pack(tmp_path / "甲.txt", points), session, "a"),
            "b": seal(pack(tmp_path / "乙.txt"), session, "b"),
        }

    return make


def received(session, bundles, actor):
    for side, data in bundles(session.key).items():
        services.receive_bundle(session, side=side, data=data, actor=actor, at=AT)
    session.refresh_from_db()


def test_the_whole_session_by_its_pages(login, cast, claim, bundles, settings, soon):
    client = login("district_officer")
    assert "还没有密封比对" in client.get("/matching/sealed/").content.decode()
    form = {"purpose": "甲反映乙使用其工艺文件", "party_a": "甲精密", "party_b": "乙公司", "claim": claim.pk}
    page = client.post("/matching/sealed/new/", form).url
    home = Path(settings.MIDUN_HOME)
    key = parse_session(client.get(page + "session.json").content)
    assert key.fingerprint in client.get(page).content.decode()
    refused = client.post(page + "receive/a/", {"bundle": SimpleUploadedFile("a.sealed", b"plain")}, follow=True)
    assert "不是密封的材料包" in refused.content.decode()
    made = bundles(key)
    for side, data in made.items():
        client.post(page + f"receive/{side}/", {"bundle": SimpleUploadedFile("x.sealed", data)})
    assert "已开始比对" in client.post(page + "compare/", follow=True).content.decode()
    stored = b"".join(p.read_bytes() for p in home.rglob("*") if p.is_file())
    assert SECRET[:20].encode() not in stored
    jobs.compare_sealed(at=AT, **Job.objects.get(name="matching.compare_sealed").arguments)
    assert not (home / "sealed" / key.number).exists()
    shown = client.get(page).content.decode()
    assert "材料和密钥已先行删除" in shown
    assert client.get(page + "report/pdf/").status_code == 302  # a look is a button: it is written down
    report = json.loads(client.post(page + "report/json/").content)
    assert report["findings"][0]["title"] == TITLE
    assert client.post(page + "report/pdf/").content.startswith(b"%PDF-")
    assert TITLE in client.post(page + "report/html/").content.decode()
    assert client.post(page + "report/exe/").status_code == 404
    client.post(page + "close/")
    assert "已关闭" in client.get(page).content.decode()
    session = SealedSession.objects.unscoped("test").get()
    verbs = [(e.verb, e.user_name) for e in Entry.objects.about(session).order_by("seq")]
    officer = "district_officer"
    assert [v for v, _ in verbs] == [
        "sealed_opened", "sealed_received", "sealed_received", "started", "sealed_erased", "sealed_compared",
        "sealed_read", "sealed_read", "sealed_read", "sealed_closed",
    ]  # fmt: skip
    assert {who for verb, who in verbs if verb == "sealed_read"} == {officer}
    assert Screening.objects.unscoped("test").get(claim=claim).session == session


def test_what_cannot_be_compared_fails_with_a_sentence_and_is_erased(cast, session, bundles):
    actor = cast.actor("district_officer")
    made = bundles(session.key)
    for side in ("a", "b"):
        services.receive_bundle(session, side=side, data=made["a"], actor=actor, at=AT)
    services.start_comparison(session, actor=actor, at=AT)
    jobs.compare_sealed(at=AT, number=session.pk)
    session.refresh_from_db()
    assert session.failure.startswith("乙方：材料包打不开")
    assert session.state == "未完成"
    assert not vault.folder_of(session.uuid).exists()
    with pytest.raises(services.SessionProblem, match="还没有报告"):
        services.read_report(session, form="pdf", actor=actor, at=AT)


def test_killed_after_the_erasing_it_says_so(cast, session, bundles):
    actor = cast.actor("district_officer")
    received(session, bundles, actor)
    services.start_comparison(session, actor=actor, at=AT)
    vault.erase(session.uuid)  # and then the worker died
    jobs.compare_sealed(at=AT, number=session.pk)
    session.refresh_from_db()
    assert "重新开启会话" in session.failure
    jobs.compare_sealed(at=AT, number=session.pk)  # once more does nothing
    assert Entry.objects.about(session).filter(verb="sealed_failed").count() == 1


def test_no_report_beside_its_material(cast, session, bundles):
    received(session, bundles, cast.actor("district_officer"))
    with pytest.raises(ValueError, match="erased"):
        services.finish(session, report=b"{}", failure="", at=AT)
    rows = SealedSession.objects.unscoped("test").filter(pk=session.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(report=b"x", report_sha256="0" * 64, finished_at=AT, started_at=AT)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(closed_at=AT)


def test_only_the_bureau_that_opened_it(login, cast, session):
    page = f"/matching/sealed/{session.uuid}/"
    assert login("district_officer_2").get(page).status_code == 200
    for who in ("city_officer", "other_district_officer", "nation_officer"):
        assert login(who).get(page).status_code == 404
        with pytest.raises(Refused):
            services.read_report(session, form="pdf", actor=cast.actor(who), at=AT)
    for who in ("district_leader", "enterprise_admin", "auditor", "system_admin"):
        assert login(who).get(page).status_code == 403


def test_acts_out_of_order_are_refused(cast, session, bundles):
    actor = cast.actor("district_officer")
    with pytest.raises(services.SessionProblem, match="双方"):
        services.start_comparison(session, actor=actor, at=AT)
    with pytest.raises(services.SessionProblem, match="没有这一方"):
        services.receive_bundle(session, side="c", data=b"", actor=actor, at=AT)
    received(session, bundles, actor)
    with pytest.raises(services.SessionProblem, match="到期"):
        services.start_comparison(session, actor=actor, at=AT + timedelta(days=8))
    services.start_comparison(session, actor=actor, at=AT)
    with pytest.raises(services.SessionProblem, match="正在比对"):
        services.close_session(session, actor=actor, at=AT)
    with pytest.raises(services.SessionProblem, match="不能再接收"):
        services.receive_bundle(session, side="a", data=bundles(session.key)["a"], actor=actor, at=AT)


def test_what_nobody_compares_is_erased_in_time(cast, session, bundles):
    received(session, bundles, cast.actor("district_officer"))
    jobs.expire(at=AT + timedelta(days=6))
    assert vault.folder_of(session.uuid).exists()
    jobs.expire(at=AT + timedelta(days=7, hours=1))
    session.refresh_from_db()
    assert session.state == "已关闭"
    assert not vault.folder_of(session.uuid).exists()


def test_a_comparison_that_never_ends_is_given_up(cast, session, bundles):
    actor = cast.actor("district_officer")
    received(session, bundles, actor)
    services.start_comparison(session, actor=actor, at=AT)
    jobs.expire(at=AT + timedelta(days=2))
    session.refresh_from_db()
    assert session.state == "未完成"
    assert not vault.folder_of(session.uuid).exists()


def test_key_and_bundles_are_the_owners_only_and_in_no_backup(cast, session, bundles, tmp_path):
    received(session, bundles, cast.actor("district_officer"))
    folder = vault.folder_of(session.uuid)
    assert folder.stat().st_mode & 0o077 == 0
    assert all(p.stat().st_mode & 0o077 == 0 for p in folder.iterdir())
    source = (Path(jobs.__file__).parents[1] / "config" / "archive" / "write.py").read_text(encoding="utf-8")
    assert '"sealed"' not in source
