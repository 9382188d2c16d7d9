import dataclasses
import datetime as dt
import json
import unicodedata
import uuid
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from midun.lib.marking.errors import Reason, Refused
from midun.lib.marking.label import microsoft
from midun.lib.marking.label.canonical import MAX_BYTES, canonical, parse
from midun.lib.marking.label.change import check_chain, follow, removal, weakenings
from midun.lib.marking.label.grades import GRADES, HANDLING, WORDS
from midun.lib.marking.label.model import Change, Copy, Label, Owner, Term, TermKind, valid_owner_code
from midun.lib.marking.label.signing import Role, Signature, SignedLabel
from tests.lib.marking.labels import APPROVER, AT, AUTHOR, LABEL, because, following, signed

FORMATS = Path(__file__).parents[3] / "docs" / "formats"
VECTORS = json.loads((FORMATS / "label.vectors.json").read_text(encoding="utf-8"))


def refused(call, *arguments, **named):
    with pytest.raises(Refused) as error:
        call(*arguments, **named)
    assert error.value.reason is Reason.LABEL
    return str(error.value)


def test_vectors():
    """Golden: labels signed by version 1 are read and verified by every later version."""
    chain = [SignedLabel.decode(one["envelope"].encode()) for one in VECTORS["chain"]]
    check_chain(chain)
    for one, expected in zip(chain, VECTORS["chain"], strict=True):
        assert one.label.canonical.decode() == expected["canonical"]
        assert one.label.digest == expected["digest"]
        assert one.encode().decode() == expected["envelope"]
    assert chain[0].label == LABEL
    assert chain[0].signatures[0].value == signed(LABEL).signatures[0].value  # Ed25519 is deterministic
    for text in VECTORS["refused"]:
        refused(SignedLabel.decode, text["envelope"].encode())
    for text in VECTORS["invalid"]:
        assert not SignedLabel.decode(text["envelope"].encode()).signatures_hold(), text["why"]


def test_schema_names_what_the_library_writes():
    schema = json.loads((FORMATS / "label.schema.json").read_text(encoding="utf-8"))
    label = schema["properties"]["label"]
    full = dataclasses.replace(following(LABEL), copy=Copy("00" * 8, ("text",)), change=because("term")).as_json()
    assert label["required"] == list(full)
    for key in ("owner", "term", "document"):
        assert label["properties"][key]["required"] == list(full[key])
    for key in ("copy", "change"):
        assert label["properties"][key]["anyOf"][1]["required"] == list(full[key])
    assert label["properties"]["handling"]["items"]["enum"] == sorted(HANDLING)
    codes = {
        (one["properties"]["scheme"]["const"], code)
        for one in label["properties"]["grade"]["oneOf"]
        for code in one["properties"]["code"]["enum"]
    }
    assert codes == {(str(scheme), code) for scheme, code in GRADES}


names = st.text(st.characters(categories=("L", "N"), codec="utf-8"), min_size=1, max_size=12).map(
    lambda text: unicodedata.normalize("NFC", text)
)


@settings(max_examples=40, deadline=None)
@given(
    names,
    st.sets(names, max_size=5),
    st.sets(st.sampled_from(sorted(HANDLING))),
    st.sampled_from(sorted(WORDS)),
    st.text(max_size=50).map(lambda text: unicodedata.normalize("NFC", text)),
)
def test_every_label_comes_back(name, scope, handling, word, note):
    label = dataclasses.replace(
        LABEL, owner=Owner(name), scope=tuple(sorted(scope)), handling=tuple(sorted(handling)), grade=WORDS[word]
    )
    try:
        again = dataclasses.replace(label, note=note)
        envelope = SignedLabel(again, (Signature.make(again, AUTHOR, person=name),))
    except Refused:
        assert any("\ud800" <= letter <= "\udfff" for letter in note)
        return
    back = SignedLabel.decode(envelope.encode())
    assert back == envelope
    assert back.signatures_hold()
    assert back.encode() == envelope.encode()


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "ignore")))
def test_rubbish_is_refused_with_a_sentence(data):
    refused(SignedLabel.decode, data)


@pytest.mark.parametrize(
    "data",
    [
        b'{"a":1,"a":2}',
        b"1.5",
        b"NaN",
        b"[" * 100_000,
        b" " * (MAX_BYTES + 1),
        b"\xff",
        b'{"format":"midun-label/2","label":{},"signatures":[]}',
    ],
)
def test_json_that_readers_take_differently_is_refused(data):
    refused(SignedLabel.decode, data)


def test_canonical_form():
    assert canonical({"b": [1, True, None], "a": "密\n\x01"}) == '{"a":"密\\n\\u0001","b":[1,true,null]}'.encode()
    assert canonical({"\U00010000": 1, "\uffff": 2}).startswith(b'{"\xf0')  # by UTF-16 units, not by code points
    assert parse(canonical({"a": "\u2028"})) == {"a": "\u2028"}
    refused(canonical, "e\u0301")
    refused(canonical, "\ud800")
    refused(canonical, 2**53)
    refused(canonical, [[[[[[[[[[[[0]]]]]]]]]]]])


def test_one_changed_character_is_noticed():
    text = signed(LABEL).encode().decode()
    for old, new in (
        ("核心", "一般"),
        ("core", "general"),
        ("张三", "王五"),
        ("研发一部", "研发二部"),
        ('"author"', '"approver"'),
    ):
        if old in text:
            assert not SignedLabel.decode(text.replace(old, new).encode()).signatures_hold()


def test_grades_and_their_warning():
    assert WORDS["核心"].warning is None
    assert WORDS["核心商密"].warning is None
    assert "国家秘密" in WORDS["绝密"].warning
    assert WORDS["机密"].printed == "商业秘密·机密"
    assert WORDS["重要"].weaker_than(WORDS["核心"])
    assert not WORDS["核心"].weaker_than(WORDS["重要"])
    assert WORDS["一般"].weaker_than(WORDS["普通商密"])
    assert WORDS["普通商密"].weaker_than(WORDS["重要"])
    assert not WORDS["核心商密"].weaker_than(WORDS["绝密"])


def test_owner_code():
    assert valid_owner_code("91350100M000100Y43")
    assert not valid_owner_code("91350100M000100Y44")
    assert not valid_owner_code("9135")
    refused(Owner, "甲公司", "91350100M000100Y44")
    refused(Owner, " 甲公司")
    refused(Owner, "甲\u200b公司")


def test_terms():
    since, until = dt.date(2026, 1, 1), dt.date(2030, 1, 1)
    fixed, long = Term(since, TermKind.UNTIL, until), Term(since, TermKind.LONG)
    published = Term(since, TermKind.PUBLICATION)
    assert fixed.weaker_than(long)
    assert fixed.weaker_than(published)
    assert long.weaker_than(published)
    assert not long.weaker_than(fixed)
    assert Term(since, TermKind.UNTIL, since).weaker_than(fixed)
    assert fixed.over(dt.date(2030, 1, 2))
    assert not fixed.over(until)
    assert not long.over(dt.date(9999, 1, 1))
    refused(Term, since, TermKind.UNTIL)
    refused(Term, until, TermKind.UNTIL, since)
    refused(Term, since, TermKind.LONG, until)


WEAKER = {
    "grade": {"grade": WORDS["重要"]},
    "term": {"term": Term(dt.date(2026, 11, 24), TermKind.UNTIL, dt.date(2027, 1, 1))},
    "scope": {"scope": ("市场部", "研发一部")},
    "handling": {"handling": ("no-cloud",)},
    "owner": {"owner": Owner("别的公司")},
}


@pytest.mark.parametrize("kind", WEAKER)
def test_weakening_needs_reason_and_second_person(kind):
    bare = following(LABEL, **WEAKER[kind])
    assert weakenings(LABEL, bare) == (kind,)
    assert "理由" in refused(follow, LABEL, bare)
    wrong = "term" if kind != "term" else "grade"
    refused(follow, LABEL, dataclasses.replace(bare, change=because(wrong)))
    good = dataclasses.replace(bare, change=because(kind))
    check_chain([signed(LABEL), signed(good)])
    alone = SignedLabel(good, (Signature.make(good, AUTHOR, person="张三"),))
    assert not alone.signatures_hold()
    assert not signed(good, approver=AUTHOR).signatures_hold()  # one key under two names
    refused(check_chain, [signed(LABEL), alone])


def test_giving_up_the_list_of_readers_weakens():
    assert weakenings(LABEL, following(LABEL, scope=())) == ("scope",)
    assert weakenings(following(LABEL, scope=()), LABEL) == ()


def test_strengthening_needs_nobody_else():
    before = dataclasses.replace(LABEL, grade=WORDS["一般"])
    after = following(before, grade=WORDS["核心"], scope=("研发一部",))
    check_chain([signed(before), signed(after)])
    refused(follow, before, dataclasses.replace(after, change=because("grade")))


def test_reason_and_persons():
    refused(Change, ("grade",), "降", "张三", "李四")
    assert "同一人" in refused(Change, ("grade",), "产品已公开上市", "张三", "张三")


def test_chain_order():
    second = following(LABEL, note="改")
    refused(check_chain, [signed(second)])
    refused(check_chain, [])
    refused(follow, LABEL, dataclasses.replace(second, previous="11" * 32))
    refused(follow, LABEL, dataclasses.replace(second, version=3))
    refused(dataclasses.replace, LABEL, previous="11" * 32)
    refused(dataclasses.replace, LABEL, change=because("grade"))


def test_removal_is_a_version_and_the_last():
    gone = removal(LABEL, reason="技术已公开", decided_by="张三", approved_by="李四", at=AT)
    assert gone.removed
    check_chain([signed(LABEL), signed(gone)])
    refused(follow, gone, following(gone, note="又来"))
    refused(removal, LABEL, reason="技术已公开", decided_by="张三", approved_by="张三", at=AT)


def test_trust_is_the_readers():
    one = signed(LABEL)
    assert one.trusted({AUTHOR.public})
    assert not one.trusted({APPROVER.public})
    assert not one.trusted(set())


def test_sm2_signs_labels_too():
    one = signed(LABEL, author=APPROVER)
    assert SignedLabel.decode(one.encode()).signatures_hold()
    forged = dataclasses.replace(one.signatures[0], value=bytes(64))
    assert not SignedLabel(LABEL, (forged,)).signatures_hold()
    no_point = dataclasses.replace(one.signatures[0], key=b"\x04" + bytes(64))
    assert not SignedLabel(LABEL, (no_point,)).signatures_hold()


def test_an_approver_alone_is_no_author():
    one = SignedLabel(LABEL, (Signature.make(LABEL, AUTHOR, person="张三", role=Role.APPROVER),))
    assert not one.signatures_hold()


def test_properties_other_label_tools_read():
    found = microsoft.properties(LABEL)
    guids = {microsoft.NAME.fullmatch(name)[1] for name in found if name.startswith("MSIP")}
    assert len(guids) == 1
    prefix = f"MSIP_Label_{guids.pop()}_"
    assert found[prefix + "Enabled"] == "true"
    assert found[prefix + "SetDate"] == "2026-11-24T08:30:00Z"
    assert found[prefix + "Name"] == "核心"
    assert {prefix + key for key in ("SiteId", "Method", "ContentBits")} <= found.keys()
    site, own = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
    tenant = microsoft.Tenant(uuid.UUID(site), {"核心": uuid.UUID(own)})
    assert microsoft.properties(LABEL, tenant)[f"MSIP_Label_{own}_SiteId"] == site
    changed = following(LABEL, grade=WORDS["一般"], change=because("grade"))
    assert "Privileged" in microsoft.properties(changed).values()


def test_printed_line():
    assert LABEL.printed == "秘盾示范科技有限公司　商业秘密【核心】　2026-11-24 至 2031-11-23"
    assert isinstance(Label.from_json(LABEL.as_json()), Label)
