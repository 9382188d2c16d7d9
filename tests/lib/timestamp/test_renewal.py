from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midun.lib.timestamp.algorithms import SHA512, SM3
from midun.lib.timestamp.errors import Reason, Refused
from midun.lib.timestamp.renewal import MAGIC, covered, split, verify_chain
from tests.lib.timestamp.building import AT, DATA, YEAR, authority, request, root, stamp

LATER = AT + 0.9 * YEAR
MUCH_LATER = AT + 1.8 * YEAR
ROOTS = [root(), root("sm2", at=LATER), root("rsa", at=MUCH_LATER)]


def renewed(before, kind, at, digest=SHA512, made=None):
    data = covered(DATA, before)
    return authority(kind, at=made or at).issue(request(data, digest), at)


FIRST = stamp()
SECOND = renewed([FIRST], "sm2", LATER, SM3)
THIRD = renewed([FIRST, SECOND], "rsa", MUCH_LATER)


def reason(tokens, data=DATA, **more):
    with pytest.raises(Refused) as refused:
        verify_chain(data, tokens, **({"roots": ROOTS} | more))
    return refused.value.reason


def test_a_renewed_time_stamp_holds_for_as_long_as_the_newest():
    chain = verify_chain(DATA, [FIRST, SECOND, THIRD], roots=ROOTS, at=MUCH_LATER + 0.5 * YEAR)
    assert chain.time == AT
    assert chain.valid_until == (MUCH_LATER + YEAR).replace(microsecond=0)
    assert reason([FIRST, SECOND, THIRD], at=MUCH_LATER + 1.1 * YEAR) is Reason.CERTIFICATE_TIME
    assert reason([FIRST], at=LATER + 0.2 * YEAR) is Reason.CERTIFICATE_TIME
    assert verify_chain(DATA, [FIRST], roots=ROOTS).time == AT  # judged at its own time


def test_a_broken_algorithm_is_survived_if_the_renewal_came_before():
    soon, late = LATER + timedelta(days=1), LATER - timedelta(days=1)
    for name in ("p-256", "sha256"):
        assert verify_chain(DATA, [FIRST, SECOND], roots=ROOTS, broken={name: soon}, at=LATER + 0.5 * YEAR)
        assert reason([FIRST, SECOND], broken={name: late}) is Reason.ALGORITHM_BROKEN
    assert reason([FIRST, SECOND], broken={"sm2": soon}, at=soon) is Reason.ALGORITHM_BROKEN


def test_a_renewal_that_came_too_late_is_named():
    late = AT + 1.2 * YEAR
    token = renewed([FIRST], "p-256", late, made=late)
    assert reason([FIRST, token], roots=[root(), root(at=late)]) is Reason.RENEWAL_LATE


def test_time_runs_forward():
    token = renewed([FIRST], "p-256", AT - timedelta(hours=1), made=AT)
    assert reason([FIRST, token]) is Reason.RENEWAL_ORDER


@pytest.mark.parametrize(
    "tokens", [[FIRST, THIRD], [SECOND], [SECOND, FIRST], [FIRST, SECOND, SECOND], [stamp(), SECOND]]
)
def test_what_was_not_renewed_is_no_chain(tokens):
    assert reason(tokens) is Reason.IMPRINT_WRONG


def test_other_data_is_noticed():
    assert reason([FIRST, SECOND], data=DATA + b"x") is Reason.IMPRINT_WRONG
    assert reason([]) is Reason.TOKEN_MALFORMED


def test_a_flat_list_falls_into_its_chains():
    assert split(DATA, [FIRST, SECOND, THIRD]) == [(FIRST, SECOND, THIRD)]
    other = stamp(kind="sm2")
    assert split(DATA, [FIRST, SECOND, other]) == [(FIRST, SECOND), (other,)]
    assert split(DATA, []) == []
    for wrong, why in (([SECOND], Reason.IMPRINT_WRONG), ([FIRST] * 65, Reason.TOO_LARGE)):
        with pytest.raises(Refused) as refused:
            split(DATA, wrong)
        assert refused.value.reason is why


@given(
    st.binary(max_size=50), st.lists(st.binary(max_size=50), max_size=4), st.lists(st.binary(max_size=50), max_size=4)
)
def test_what_is_covered_is_unambiguous(data, one, two):
    assert (covered(data, one) == covered(data, two)) == (one == two)
    if one:
        assert covered(data, one).startswith(MAGIC)
