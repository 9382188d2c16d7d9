"""Certificates of attendance: issued, revoked, downloaded, verified by us and without us."""

import json
import shutil
import subprocess
from datetime import timedelta

import pytest
import time_machine
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.db import IntegrityError, transaction

from midun.activities import codes, keys
from midun.activities.models import Certificate
from midun.activities.services import certificates, events
from midun.kernel.trail.models import Entry
from tests.activities.factories import AT, address, entries, event, listed, people
from tests.activities.proof import parts, raw_signature


@pytest.fixture(autouse=True)
def _that_day():
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def made(cast):
    activity = event(cast.district_officer, hours=2, title="离职交接与竞业限制专题培训")
    listed(activity, cast.district_officer, people("吴敏", "欧阳娜娜"))
    return activity


def issued(activity, cast, at=AT):
    return certificates.issue(activity, participations=None, actor=cast.actor("district_officer"), at=at)


def receipt_of(entry):
    return codes.receipt_path(entry.pk)


def attachment_of(pdf, tmp_path):
    """The proof inside a PDF, taken out by poppler: a program that knows nothing of us."""
    if not shutil.which("pdfdetach"):
        pytest.skip("pdfdetach (poppler-utils) is not installed")
    (tmp_path / "certificate.pdf").write_bytes(pdf)
    subprocess.run(["pdfdetach", "-save", "1", "-o", "proof.txt", "certificate.pdf"], cwd=tmp_path, check=True)
    return (tmp_path / "proof.txt").read_bytes()


# issuing


def test_it_works(login, made, cast):
    client = login("district_officer")
    page = client.post(address("issue", made.pk), follow=True).content.decode()
    assert "已签发 2 份参训证书" in page
    first, second = Certificate.objects.unscoped("test")
    assert (first.number, second.number) == ("ZS-2025-000001", "ZS-2025-000002")
    assert (first.person_name, first.enterprise_name, first.issuer) == ("吴敏", cast.jia.name, cast.east_bureau.name)
    assert first.number in page
    again = client.post(address("issue", made.pk), follow=True).content.decode()
    assert "名单中的人员都已有证书" in again


def test_one_person_alone(login, made):
    login("district_officer").post(address("issue", made.pk), {"person": entries(made)[1].pk})
    assert [c.person_name for c in Certificate.objects.unscoped("test")] == ["欧阳娜娜"]


def test_it_is_in_the_trail(made, cast):
    first = issued(made, cast)[0]
    certificates.revoke(first, reason="姓名有误", actor=cast.actor("district_officer"), at=AT)
    verbs = [(e.verb, e.reason) for e in Entry.objects.about(made)][-2:]
    assert verbs == [("certificate_issued", ""), ("certificate_revoked", "姓名有误")]


@pytest.mark.parametrize("name", ["issue"])
def test_outsider_gets_404(login, made, cast, name):
    assert login("other_district_officer").post(address(name, made.pk)).status_code == 404
    first = issued(made, cast)[0]
    for page in ("certificate-file", "revoke"):
        assert login("other_district_officer").get(address(page, made.pk, first.pk)).status_code == 404


def test_other_role_gets_403(login, made, cast):
    for who in ("city_officer", "district_leader", "enterprise_admin"):
        assert login(who).post(address("issue", made.pk)).status_code == 403
    first = issued(made, cast)[0]
    assert login("city_officer").post(address("revoke", made.pk, first.pk), {"reason": "x"}).status_code == 403
    assert login("city_officer").get(address("certificate-file", made.pk, first.pk)).status_code == 200


def test_it_rejects_without_hours_before_the_day_and_of_a_voided_event(login, cast):
    client, actor = login("district_officer"), cast.actor("district_officer")
    bare = event(cast.district_officer)
    listed(bare, cast.district_officer, people("甲"))
    assert "请先在“修改”中填写学时" in client.post(address("issue", bare.pk), follow=True).content.decode()
    coming = event(cast.district_officer, hours=2, day=AT.date() + timedelta(days=1))
    listed(coming, cast.district_officer, people("甲"))
    assert "活动尚未举行" in client.post(address("issue", coming.pk), follow=True).content.decode()
    gone = event(cast.district_officer, hours=2)
    listed(gone, cast.district_officer, people("甲"))
    events.void(gone, version=1, reason="未办", actor=actor, at=AT)
    assert "活动已作废" in client.post(address("issue", gone.pk), follow=True).content.decode()
    assert not Certificate.objects.unscoped("test").exists()


def test_voided_people_get_none(made, cast):
    from midun.activities.services import participants

    participants.void_participation(entries(made)[0], reason="未到", actor=cast.actor("district_officer"), at=AT)
    assert [c.person_name for c in issued(made, cast)] == ["欧阳娜娜"]


def test_numbers_begin_again_each_year(made, cast):
    issued(made, cast)
    later = event(cast.district_officer, hours=1)
    listed(later, cast.district_officer, people("丁"))
    with time_machine.travel(AT + timedelta(days=300), tick=False):
        assert [c.number for c in issued(later, cast, at=AT + timedelta(days=300))] == ["ZS-2026-000001"]


def test_a_missing_key_stops_issuing_instead_of_making_another(login, made, cast):
    issued(made, cast)
    keys.key_path().unlink()
    later = event(cast.district_officer, hours=1)
    listed(later, cast.district_officer, people("丁"))
    page = login("district_officer").post(address("issue", later.pk), follow=True).content.decode()
    assert "签名密钥缺失" in page
    assert not keys.key_path().exists()


def test_what_was_certified_does_not_change_with_the_event(login, made, cast):
    first = issued(made, cast)[0]
    fields = {"title": "改了名", "hours": 8}
    events.change(made, version=1, actor=cast.actor("district_officer"), at=AT, fields=fields)
    first.refresh_from_db()
    assert (first.event, first.hours) == ("离职交接与竞业限制专题培训", 2)
    page = login("visitor").get(address("certificate-verify"), {"code": first.code}).content.decode()
    assert "有效" in page


def test_the_key_is_readable_by_its_owner_only(made, cast):
    issued(made, cast)
    assert keys.key_path().stat().st_mode & 0o777 == 0o600


# the participant's own


def test_the_participant_downloads_it_from_the_receipt(login, made, cast):
    first = issued(made, cast)[0]
    visitor, receipt = login("visitor"), receipt_of(entries(made)[0])
    assert f"下载参训证书（{first.number}）" in visitor.get(receipt).content.decode()
    pdf = visitor.get(f"{receipt}certificate.pdf")
    assert pdf.content.startswith(b"%PDF-")
    certificates.revoke(first, reason="有误", actor=cast.actor("district_officer"), at=AT)
    assert visitor.get(f"{receipt}certificate.pdf").status_code == 404
    assert "下载参训证书" not in visitor.get(receipt).content.decode()


def test_all_of_an_event_are_printed_from_one_file(login, made, cast, tmp_path):
    first, second = issued(made, cast)
    certificates.revoke(first, reason="有误", actor=cast.actor("district_officer"), at=AT)
    [again] = issued(made, cast)
    client = login("district_officer")
    assert address("certificate-files", made.pk, 1) in client.get(address("activity", made.pk)).content.decode()
    pdf = client.get(address("certificate-files", made.pk, 1)).content
    if shutil.which("pdfdetach"):
        (tmp_path / "all.pdf").write_bytes(pdf)
        told = subprocess.run(
            ["pdfdetach", "-list", "all.pdf"], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        assert sorted(line.split(": ")[1] for line in told.stdout.splitlines()[1:]) == [
            f"{second.number}.txt",
            f"{again.number}.txt",
        ]
    for part in (0, 2):
        assert client.get(address("certificate-files", made.pk, part)).status_code == 404
    assert login("other_district_officer").get(address("certificate-files", made.pk, 1)).status_code == 404


# verified by us


def test_anybody_verifies_and_sees_no_full_name(login, made, cast):
    first, second = issued(made, cast)
    visitor = login("visitor")
    for typed in (second.code, codes.spaced(second.code), second.code.lower(), f" {second.code} "):
        page = visitor.get(address("certificate-verify"), {"code": typed}).content.decode()
        assert "有效" in page
        assert "欧＊＊＊" in page
        assert "欧阳娜娜" not in page
        assert cast.jia.name not in page
    assert first.code != second.code


def test_letters_that_look_like_digits_are_read_as_such():
    assert codes.read_code("oOiIlL-ab cd") == "001111ABCD"


@pytest.mark.parametrize("typed", ["ABCD-EFGH-JKLM-NPQR", "<script>", "'; DROP", "张", "0" * 400])
def test_an_unknown_code_is_said_to_be_unknown(login, cast, typed):
    page = login("visitor").get(address("certificate-verify"), {"code": typed}).content.decode()
    assert "没有找到这个核验码对应的证书" in page or "请核对是否输错" in page
    assert "<script>" not in page.split("</head>")[1].replace('<script src="', "")


def test_a_revoked_one_is_said_to_be_revoked(login, made, cast):
    first = issued(made, cast)[0]
    login("district_officer").post(address("revoke", made.pk, first.pk), {"reason": "姓名有误"})
    page = login("visitor").get(address("certificate-verify"), {"code": first.code}).content.decode()
    assert "已于2025年6月10日被撤销" in page
    assert "有效</h2>" not in page
    assert "姓名有误" not in page
    again = login("district_officer").post(address("revoke", made.pk, first.pk), {"reason": "x"}, follow=True)
    assert "已被撤销" in again.content.decode()
    assert [c.person_name for c in issued(made, cast)] == ["吴敏"]


@pytest.mark.parametrize("field", ["person_name", "event", "hours", "enterprise_name", "issuer", "day", "signature"])
def test_a_record_changed_behind_our_back_is_found(login, made, cast, field):
    first = issued(made, cast)[0]
    other = {"hours": 20, "day": AT.date() + timedelta(days=1), "signature": "A" * 86}.get(field, "别的")
    Certificate.objects.unscoped("tamper").filter(pk=first.pk).update(**{field: other})
    page = login("visitor").get(address("certificate-verify"), {"code": first.code}).content.decode()
    assert "签名核验未通过" in page
    assert "有效</h2>" not in page


def test_the_database_refuses_two_valid_ones_and_a_revocation_without_a_reason(made, cast):
    first = issued(made, cast)[0]
    rows = Certificate.objects.unscoped("test")
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.filter(pk=first.pk).update(revoked_at=AT)
    first.pk, first.number, first.code = None, "ZS-2025-999999", "0000000000000000"
    with pytest.raises(IntegrityError), transaction.atomic():
        first.save(force_insert=True)


# verified without us


def test_the_proof_in_the_pdf_holds_by_the_documented_bytes_alone(login, made, cast, tmp_path):
    first = issued(made, cast)[0]
    pdf = login("district_officer").get(address("certificate-file", made.pk, first.pk)).content
    statement, key_id, signature = parts(attachment_of(pdf, tmp_path))
    published = json.loads(login("visitor").get(address("certificate-key")).content)
    key = load_pem_public_key(published["pem"].encode())
    key.verify(raw_signature(signature), statement)
    assert published["key_id"] == key_id == first.key_id
    assert statement.decode().splitlines() == [
        "midun-certificate/1",
        "number=ZS-2025-000001",
        "name=吴敏",
        "enterprise=甲精密机械有限公司",
        "event=离职交接与竞业限制专题培训",
        "day=2025-06-10",
        "hours=2.0",
        "issuer=东区市场监管局",
        "issued=2025-06-10",
        f"code={first.code}",
    ]
    with pytest.raises(InvalidSignature):
        key.verify(raw_signature(signature), statement.replace(b"hours=2.0", b"hours=9.0"))


def test_openssl_agrees(login, made, cast, tmp_path):
    """The commands of docs/formats/certificate.md."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    first = issued(made, cast)[0]
    pdf = login("district_officer").get(address("certificate-file", made.pk, first.pk)).content
    statement, _, signature = parts(attachment_of(pdf, tmp_path))
    published = json.loads(login("visitor").get(address("certificate-key")).content)
    for name, data in (
        ("key.pem", published["pem"].encode()), ("statement", statement), ("signature", raw_signature(signature))
    ):  # fmt: skip
        (tmp_path / name).write_bytes(data)
    command = [
        "openssl",
        "pkeyutl",
        "-verify",
        "-pubin",
        "-inkey",
        "key.pem",
        "-rawin",
        "-in",
        "statement",
        "-sigfile",
        "signature",
    ]
    good = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Signature Verified Successfully" in good.stdout + good.stderr
    (tmp_path / "statement").write_bytes(statement.replace("吴敏".encode(), "吴某".encode()))
    bad = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert bad.returncode != 0


def test_before_the_first_certificate_there_is_no_key(login, cast):
    published = json.loads(login("visitor").get(address("certificate-key")).content)
    assert (published["key_id"], published["pem"]) == (None, None)
