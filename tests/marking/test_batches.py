"""副本登记: submitting, deciding, what becomes of copies, checking a report; by commitments only."""

import json
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction

from midun.evidence.models import PlatformDeposit
from midun.kernel.notify.models import Notice
from midun.kernel.orgs.services import Refused
from midun.kernel.trail.models import Entry
from midun.lib.marking.keys import MarkKey
from midun.lib.marking.manifest import Malformed, Opening, manifest, opening, read_manifest, read_openings
from midun.lib.marking.registry import Issued
from midun.marking import services
from midun.marking.models import IssueBatch, IssuedCopy
from tests.conftest import AT

KEY = MarkKey(bytes(range(32)), 3)


def row(number):
    one = bytes([number]) * 8
    return Issued(
        one, 3, KEY.fingerprint, "a" * 64, "绝密配方.pdf", f"李雷{number}", "评审", AT.isoformat(), copy="b" * 64
    )


FILE = manifest([row(n) for n in range(3)], KEY, "核心")


def report(*rows, **change):
    held = [{"copy": "X", "opening": {**vars(opening(one, KEY)), **change}} for one in rows]
    return json.dumps({"format": "midun-trace-report/1", "found": held}).encode()


def submitted(cast, at, data=FILE, who="confidentiality_officer", **more):
    fields = {"title": "R-21 评审发放", "channel": "mail", "expires_on": None, **more}
    return services.submit(enterprise=cast.jia, data=data, actor=cast.actor(who), at=at, **fields)


def approved(cast, at):
    batch = submitted(cast, at)
    services.decide(batch, approved=True, reason="", actor=cast.actor("enterprise_admin"), at=at)
    return batch


def test_the_vector_of_the_format():
    vector = "792fd138471eeaa75a65404b8b73bdf67ec7d90e3fe7981f3d346defdf7414a5"
    assert Opening("00" * 32, '{"at": "2026-01-01T00:00:00+00:00"}').commitment == vector


def test_no_name_and_no_digest_of_a_file_leaves():
    text = FILE.decode()
    for secret in ("李雷", "配方", "评审", "a" * 64, "b" * 64, KEY.secret.hex(), bytes(8).hex()):
        assert secret not in text
    assert read_manifest(FILE).grade == "核心"
    assert read_manifest(manifest([row(0)], KEY, "核心", date(2028, 2, 29))).until == date(2028, 2, 29)
    other = manifest([row(0)], MarkKey(bytes(32), 3))
    assert read_manifest(other).commitments[0] not in read_manifest(FILE).commitments


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        FILE.replace(b"batch/1", b"batch/2"),
        FILE.replace(b'"grade"', b'"grad"'),
        json.dumps({"format": "midun-issue-batch/1", "grade": "高", "until": "", "copies": ["a" * 64]}).encode(),
        json.dumps({"format": "midun-issue-batch/1", "grade": "", "until": "", "copies": []}).encode(),
        json.dumps(
            {"format": "midun-issue-batch/1", "grade": "", "until": "", "copies": ["b" * 64, "a" * 64]}
        ).encode(),
        json.dumps({"format": "midun-issue-batch/1", "grade": "", "until": "", "copies": ["a" * 64] * 2}).encode(),
        json.dumps({"format": "midun-issue-batch/1", "grade": "", "until": "", "copies": ["A" * 64]}).encode(),
        json.dumps({"format": "midun-issue-batch/1", "grade": [], "until": "", "copies": ["a" * 64]}).encode(),
        FILE.replace(b'"until": ""', b'"until": "2026-02-30"'),
        FILE.replace(b'"until": ""', b'"until": 5'),
    ],
)
def test_it_rejects_files_that_are_none(data):
    with pytest.raises(Malformed):
        read_manifest(data)


@pytest.mark.parametrize("held", [b"{}", b"1", b'{"format": "midun-trace-report/1", "found": [{"opening": 1}]}'])
def test_it_rejects_reports_that_are_none(held):
    with pytest.raises(Malformed):
        read_openings(held)


def test_it_works(cast, at):
    batch = approved(cast, at)
    assert batch.count == 3
    declared = PlatformDeposit.objects.unscoped("test").get(subject="issue")
    assert declared.reference == str(batch.uuid)
    assert batch.sha256 in declared.text
    assert Notice.objects.unscoped("test").filter(membership=cast.enterprise_admin).exists()


def test_it_is_in_the_trail(cast, at):
    batch = approved(cast, at)
    services.note_copy(batch, number="1", fate="recalled_at", actor=cast.actor("enterprise_admin"), at=at)
    verbs = {entry.verb for entry in Entry.objects.about(batch)}
    assert verbs == {"copies_submitted", "copies_approved", "copy_recalled"}
    assert not Entry.objects.filter(target_label__contains="R-21").exists()


def test_who_submits_does_not_approve(cast, at):
    batch = submitted(cast, at, who="enterprise_admin")
    with pytest.raises(Refused):
        services.decide(batch, approved=True, reason="", actor=cast.actor("enterprise_admin"), at=at)
    with pytest.raises(Refused):
        services.decide(batch, approved=True, reason="", actor=cast.actor("confidentiality_officer"), at=at)
    with pytest.raises(Refused):
        services.decide(batch, approved=True, reason="", actor=cast.actor("other_enterprise_admin"), at=at)
    raw = IssueBatch.objects.unscoped("test").filter(pk=batch.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        raw.update(decided_at=at, approved=True, decided_by=batch.submitted_by_id)
    with pytest.raises(IntegrityError), transaction.atomic():
        raw.update(approved=True)


def test_sending_back_needs_a_reason_and_lets_it_come_again(cast, at):
    batch = submitted(cast, at)
    admin = cast.actor("enterprise_admin")
    with pytest.raises(services.BatchProblem):
        services.decide(batch, approved=False, reason=" ", actor=admin, at=at)
    with pytest.raises(services.BatchProblem):
        submitted(cast, at)
    services.decide(batch, approved=False, reason="接收人未签协议", actor=admin, at=at)
    with pytest.raises(services.BatchProblem):
        services.decide(batch, approved=True, reason="", actor=admin, at=at)
    with pytest.raises(services.BatchProblem):
        services.note_copy(batch, number="1", fate="acknowledged_at", actor=admin, at=at)
    assert not PlatformDeposit.objects.unscoped("test").filter(subject="issue").exists()
    assert submitted(cast, at).count == 3


def test_the_history_of_a_copy_only_grows(cast, at):
    batch, admin = approved(cast, at), cast.actor("enterprise_admin")
    services.note_copy(batch, number="2", fate="acknowledged_at", actor=admin, at=at)
    services.note_copy(batch, number="2", fate="destroyed_at", actor=admin, at=at)
    wrong = [("2", "acknowledged_at"), ("2", "recalled_at"), ("9", "recalled_at"), ("²", "recalled_at"), ("1", "pk")]
    for number, fate in wrong:
        with pytest.raises(services.BatchProblem):
            services.note_copy(batch, number=number, fate=fate, actor=admin, at=at)
    with pytest.raises(Refused):
        services.note_copy(batch, number="1", fate="recalled_at", actor=cast.actor("other_enterprise_admin"), at=at)


def test_a_report_opens_what_was_registered_and_nothing_else(cast, at):
    approved(cast, at)
    own, other = cast.actor("confidentiality_officer"), cast.actor("other_enterprise_admin")
    assert services.check_report(report(row(1)), actor=own)[0].registered is not None
    assert services.check_report(report(row(7)), actor=own)[0].registered is None
    changed = vars(opening(row(1), KEY))["text"].replace("李雷1", "韩梅")
    assert services.check_report(report(row(1), text=changed), actor=own)[0].registered is None
    assert services.check_report(report(row(1)), actor=other)[0].registered is None
    for bad in (report(row(1), salt="zz"), b"{}", b"\xff"):
        with pytest.raises(services.BatchProblem):
            services.check_report(bad, actor=own)


def test_outsider_gets_404(cast, at, login):
    batch = approved(cast, at)
    for who in ("other_enterprise_admin",):
        assert login(who).get(f"/marking/{batch.uuid}/").status_code == 404
        assert login(who).post(f"/marking/{batch.uuid}/decide/", {"act": "approve"}).status_code == 404
    assert not IssuedCopy.objects.visible_to(cast.actor("other_enterprise_admin")).exists()


def test_other_role_gets_403(cast, at, login):
    batch = approved(cast, at)
    for who in ("city_officer", "district_leader", "auditor", "expert"):
        assert login(who).get(f"/marking/{batch.uuid}/").status_code == 403
        assert not IssueBatch.objects.visible_to(cast.actor(who)).exists()


def test_the_pages_from_submitting_to_checking(cast, at, login):
    officer, admin = login("confidentiality_officer"), login("enterprise_admin")

    def sent(address, data, **more):
        return officer.post(address, {**more, "file": SimpleUploadedFile("登记文件.json", data)})

    assert "不是 JSON" in sent("/marking/new/", b"x", title="R-21", channel="mail").content.decode()
    answer = sent("/marking/new/", FILE, title="R-21", channel="mail")
    assert answer.status_code == 302
    assert "待审批" in officer.get("/marking/").content.decode()
    assert "批准发放" not in officer.get(answer.url).content.decode()
    assert "批准发放" in admin.get(answer.url).content.decode()
    assert "副本发放：R-21" in admin.get("/desk/").content.decode()
    admin.post(f"{answer.url}decide/", {"act": "approve"})
    officer.post(f"{answer.url}note/", {"number": "1", "fate": "acknowledged_at"})
    text = officer.get(answer.url).content.decode()
    assert "已批准" in text
    assert "等待存入日志" in text
    assert IssuedCopy.objects.unscoped("test").filter(acknowledged_at__isnull=False).count() == 1
    assert "相符" in sent("/marking/check/", report(row(1))).content.decode()
    assert "未登记" in sent("/marking/check/", report(row(9))).content.decode()
