"""Source statements: read strictly, shown once, by the depositor only."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midun.deposits import services
from midun.deposits.statement import LABELS, BadStatement, read
from midun.evidence.models import Statement
from midun.kernel.orgs.services import Refused
from midun.kernel.trail.models import Entry

TEXT = '{"format":"midun-statement/1","maker":"张工","system":"研发服务器 RD-02"}'


def test_the_vector_of_the_format():
    assert len(TEXT.encode()) == 80
    assert read(TEXT) == {"形成人": "张工", "形成的系统或设备": "研发服务器 RD-02"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"format":"midun-statement/1"}',
        '{"format":"midun-statement/2","maker":"a"}',
        '{"format":"midun-statement/1","maker":""}',
        '{"format":"midun-statement/1","maker":1}',
        '{"format":"midun-statement/1","maker":"a","maker":"b"}',
        '{"format":"midun-statement/1","other":"a"}',
        '{"format":"midun-statement/1","maker":"a\\u0000"}',
        '{"format":"midun-statement/1","maker":"\\ud800"}',
        json.dumps({"format": "midun-statement/1", "maker": "a" * 2001}),
        json.dumps({"format": "midun-statement/1", **dict.fromkeys(LABELS, "张" * 2000)}, ensure_ascii=False),
        "[" * 10_000,
    ],
)
def test_it_rejects_what_is_no_statement(text):
    with pytest.raises(BadStatement):
        read(text)


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text):
    with pytest.raises(BadStatement):
        read(text)


def test_it_works_once_and_is_in_the_trail(deposit, cast, at):
    made = deposit("jia", 0)
    actor = cast.memberships["confidentiality_officer"].actor()
    shown = services.show_statement(made, text=TEXT, actor=actor, at=at)
    assert shown.text == TEXT
    assert services.show_statement(made, text=TEXT, actor=actor, at=at) == shown
    with pytest.raises(services.StatementProblem, match="不能更改"):
        services.show_statement(made, text=TEXT.replace("张", "王"), actor=actor, at=at)
    entry = Entry.objects.get(verb="statement_shown")
    assert "张工" not in json.dumps(entry.after, ensure_ascii=False)


def test_only_the_depositor_shows(deposit, cast, at):
    made = deposit("jia", 0)
    for name in ("other_enterprise_admin", "city_officer", "system_admin"):
        with pytest.raises(Refused):
            services.show_statement(made, text=TEXT, actor=cast.memberships[name].actor(), at=at)
    assert not Statement.objects.unscoped("test").exists()
