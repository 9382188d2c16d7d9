"""转办 keeps history, and both units see what they should."""

import pytest

from midun.claims import services
from midun.claims.models import Claim, Handover, Note
from midun.claims.timeline import timeline
from midun.kernel.files.models import Attachment
from midun.kernel.notify.models import Notice
from midun.kernel.orgs.services import Refused
from midun.kernel.trail.models import Entry
from midun.kernel.workflow.services import ReasonMissing, WrongState

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@pytest.fixture
def handed_up(claim, cast, at):
    """Marked as a lead and noted by 东区, then handed to 沪市, which writes a note of its own."""
    east, city = cast.actor("district_officer"), cast.actor("city_officer")
    services.accept(claim, actor=east, at=at)
    services.note(claim, text="东区已核实", told=False, actor=east, at=at)
    services.transfer(claim, to=cast.city_bureau, reason="技术秘密，由市局办理", actor=east, at=at)
    services.mark_lead(claim, is_lead=True, reason="涉技术秘密", actor=city, at=at)
    services.note(claim, text="市局内部研判", told=False, actor=city, at=at)
    claim.refresh_from_db()
    return claim


def test_it_works(claim, cast, at):
    east = cast.actor("district_officer")
    services.accept(claim, actor=east, at=at)
    services.transfer(claim, to=cast.station, reason="由服务站上门辅导", actor=east, at=at)
    claim.refresh_from_db()
    assert (claim.unit, claim.state, claim.accepted_at) == (cast.station, "registered", None)
    row = Handover.objects.unscoped("test").get()
    assert (row.source, row.target, row.reason) == (cast.east_bureau, cast.station, "由服务站上门辅导")
    assert Entry.objects.about(claim).last().reason == "由服务站上门辅导"
    services.accept(claim, actor=cast.actor("station_staff"), at=at)
    with pytest.raises(services.NotOurs):
        services.close(claim, resolved=True, reply="x", actor=east, at=at)


def test_both_units_and_the_enterprise_are_told(handed_up, cast):
    texts = Notice.objects.visible_to(cast.actor("city_officer")).values_list("text", flat=True)
    assert "转来诉求待受理：离职人员如何约定竞业限制" in texts
    own = Notice.objects.visible_to(cast.actor("enterprise_admin")).values_list("text", flat=True)
    assert any("已转由沪市市场监管局办理" in text for text in own)


def test_the_unit_that_handed_on_follows_its_course_but_reads_nothing_internal(handed_up, login, cast):
    shown = login("district_officer").get(handed_up.get_absolute_url()).content.decode()
    assert "现由沪市市场监管局办理" in shown
    assert "东区市场监管局 → 沪市市场监管局" in shown
    assert "东区已核实" in shown
    for internal in ("市局内部研判", "涉技术秘密", "疑似侵权线索", "标记线索"):
        assert internal not in shown
    inside = login("city_officer").get(handed_up.get_absolute_url()).content.decode()
    for internal in ("市局内部研判", "涉技术秘密", "疑似侵权线索", "东区已核实"):
        assert internal in inside


def test_nor_in_the_ledger_its_export_or_its_filter(handed_up, login, cast):
    client = login("district_officer")
    assert handed_up.title in client.get("/claims/").content.decode()
    assert "疑似侵权</span>" not in client.get("/claims/").content.decode()
    assert handed_up.title not in client.get("/claims/?only=lead").content.decode()
    assert handed_up.title in login("city_officer").get("/claims/?only=lead").content.decode()


def test_units_that_never_had_it_do_not_see_it(handed_up, login, cast):
    for who in ("other_district_officer", "station_staff", "corps_officer"):
        assert login(who).get(handed_up.get_absolute_url()).status_code == 404
    assert not Claim.objects.visible_to(cast.actor("other_district_officer")).exists()


def test_back_and_forth_keeps_every_handover(handed_up, cast, at):
    city = cast.actor("city_officer")
    services.accept(handed_up, actor=city, at=at)
    services.transfer(handed_up, to=cast.east_bureau, reason="经营信息，区局可办", actor=city, at=at)
    moves = [
        m.text
        for m in timeline(Claim.objects.unscoped("test").select_related("unit__jurisdiction").get(), city)
        if m.what == "转办"
    ]
    assert moves == [
        "东区市场监管局 → 沪市市场监管局；技术秘密，由市局办理",
        "沪市市场监管局 → 东区市场监管局；经营信息，区局可办",
    ]


def test_a_superior_takes_it_away_from_the_unit_in_charge(claim, cast, at):
    services.transfer(claim, to=cast.west_bureau, reason="企业已迁至西区", actor=cast.actor("city_officer"), at=at)
    claim.refresh_from_db()
    assert claim.unit == cast.west_bureau
    assert Claim.objects.visible_to(cast.actor("district_officer")).get() == claim
    assert Claim.objects.visible_to(cast.actor("other_district_officer")).get() == claim


def test_notes_and_handovers_are_scoped(handed_up, cast):
    def notes(who):
        return {n.text for n in Note.objects.visible_to(cast.actor(who))}

    assert notes("city_officer") == {"东区已核实", "市局内部研判"}
    assert notes("district_officer") == {"东区已核实"}
    assert notes("other_district_officer") == notes("enterprise_admin") == notes("expert") == set()
    seen = {who: Handover.objects.visible_to(cast.actor(who)).count() for who in ("city_officer", "district_officer")}
    assert seen == {"city_officer": 1, "district_officer": 1}
    for who in ("other_district_officer", "enterprise_admin", "expert"):
        assert not Handover.objects.visible_to(cast.actor(who)).exists()


def test_it_rejects_wrong_targets_and_wrong_people(claim, cast, at):
    for who, to, error in (
        ("district_officer", "east_bureau", services.BadTarget),
        ("district_officer", "west_bureau", services.BadTarget),
        ("district_officer", "law_firm", services.BadTarget),
        ("district_officer", "jia", services.BadTarget),
        ("other_district_officer", "city_bureau", services.NotOurs),
        ("station_staff", "east_bureau", services.NotOurs),
        ("district_leader", "city_bureau", Refused),
        ("enterprise_admin", "city_bureau", Refused),
    ):
        with pytest.raises(error):
            services.transfer(claim, to=getattr(cast, to), reason="x", actor=cast.actor(who), at=at)
    assert not Handover.objects.unscoped("test").exists()


def test_it_rejects_an_empty_reason_and_what_ended(closed, raise_claim, cast, at):
    east = cast.actor("district_officer")
    with pytest.raises(ReasonMissing):
        services.transfer(raise_claim(), to=cast.city_bureau, reason=" ", actor=east, at=at)
    with pytest.raises(WrongState):
        services.transfer(closed, to=cast.city_bureau, reason="x", actor=east, at=at)


def test_the_page_transfers(claim, login, cast):
    client, page = login("district_officer"), claim.get_absolute_url()
    assert "沪市市场监管局" in client.get(page).content.decode()
    answer = client.post(f"{page}transfer/", {"to": cast.west_bureau.pk, "reason": "越级"})
    assert answer.status_code == 200
    assert client.post(f"{page}transfer/", {"to": cast.city_bureau.pk, "reason": "由市局办"}).status_code == 302
    answer = client.get(page)
    assert answer.status_code == 200
    assert "办结并答复企业" not in answer.content.decode()


def test_step_by_step_and_not_past_the_district(claim, cast, at, login):
    """The city gives it to its districts; a district's station is the district's to choose."""
    city = cast.actor("city_officer")
    with pytest.raises(services.BadTarget):
        services.transfer(claim, to=cast.station, reason="x", actor=city, at=at)
    offered = set(services.targets(city))
    assert {cast.city_bureau, cast.east_bureau, cast.west_bureau, cast.corps} <= offered
    assert cast.station not in offered
    assert set(services.targets(cast.actor("station_staff"))) >= {cast.station, cast.east_bureau, cast.city_bureau}


def test_those_who_had_it_hear_what_became_of_it(raise_claim, cast, at):
    claim = raise_claim("station_staff")
    services.transfer(claim, to=cast.city_bureau, reason="x", actor=cast.actor("district_officer"), at=at)
    services.accept(claim, actor=cast.actor("city_officer"), at=at)
    services.close(claim, resolved=True, reply="已解决", actor=cast.actor("city_officer"), at=at)
    for who in ("station_staff", "district_officer"):
        told = Notice.objects.visible_to(cast.actor(who)).filter(kind="result").values_list("text", flat=True)
        assert list(told) == ["诉求“离职人员如何约定竞业限制”已由市市场监管局办结"]
    assert not Notice.objects.visible_to(cast.actor("city_officer")).filter(kind="result").exists()


def test_files_of_a_note_go_with_it(handed_up, cast, at, login):
    """What was told is the enterprise's to read as well as the former unit's; what was not stays inside."""
    officer = cast.actor("city_officer")
    told = services.note(handed_up, text="清单", told=True, files=[("清单.pdf", PDF)], actor=officer, at=at)
    inner = services.note(handed_up, text="研判", told=False, files=[("研判.pdf", PDF)], actor=officer, at=at)

    def readers(note):
        file = Attachment.objects.of(note).get()
        everybody = (
            "enterprise_admin",
            "other_enterprise_admin",
            "city_officer",
            "district_officer",
            "other_district_officer",
            "visitor",
        )
        return [who for who in everybody if login(who).get(f"/files/{file.pk}/").status_code == 200]

    assert readers(told) == ["enterprise_admin", "city_officer", "district_officer"]
    assert readers(inner) == ["city_officer"]
