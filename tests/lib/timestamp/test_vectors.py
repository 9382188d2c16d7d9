import json
from base64 import b64decode
from datetime import datetime
from pathlib import Path

import pytest

from midun.lib.timestamp.certificate import Certificate
from midun.lib.timestamp.renewal import verify_chain
from midun.lib.timestamp.verify import verify_token

CASES = json.loads((Path(__file__).parent / "vectors" / "tokens.json").read_text(encoding="utf-8"))["cases"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_recorded_tokens_hold(case):
    """Tokens made once, by us and by openssl: what was valid stays valid, whatever becomes of the code."""
    root = Certificate(b64decode(case["root"]))
    found = verify_token(b64decode(case["token"]), b64decode(case["data"]), roots=[root])
    info = found.info
    assert info.time == datetime.fromisoformat(case["time"])
    assert (info.policy, format(info.serial, "x"), info.nonce) == (case["policy"], case["serial"], case["nonce"])
    assert (info.imprint.algorithm.name, found.chain[0].name) == (case["imprint"], case["signer"])
    assert found.valid_until == datetime.fromisoformat(case["valid_until"])
    assert sorted(found.algorithms) == case["algorithms"]


def test_the_recorded_renewal_holds():
    renewal = next(case for case in CASES if case["name"].startswith("renewal"))
    first = CASES[0]
    roots = [Certificate(b64decode(case["root"])) for case in (first, renewal)]
    tokens = [b64decode(case["token"]) for case in (first, renewal)]
    assert verify_chain(b64decode(first["data"]), tokens, roots=roots).time == datetime.fromisoformat(first["time"])
