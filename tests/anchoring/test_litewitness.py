"""What litewitness (torchwood 0.9.0) said when it witnessed a log of ours; `make torture` asks it anew."""

import json
from base64 import b64decode
from pathlib import Path

import pytest

from midun.lib.tlog.keys import Verifier
from midun.lib.tlog.note import open_checkpoint
from midun.lib.tlog.policy import parse_policy
from tests.lib.tlog.building import KEY, KEY_PQ, KEY_SM2
from tools.litewitness import lies

SAID = json.loads((Path(__file__).parent / "vectors" / "litewitness.json").read_text(encoding="utf-8"))
WITNESS = Verifier.parse(SAID["key"])


@pytest.mark.parametrize("note", SAID["accepted"])
def test_its_cosignatures_verify(note):
    keys = [one.verifier for one in (KEY, KEY_SM2, KEY_PQ)]
    found = open_checkpoint(b64decode(note), keys, [WITNESS])
    assert set(found.signed) == {*keys, WITNESS}
    policy = parse_policy(f"log {KEY.verifier.vkey}\nwitness lite {WITNESS.vkey}\nquorum lite\n".encode())
    assert policy.verify(b64decode(note)).signed[WITNESS] > 1_790_000_000


def test_it_refused_every_lie():
    asked = lies(b64decode(SAID["accepted"][-1]))
    assert set(SAID["refused"]) == set(asked)
    assert set(SAID["refused"].values()) == {403, 404, 409, 422}
