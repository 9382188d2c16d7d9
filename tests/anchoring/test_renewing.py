from datetime import UTC, datetime, timedelta

from midun.anchoring import local
from midun.anchoring.coverage import coverage
from midun.anchoring.models import AnchorState, TimeStamp
from midun.anchoring.renewing import due_stamps, renew_due
from midun.anchoring.rounds import anchor
from midun.lib.timestamp.pem import certificates_from_pem
from midun.lib.timestamp.renewal import split, verify_chain
from tests.anchoring.building import TimeStampServer, configure, local_witness, serving, two_witnesses_and_an_authority
from tests.conftest import AT

DAY = timedelta(days=1)
SOON = AT + 3 * 365 * DAY - 30 * DAY


def roots(record):
    return [certificates_from_pem(chain)[-1] for chain in coverage(record).chains]


def test_a_time_stamp_is_renewed_before_its_certificate_expires(tree):
    configured = two_witnesses_and_an_authority()
    record = anchor(tree.head(), configured, AT)
    assert renew_due(configured, AT + 365 * DAY) == (0, 0)
    assert renew_due(configured, SOON) == (1, 0)
    assert renew_due(configured, SOON) == (0, 0)
    tokens = coverage(record).tokens
    assert split(record.text.encode(), tokens) == [tuple(tokens)]
    chain = verify_chain(record.text.encode(), tokens, roots=roots(record), at=SOON + 365 * DAY)
    assert chain.time == AT
    first, second = coverage(record).stamps
    assert (second.renews, first.renewal) == (first, second)


def test_renewals_are_renewed(tree):
    configured = two_witnesses_and_an_authority()
    record = anchor(tree.head(), configured, AT)
    at = AT
    for _turn in range(3):
        at += 3 * 365 * DAY - 60 * DAY
        assert renew_due(configured, at) == (1, 0)
    tokens = coverage(record).tokens
    assert len(tokens) == 4
    assert verify_chain(record.text.encode(), tokens, roots=roots(record), at=at).time == AT


def test_a_retired_algorithm_is_left_in_time(tree):
    text = f"witnesses:\n{local_witness('w1')}authorities:\n- {{name: dev, url: local, every: 10}}\n"
    configured = configure(text)
    anchor(tree.head(), configured, AT)
    for name, count in (("sha256", 1), ("sm2", 0), ("sha25", 0), ("p-256", 1)):
        retired = configure(text + f"retired: {{{name}: 2025-08-01}}\n")
        assert due_stamps(retired, AT).count() == count, name
        assert due_stamps(retired, AT - 200 * DAY).count() == 0


def test_a_renewal_that_would_not_last_longer_is_refused_and_told(tree):
    server = TimeStampServer(lifetime=80 * DAY)
    with serving(server) as url:
        configured = configure(f"witnesses:\n{local_witness('w1')}authorities:\n{server.row(url)}")
        record = anchor(tree.head(), configured, AT)
        assert record.final_at
        assert renew_due(configured, AT) == (0, 1)
        state = AnchorState.objects.unscoped("test").get(kind="renewal")
        assert "续期失败" in state.problem
        assert AnchorState.objects.unscoped("test").get(kind="authority").failures == 0
    assert TimeStamp.objects.unscoped("test").count() == 1


def test_an_authority_that_is_down_is_tried_again(tree):
    configured = two_witnesses_and_an_authority()
    anchor(tree.head(), configured, AT)
    row = TimeStampServer(at=SOON).row("http://127.0.0.1:9", "other")
    down = configure(f"authorities:\n{row}")
    assert renew_due(down, SOON) == (0, 1)
    assert renew_due(down, SOON + timedelta(seconds=1)) == (0, 1)
    assert AnchorState.objects.unscoped("test").get(kind="renewal").failures == 1
    assert renew_due(two_witnesses_and_an_authority(), SOON + DAY) == (1, 0)


def test_no_authority_left_renews_nothing(tree):
    anchor(tree.head(), two_witnesses_and_an_authority(), AT)
    assert renew_due(configure(""), SOON) == (0, 1)


def test_a_local_authority_has_a_new_certificate_each_year(db):
    one, two = (local.identity("dev", "p-256", datetime(year, 5, 1, tzinfo=UTC)) for year in (2026, 2027))
    assert one.root != two.root
    assert local.identity("dev", "p-256", datetime(2026, 9, 1, tzinfo=UTC)).chain == one.chain


def test_nothing_is_due_without_tokens(db):
    assert renew_due(configure(""), AT) == (0, 0)
