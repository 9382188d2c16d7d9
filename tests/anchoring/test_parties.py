"""The administrators' page: who, since when, until when, what is wrong; no address beyond its host."""

from datetime import timedelta

import pytest

from midun.anchoring.configuration import AnchorsProblem
from midun.anchoring.overview import overview
from midun.anchoring.rounds import anchor
from midun.anchoring.states import ALARM_AFTER, failed, state_of
from midun.kernel.notify.models import Notice
from tests.anchoring.building import (
    TimeStampServer,
    configure,
    local_witness,
    serving,
    signer,
    two_witnesses_and_an_authority,
)
from tests.conftest import AT

ADDRESS = "/log/anchors/"


def page(login):
    answer = login("system_admin").get(ADDRESS)
    assert answer.status_code == 200
    return answer.content.decode()


def test_nothing_configured_is_told(login):
    assert "尚未配置见证方和时间戳机构" in page(login)


def test_parties_that_answer(tree, login):
    configured = two_witnesses_and_an_authority()
    assert "待首次应答" in page(login)
    anchor(tree.head(), configured, AT)
    shown = page(login)
    for said in (
        "甲见证",
        "公证机构",
        "已见证至 5 条",
        "开发时间戳",
        "共 1 个时间戳",
        "只供开发和演示",
        "须有 2 个签名",
    ):
        assert said in shown
    found = overview(AT)
    assert found.condition.final_size == 5
    assert found.authorities[0].ends > AT + timedelta(days=300)


def test_a_certificate_that_ends_is_pointed_at(tree, login):
    server = TimeStampServer(lifetime=timedelta(days=100))
    with serving(server) as url:
        configured = configure(f"witnesses:\n{local_witness('w1')}quorum: 1\nauthorities:\n{server.row(url)}")
        anchor(tree.head(), configured, AT)
    found = overview(AT)
    assert found.authorities[0].ending
    assert found.renewals_due == 0
    assert overview(AT + timedelta(days=20)).renewals_due == 1
    assert "半年内到期" in page(login)


def test_the_alarm_leads_here_and_the_page_says_what_is_wrong(tree, login, cast):
    key = signer().verifier.vkey
    configure(f"witnesses:\n- {{name: a, title: 远方, key: {key}, url: 'https://user:word@127.0.0.1:9/customer-17'}}\n")
    state = state_of("witness", "a")
    failed(state, AT, "没有应答")
    assert "重试中" in page(login)
    failed(state, AT + ALARM_AFTER, "没有应答")
    shown = page(login)
    for said in ("已告警", "失败 2 次", "没有应答", "127.0.0.1:9", key):
        assert said in shown
    assert "customer-17" not in shown
    assert "word@" not in shown
    notice = Notice.objects.unscoped("test").get(membership=cast.memberships["system_admin"])
    assert notice.url == ADDRESS


def test_a_broken_configuration_is_shown(tree, login):
    two_witnesses_and_an_authority()
    with pytest.raises(AnchorsProblem):
        configure("witnesses: 3")
    assert "应为列表" in page(login)
