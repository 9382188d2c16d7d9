"""线索筛查: a report is verified, its summary stands on the claim, for those who handle it."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction

from midun.claims import services as claims
from midun.kernel.orgs.services import Refused
from midun.kernel.trail.models import Entry
from midun.kernel.trail.verbs import Verb
from midun.matching import services
from midun.matching.models import Screening
from tests.conftest import AT
from tests.lib.similarity.reports import SECRET, TITLE


@pytest.fixture
def screening(cast, claim, report_json):
    actor = cast.actor("district_officer")
    return services.attach_report(claim, data=report_json, note="企业提交", actor=actor, at=AT)


def test_a_report_is_attached_to_a_claim(login, claim, report_json):
    client = login("district_officer")
    page = client.get(f"/claims/{claim.pk}/").content.decode()
    assert f"/matching/screenings/new/?claim={claim.pk}" in page
    form = client.get(f"/matching/screenings/new/?claim={claim.pk}").content.decode()
    assert f'value="{claim.pk}" selected' in form
    file = SimpleUploadedFile("report.json", report_json)
    done = client.post("/matching/screenings/new/", {"claim": claim.pk, "report": file, "note": ""}, follow=True)
    shown = done.content.decode()
    assert TITLE in shown
    assert "依法认定" in shown
    assert "1 个秘点中 1 个" in client.get(f"/claims/{claim.pk}/").content.decode()
    assert "1 个秘点中 1 个" in client.get("/matching/screenings/").content.decode()
    kept = str(Screening.objects.unscoped("test").values())
    assert not any(SECRET[n : n + 6] in kept for n in range(0, len(SECRET) - 6, 6))


def test_a_report_that_does_not_verify_is_told_why(login, claim, report_json):
    raw = json.loads(report_json)
    raw["findings"][0]["false_positives"]["upper_95"] = 0.0
    file = SimpleUploadedFile("report.json", json.dumps(raw).encode())
    answer = login("district_officer").post("/matching/screenings/new/", {"claim": claim.pk, "report": file})
    assert "误报率上限算错" in answer.content.decode()
    assert not Screening.objects.unscoped("test").exists()


def test_who_sees_it(login, cast, claim, screening):
    page = f"/matching/screenings/{screening.pk}/"
    assert login("district_officer").get(page).status_code == 200
    assert login("city_officer").get(page).status_code == 200
    assert login("other_district_officer").get(page).status_code == 404
    for who in ("enterprise_admin", "station_staff", "district_leader", "auditor"):
        assert login(who).get(page).status_code == 403
    own = login("enterprise_admin").get(f"/claims/own/{claim.pk}/").content.decode()
    assert "线索筛查" not in own


def test_once_and_only_by_the_unit_in_charge(cast, claim, screening, report_json):
    with pytest.raises(services.ScreeningProblem, match="已附"):
        services.attach_report(claim, data=report_json, note="", actor=cast.actor("district_officer"), at=AT)
    with pytest.raises(Refused):
        services.attach_report(claim, data=report_json, note="", actor=cast.actor("city_officer"), at=AT)
    with pytest.raises(Refused):
        services.attach_report(claim, data=report_json, note="", actor=cast.actor("enterprise_admin"), at=AT)
    with pytest.raises(IntegrityError), transaction.atomic():
        Screening.objects.unscoped("test").filter(pk=screening.pk).update(voided_at=AT)


def test_a_closed_claim_takes_none(cast, claim, report_json):
    actor = cast.actor("district_officer")
    claims.refuse(claim, reason="不属于", reply="请向公安机关报案", actor=actor, at=AT)
    with pytest.raises(services.ScreeningProblem, match="已办结"):
        services.attach_report(claim, data=report_json, note="", actor=actor, at=AT)


def test_voided_with_a_reason_it_can_be_attached_anew(login, cast, claim, screening, report_json):
    client, page = login("district_officer"), f"/matching/screenings/{screening.pk}/"
    assert client.post(page + "void/", {"reason": ""}).status_code == 200
    assert "传错文件" in client.post(page + "void/", {"reason": "传错文件"}, follow=True).content.decode()
    assert Entry.objects.about(screening).filter(verb=Verb.VOIDED, reason="传错文件").exists()
    services.attach_report(claim, data=report_json, note="", actor=cast.actor("district_officer"), at=AT)
    with pytest.raises(services.ScreeningProblem):
        services.void_screening(screening, reason="再来", actor=cast.actor("district_officer"), at=AT)
