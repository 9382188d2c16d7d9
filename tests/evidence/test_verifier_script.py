"""The verifier in script: in a real Chromium, on the corpus of the library, with the library's verdict."""

import json
from base64 import b64encode

import pytest

from midun.lib.bundle.container import pack, unpack
from midun.lib.bundle.single_file import verify_py
from midun.lib.bundle.verdict import SENTENCE_OF
from midun.lib.bundle.verifying import verify_bundle
from midun.lib.bundle.words import DEVELOPMENT_POLICY, SAY
from tests.browser import ScriptPage
from tests.evidence.test_client_library import STATIC
from tests.lib.bundle import building, tampering
from tests.lib.bundle.authority import Authority
from tests.lib.bundle.test_curves import ed25519_cases
from tests.lib.bundle.test_fuzz import hurt

SCRIPTS = ("hashes.js", "tlog.js", "opening.js", "signatures.js", "tokens.js", "bundle.js")
RUN = """(cases) => {
  const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  return cases.map(({ data, given, file }) => {
    const beside = Object.fromEntries(Object.entries(given).map(([name, text]) => [name, bytes(text)]));
    if (file) beside.file = { size: file[0], sha256: bytes(file[1]), sm3: bytes(file[2]) };
    try {
      return midun.verifyBundle(bytes(data), beside);
    } catch (error) {
      return { crash: `${error} ${error.stack}` };
    }
  });
}"""


@pytest.fixture(scope="module")
def page():
    with ScriptPage(STATIC, SCRIPTS) as found:
        words = {"say": SAY, "sentences": dict(SENTENCE_OF), "development": DEVELOPMENT_POLICY}
        found.evaluate("(words) => { midun.words = words; }", words)
        yield found


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("authorities")
    authorities = [Authority(folder / kind, kind) for kind in ("ec", "rsa")]
    return building.one_file(authorities=authorities), building.file_set(authorities=authorities[:1])


def text(data):
    return b64encode(data).decode()


def row(data, given):
    file = given.get("file")
    return {
        "data": text(data),
        "given": {name: text(value) for name, value in given.items() if name != "file"},
        "file": [file.size, text(file.sha256), text(file.sm3)] if file else None,
    }


def differences(page, cases):
    """What the script says otherwise than the library, by name."""
    found = page.evaluate(RUN, [row(data, given) for _name, data, given in cases])
    wrong = {}
    for (name, data, given), theirs in zip(cases, found, strict=True):
        ours = json.loads(verify_bundle(data, **given).encode())
        if theirs.get("crash") or any(theirs[key] != ours[key] for key in ours):
            wrong[name] = theirs.get("crash") or {k: (ours[k], theirs[k]) for k in ours if ours[k] != theirs[k]}
    return wrong


def test_what_holds_is_valid_in_script(page, corpus):
    assert differences(page, [(name, data, given) for name, data, given, _status in tampering.good(*corpus)]) == {}


def test_larger_curves_hold_in_script(page, tmp_path):
    case = building.other_curves(tmp_path)
    assert differences(page, [("curves", case.bundle.encode(), {})]) == {}


def test_ed25519_in_script_does_what_wycheproof_says(page):
    cases = [
        (text(public), text(message), text(signature), good) for _n, public, message, signature, good in ed25519_cases()
    ]
    wrong = page.evaluate(
        """(cases) => {
          const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
          const holds = midun.signatures.ed25519Holds;
          return cases.filter(([key, message, signature, good]) => holds(bytes(key), bytes(message), bytes(signature)) !== good);
        }""",
        cases,
    )
    assert (wrong, len(cases) > 30) == ([], True)


def test_ml_dsa_is_passed_over_in_words(page, corpus):
    """In script and in the one file alike; the library, which knows it, counts it."""
    one, _many = corpus
    policy = building.policy_text(witnesses=[building.POST_QUANTUM], quorum="any")
    bundle = building.one_file(signers=(building.LOG, building.POST_QUANTUM)).with_bundle(tokens=one.bundle.tokens[:0])
    data = bundle.bundle.encode()
    names = {"__name__": "verify"}
    exec(compile(verify_py(), "verify.py", "exec"), names)  # noqa: S102  # it is ours
    single = names["check_bundle"](data, policy)
    [script] = page.evaluate(RUN, [row(data, {"policy": policy})])
    assert script == json.loads(json.dumps(single))
    assert [step["state"] for step in single["steps"] if step["check"] == "witness"] == ["missing", "note"]
    ours = verify_bundle(data, policy=policy)
    assert [step.state.value for step in ours.steps if step.check == "witness"] == ["ok"]


def test_what_is_hurt_at_random_gets_the_same_answer(page, corpus):
    one, _many = corpus
    members, cases = unpack(one.bundle.encode()), []
    for seed in range(200):
        name = sorted(members)[seed % len(members)]
        changed = {**members, name: hurt(members[name], seed)}
        data = pack(changed) if name == "bundle.json" else tampering.resealed(changed)
        cases.append((f"{seed} {name}", data, {"opening": one.opening}))
    found = page.evaluate(RUN, [row(data, given) for _name, data, given in cases])
    wrong = {}
    for (name, data, given), theirs in zip(cases, found, strict=True):
        ours = verify_bundle(data, **given)
        if ours.reason == "token-malformed" and theirs.get("status"):
            continue  # the library is stricter about bytes of a token that nobody signs and that say nothing
        if (theirs.get("status"), theirs.get("where")) != (ours.status.value, ours.where):
            wrong[name] = (ours.status.value, ours.reason, ours.where, ours.detail, theirs)
    assert not wrong, repr(wrong)[:4000]


def test_every_hurt_is_named_the_same_in_script(page, corpus):
    cases = [(hurt.name, hurt.data, hurt.given) for hurt in tampering.cases(*corpus) if hurt.name != "17 MiB"]
    assert differences(page, cases) == {}
