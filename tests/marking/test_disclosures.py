"""One registered copy shown to a bureau: approved, deposited by the real log's engine, shown, verified, taken back."""

import json
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from midun.claims.services import register
from midun.client.cli import main
from midun.evidence.models import PlatformDeposit
from midun.evidence.services.platform import hand_in
from midun.kernel.notify.models import Notice
from midun.kernel.orgs.services import Refused
from midun.kernel.trail.models import Entry
from midun.lib.bundle.copies import BatchProof
from midun.lib.bundle.copies_verified import verify_disclosure
from midun.lib.marking.manifest import opening, opening_file
from midun.marking import services
from midun.marking.models import Disclosure, IssuedCopy
from tests.evidence.conftest import ORIGIN, forget_rows, running
from tests.marking.issued import KEY, approved, row


@pytest.fixture
def log(transactional_db):
    """A log of this test's own."""
    from midun.evidence.services.logs import begin_log
    from midun.kernel.orgs.actor import system_actor
    from tests.conftest import AT

    forget_rows()
    return begin_log(origin=ORIGIN, actor=system_actor("测试"), at=AT)


@pytest.fixture
def batch(log, cast, at):
    """Three copies, approved and in the log."""
    made = approved(cast, at)
    with running(log) as told:
        assert hand_in() >= 1
    assert told == []
    return made


def claim_of(cast, at, unit=None):
    return register(
        unit=unit or cast.east_bureau,
        enterprise=cast.jia,
        actor=cast.actor("enterprise_admin"),
        at=at,
        topic="infringement",
        title="员工离职带走图纸",
        source="enterprise",
    )


def number_of(batch, which):
    """The number of a row's copy: copies are in the order of their commitments."""
    return IssuedCopy.objects.unscoped("test").get(batch=batch, commitment=opening(row(which), KEY).commitment).number


def disclosed(cast, at, batch, claim, which=1, **change):
    fields = {"number": str(number_of(batch, which)), "data": opening_file(row(which), KEY), **change}
    return services.disclose(batch, claim=claim, actor=cast.actor("enterprise_admin"), at=at, **fields)


def test_a_batch_reaches_the_log_and_its_receipt(batch, cast, at, login):
    """From approval through the engine to the proof that the enterprise takes home."""
    declared = PlatformDeposit.objects.unscoped("test").get(subject="issue")
    assert declared.deposit is not None
    page = login("confidentiality_officer").get(f"/marking/{batch.uuid}/").content.decode()
    assert str(declared.deposit.uuid) in page
    answer = login("confidentiality_officer").get(f"/marking/{batch.uuid}/proof.json")
    assert "midun-batch-" in answer["Content-Disposition"]
    proof = BatchProof.parse(answer.content)
    assert len(proof.copies) == 3
    verdict = verify_disclosure(proof.disclose(opening(row(2), KEY)).encode())
    assert verdict.status == "valid-accepted-only"  # no witness and no time-stamp in this log
    assert [step.check for step in verdict.steps] == [
        "disclosure",
        "copy",
        "batch",
        "container",
        "policy",
        "log",
        "inclusion",
        "witness",
        "time-stamp",
        "batch-deposit",
    ]


def test_it_works(batch, cast, at, login, tmp_path, capsys):
    """The bureau sees the one entry and verifies it; its file is verified offline, by command."""
    shown = disclosed(cast, at, batch, claim_of(cast, at))
    officer = login("district_officer")
    page = officer.get(f"/marking/disclosed/{shown.uuid}/").content.decode()
    assert "李雷1" in page
    assert "证明尚不齐全" in page
    assert "核验不通过" not in page
    told = Notice.objects.unscoped("test").filter(membership=cast.district_officer, key=f"disclosure-{shown.pk}")
    assert told.exists()
    assert "绝密配方.pdf，发给李雷1" in officer.get(shown.claim.get_absolute_url()).content.decode()
    path = tmp_path / "出示.json"
    path.write_bytes(officer.get(f"/marking/disclosed/{shown.uuid}/file.json").content)
    assert main(["verify", str(path)]) == 3
    assert "发给 李雷1" in capsys.readouterr().out
    path.write_bytes(path.read_bytes().replace("李雷1".encode(), "韩梅梅".encode()))
    assert main(["verify", str(path)]) == 1
    assert "核验不通过：出示的登记内容与批次摘要不符" in capsys.readouterr().out


def test_siblings_are_neither_visible_nor_computable(batch, cast, at, login):
    """Nothing of the other copies is on the page or in the file: no text, no commitment, and no way to try guesses."""
    shown = disclosed(cast, at, batch, claim_of(cast, at))
    officer = login("district_officer")
    seen = officer.get(f"/marking/disclosed/{shown.uuid}/").content.decode()
    file = officer.get(f"/marking/disclosed/{shown.uuid}/file.json").content.decode()
    for other in (0, 2):
        held = opening(row(other), KEY)
        for secret in (f"李雷{other}", held.commitment, held.salt, row(other).copy_id.hex()):
            assert secret not in seen
            assert secret not in file
        # Whoever guesses everything of a sibling but the salt finds no match among the hashes shown.
        fields = json.loads(file)
        guess = opening(row(other), type(KEY)(bytes(32), 3))
        assert guess.commitment not in fields["batch"]["proof"]
    assert "R-21" not in seen
    assert "R-21" not in file
    for address in ("", "proof.json", "1/disclose/"):
        assert officer.get(f"/marking/{batch.uuid}/{address}").status_code == 403
    assert not IssuedCopy.objects.visible_to(cast.actor("district_officer")).exists()


def test_other_bureaus_see_nothing(batch, cast, at, login):
    shown = disclosed(cast, at, batch, claim_of(cast, at))
    for who in ("city_officer", "other_district_officer", "province_officer", "corps_officer", "station_staff"):
        assert login(who).get(f"/marking/disclosed/{shown.uuid}/").status_code in (403, 404), who
        assert not Disclosure.objects.visible_to(cast.actor(who)).exists(), who
    assert login("other_enterprise_admin").get(f"/marking/disclosures/{shown.uuid}/").status_code == 404
    assert "李雷1" not in login("city_officer").get(shown.claim.get_absolute_url()).content.decode()


def test_it_rejects_what_is_not_this_copy(batch, cast, at):
    claim = claim_of(cast, at)
    number = str(number_of(batch, 1))
    changed = opening_file(row(1), KEY).replace("李雷1".encode(), "韩梅梅".encode())
    for data in (changed, opening_file(row(2), KEY), opening_file(row(9), KEY)):
        with pytest.raises(services.BatchProblem, match="与这份副本的承诺值不符"):
            disclosed(cast, at, batch, claim, number=number, data=data)
    for data in (b"", b"{}", b"[" * 9999, json.dumps({"format": "midun-copy-opening/1"}).encode()):
        with pytest.raises(services.BatchProblem):
            disclosed(cast, at, batch, claim, number=number, data=data)
    with pytest.raises(services.BatchProblem, match="没有这份副本"):
        disclosed(cast, at, batch, claim, number="77")
    with pytest.raises(services.BatchProblem, match="只向市场监督管理部门"):
        disclosed(cast, at, batch, claim_of(cast, at, cast.station))
    with pytest.raises(Refused):
        services.disclose(
            batch,
            number=number,
            claim=claim,
            data=opening_file(row(1), KEY),
            actor=cast.actor("confidentiality_officer"),
            at=at,
        )
    disclosed(cast, at, batch, claim)
    with pytest.raises(services.BatchProblem, match="已就该诉求"):
        disclosed(cast, at, batch, claim)


def test_what_is_not_in_the_log_yet_is_not_shown(log, cast, at, login):
    batch = approved(cast, at)
    with pytest.raises(services.BatchProblem, match="还没有存入"):
        disclosed(cast, at, batch, claim_of(cast, at))
    assert login("enterprise_admin").get(f"/marking/{batch.uuid}/proof.json").status_code == 302


def test_it_is_taken_back(batch, cast, at, login):
    shown = disclosed(cast, at, batch, claim_of(cast, at))
    admin, officer = login("enterprise_admin"), login("district_officer")
    assert admin.post(f"/marking/disclosures/{shown.uuid}/withdraw/", {"reason": ""}).status_code == 200
    admin.post(f"/marking/disclosures/{shown.uuid}/withdraw/", {"reason": "附错了诉求"})
    assert officer.get(f"/marking/disclosed/{shown.uuid}/").status_code == 404
    assert officer.get(f"/marking/disclosed/{shown.uuid}/file.json").status_code == 404
    assert "附错了诉求" in admin.get(f"/marking/disclosures/{shown.uuid}/").content.decode()
    with pytest.raises(services.BatchProblem):
        services.withdraw(shown, reason="再来", actor=cast.actor("enterprise_admin"), at=at)
    with pytest.raises(Refused):
        services.withdraw(shown, reason="x", actor=cast.actor("other_enterprise_admin"), at=at)
    assert disclosed(cast, at, batch, shown.claim).pk != shown.pk


def test_it_is_in_the_trail(batch, cast, at):
    shown = disclosed(cast, at, batch, claim_of(cast, at))
    services.withdraw(shown, reason="附错了", actor=cast.actor("enterprise_admin"), at=at)
    assert {entry.verb for entry in Entry.objects.about(shown)} == {"copy_disclosed", "copy_disclosure_withdrawn"}
    assert not Entry.objects.filter(target_label__contains="李雷").exists()


def test_the_pages_from_the_copy_to_the_disclosure(batch, cast, at, login):
    admin, claim = login("enterprise_admin"), claim_of(cast, at)
    page = admin.get(f"/marking/{batch.uuid}/").content.decode()
    number = number_of(batch, 1)
    address = f"/marking/{batch.uuid}/{number}/disclose/"
    assert address in page
    assert address not in login("confidentiality_officer").get(f"/marking/{batch.uuid}/").content.decode()
    form = admin.get(address).content.decode()
    assert "东区市场监管局办理" in form
    changed = opening_file(row(1), KEY).replace(b"aaaa", b"aaab")
    for data, status in ((changed, 200), (opening_file(row(1), KEY), 302)):
        file = SimpleUploadedFile("开启信息.json", data)
        answer = admin.post(address, {"claim": claim.pk, "file": file})
        assert answer.status_code == status
    assert "已出示的登记" in admin.get(f"/marking/{batch.uuid}/").content.decode()
    assert re.search("第 [0-9] 份，该批共 3 份", admin.get(answer.url).content.decode())
    assert "绝密配方.pdf，发给李雷1" in admin.get(f"/claims/own/{claim.pk}/").content.decode()
