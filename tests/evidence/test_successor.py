"""A log that ended: its files, page and proofs stay, its last deposits become final, the successor begins at nothing."""

import io
import time
import zipfile

import pytest
from django.utils import timezone

from midun.anchoring.models import AnchorState
from midun.anchoring.running import anchor_open_log
from midun.evidence.bundles import bundle_of
from midun.evidence.engine.place import Place
from midun.evidence.models import CheckpointRecord, Deposit
from midun.evidence.services.recovery import renew
from midun.kernel.orgs.actor import system_actor
from midun.lib.bundle.verifying import verify_bundle
from tests.anchoring.building import two_witnesses_and_an_authority
from tests.evidence.conftest import commitments, running
from tests.evidence.test_api import ONE, post

pytestmark = pytest.mark.django_db(transaction=True)


def renewed(log, client, bearer):
    """Three deposits in the log, which then ends; its successor gets one."""
    with running(log):
        old = [post(client, ONE, commitments(), bearer).json() for _ in range(3)]
    made = renew(log, reason="密钥更换", actor=system_actor("测试"), at=timezone.now())
    with running(made):
        new = post(client, ONE, commitments(), bearer).json()
    return made, old, new


def test_the_old_log_is_served_and_listed(log, client, bearer):
    made, old, _new = renewed(log, client, bearer)
    shown = client.get("/log/").content.decode()
    assert made.origin in shown
    assert 'href="/log/1/"' in shown
    assert "密钥更换" in shown
    page = client.get("/log/1/?old=1&new=3").content.decode()
    for said in ("已停用", "密钥更换", "前 1 条在 3 条的日志中原样保留", 'href="/log/"'):
        assert said in page
    public = Place.of(1).public
    assert client.get("/log/1/checkpoint").content == (public / "checkpoint").read_bytes()
    assert client.get("/log/2/checkpoint").content == client.get("/log/checkpoint").content
    served = client.get("/log/1/tile/0/000.p/3")
    assert served.content == (public / "tile/0/000.p/3").read_bytes()
    assert "immutable" in served.headers["Cache-Control"]
    assert log.keys.splitlines()[0] in client.get("/log/1/policy").content.decode()
    assert client.get("/log/3/checkpoint").status_code == 404
    assert client.get(f"{ONE}/{old[0]['deposit']}", headers=bearer).json()["entry"] == old[0]["entry"]


def test_what_the_old_log_lacked_becomes_final_and_its_bundles_verify(log, client, bearer):
    configured = two_witnesses_and_an_authority(every=1)
    made, old, new = renewed(log, client, bearer)
    anchor_open_log(at=timezone.now(), hurry=True)
    time.sleep(1.1)  # the authority is asked once a second
    anchor_open_log(at=timezone.now(), hurry=True)
    final = CheckpointRecord.objects.unscoped("test").filter(final_at__isnull=False)
    assert dict(final.values_list("log_id", "size")) == {1: 3, 2: 1}
    assert configured.quorum == 2
    for receipt in (*old, new):
        deposit = next(one for one in Deposit.objects.unscoped("test") if str(one.uuid) == receipt["deposit"])
        data = bundle_of(deposit, at=timezone.now(), site="https://midun.example.gov.cn")
        assert verify_bundle(data).status == "valid"
        assert zipfile.ZipFile(io.BytesIO(data)).testzip() is None
    state = AnchorState.objects.unscoped("test").get(name="w1")
    assert (state.known_log, state.known_size) == (2, 1)
    assert made.number == 2
