from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midun.evidence import numbers

LEAF = bytes(range(1, 33))


@given(log=st.integers(0, 1000), index=st.integers(0, numbers.MAX_INDEX), leaf=st.binary(min_size=32, max_size=32))
def test_an_id_holds_place_and_prefix(log, index, leaf):
    number, prefix = numbers.number_at(log, index), numbers.prefix_from(leaf)
    made = numbers.uuid_of(number, prefix)
    assert (made.version, made.variant) == (8, uuid4().variant)
    assert numbers.number_of(made) == number
    assert numbers.prefix_of(made) == prefix
    assert (numbers.log_of(number), numbers.index_of(number)) == (log, index)


def test_the_vector_of_the_format_document():
    made = numbers.uuid_of(numbers.number_at(1, 5), numbers.prefix_from(LEAF))
    assert made == UUID("01020304-0506-8070-8000-010000000005")


def test_an_id_of_another_kind_is_none_of_ours():
    assert numbers.number_of(uuid4()) is None


def test_it_rejects_an_index_beyond_a_log():
    with pytest.raises(ValueError, match="index"):
        numbers.number_at(0, numbers.MAX_INDEX + 1)
