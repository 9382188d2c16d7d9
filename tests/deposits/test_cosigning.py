"""A notary's own key under the checkpoint: verified, recorded, shown; anything else is refused."""

import pytest

from midun.anchoring.coverage import coverage
from midun.deposits import services
from midun.deposits.models import HandOff
from midun.evidence.models import CheckpointRecord, Deposit
from midun.lib.tlog.note import signature_of
from tests.anchoring.building import NOW, Tree, configure, signer
from tests.conftest import AT
from tests.deposits.building import deposit_at


@pytest.fixture
def record(cast, db, tmp_path):
    """A final checkpoint of five entries; the third is a deposit of 甲, handed to the notary and received."""
    tree = Tree(tmp_path).grow(5)
    made = CheckpointRecord.objects.create(
        log=tree.log, size=5, root=bytes(32), note=tree.sequencer.checkpoint, recorded_at=AT, final_at=AT
    )
    deposit = deposit_at(tree.log, cast.organisations["jia"], 2)
    services.hand_off(
        enterprise=cast.organisations["jia"],
        deposits=[deposit],
        purpose="证据保全",
        notary=cast.organisations["notary"],
        actor=cast.memberships["enterprise_admin"].actor(),
        at=AT,
    )
    return made


NOTARY = signer("notary.example/n")


def known(role="notary"):
    key = f'key: "{NOTARY.verifier.vkey}"'
    configure(f"witnesses:\n- {{name: n, title: 沪江公证处, role: {role}, {key}}}\nquorum: 1\n")


def line_of(record, key=NOTARY, text=None):
    return signature_of(key, text or record.text, NOW).line().strip()


@pytest.fixture
def page(login, record):
    """The notary's page of it, received."""
    handoff = HandOff.objects.unscoped("test").get()
    client, address = login("notary_officer"), f"/deposits/received/{handoff.uuid}/"
    client.post(address)

    def confirm(line):
        answer = client.post(address, {"result": "1", "finding": "", "cosignature": line}, follow=True)
        handoff.refresh_from_db()
        return handoff, answer.content.decode()

    return confirm


def test_it_works(page, record, login):
    known()
    handoff, _ = page(line_of(record))
    assert handoff.cosigned_size == 5
    record.refresh_from_db()
    (notary,) = coverage(record).notaries
    assert notary.witness.title == "沪江公证处"
    deposit = Deposit.objects.unscoped("test").get()
    shown = login("enterprise_admin").get(f"/deposits/{deposit.uuid}/").content.decode()
    assert "公证机构：沪江公证处" in shown
    assert "检查点共 5 条" in shown


def test_it_rejects_what_is_no_signature_of_a_known_notary(page, record):
    known()
    stranger = signer("stranger.example/s")
    other_text = record.text.replace("\n5\n", "\n4\n")
    for line in ("nonsense", line_of(record, stranger), line_of(record, text=other_text), "— notary.example/n AAAA"):
        handoff, shown = page(line)
        assert handoff.confirmed_at is None
        assert "共同签名未通过" in shown
    record.refresh_from_db()
    assert coverage(record).notaries == []


def test_it_rejects_a_witness_that_is_no_notary(page, record):
    known(role="court")
    handoff, shown = page(line_of(record))
    assert handoff.confirmed_at is None
    assert "不是平台登记的公证机构密钥" in shown


def test_it_rejects_before_the_proof_is_final(page, record):
    known()
    CheckpointRecord.objects.unscoped("test").update(final_at=None)
    handoff, shown = page(line_of(record))
    assert handoff.confirmed_at is None
    assert "尚未完备" in shown
