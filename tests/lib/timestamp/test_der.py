from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from midun.lib.timestamp import der
from midun.lib.timestamp.errors import Reason, Refused

LIMIT = 1 << 20


def read(data):
    return der.parse(data, LIMIT)


@given(st.integers())
@example(-128)
@example(-129)
@example(1 << 63)
def test_integers_come_back(number):
    assert read(der.integer(number)).integer() == number


@given(st.lists(st.integers(0, 1 << 130), min_size=0, max_size=5), st.integers(0, 2), st.integers(0, 39))
def test_object_identifiers_come_back(arcs, first, second):
    dotted = ".".join(map(str, (first, second, *arcs[:2])))
    assert read(der.oid(dotted)).oid() == dotted


@given(st.binary(max_size=70_000))
def test_octets_come_back(data):
    assert read(der.octets(data)).octets() == data


@given(st.timedeltas(timedelta(0), timedelta(days=36_000)))
def test_times_come_back(after):
    at = datetime(1950, 1, 1, tzinfo=UTC) + after
    assert read(der.general_time(at)).time() == at
    assert read(der.validity_time(at)).time() == at.replace(microsecond=0)


@given(st.lists(st.binary(max_size=40).map(der.octets), max_size=6))
def test_a_sequence_is_its_children(parts):
    assert [child.raw for child in read(der.sequence(*parts)).children()] == parts
    assert sorted(parts) == [child.raw for child in read(der.set_of(parts)).children()]


@given(st.binary(max_size=400))
def test_whatever_is_read_is_the_one_encoding_of_it(data):
    for wrap in (b"", b"\x30", b"\x06", b"\x02", b"\x18"):
        candidate = wrap + bytes([len(data) & 0x7F]) + data[: len(data) & 0x7F] if wrap else data
        try:
            value = read(candidate)
            again = der.encode(value.tag, value.body)
        except Refused as refused:
            assert refused.reason is Reason.DER_MALFORMED
            continue
        assert again == candidate
        for method, write in ((value.integer, der.integer), (value.oid, der.oid), (value.boolean, der.boolean)):
            try:
                found = method()
            except Refused:
                continue
            assert write(found) == candidate


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "30",
        "3080 0000",  # indefinite length
        "0401",
        "048101 00",  # long form for a short length
        "04820001 00",  # leading zero in a length
        "0485 0000000001 00",
        "1f8101 00",  # high tag
        "0400 00",  # bytes after the end
        "3003 0400",
    ],
)
def test_it_rejects_what_is_not_der(wrong):
    with pytest.raises(Refused) as refused:
        read(bytes.fromhex(wrong)).children()
    assert refused.value.reason is Reason.DER_MALFORMED


@pytest.mark.parametrize(
    ("method", "wrong"),
    [
        ("integer", "0200"),
        ("integer", "02020001"),
        ("integer", "0202ff80"),
        ("integer", "0401 01"),
        ("boolean", "010101"),
        ("boolean", "0100"),
        ("oid", "0600"),
        ("oid", "060180"),
        ("oid", "06022a80"),
        ("oid", "06032a8001"),
        ("bits", "0300"),
        ("bits", "030108"),
        ("bits", "030101"),
        ("bits", "03020101"),
        ("time", "170b 3236303631353038333031"),
        ("time", der.encode(0x18, b"20260615083015").hex()),
        ("time", der.encode(0x18, b"20260615083015.50Z").hex()),
        ("time", der.encode(0x18, b"20260615083015.Z").hex()),
        ("time", der.encode(0x18, b"20261315083015Z").hex()),
        ("time", der.encode(0x18, b"20260615083015+0800").hex()),
        ("octets", "2400"),
    ],
)
def test_it_rejects_what_is_no_such_value(method, wrong):
    with pytest.raises(Refused) as refused:
        getattr(read(bytes.fromhex(wrong)), method)()
    assert refused.value.reason is Reason.DER_MALFORMED


def test_too_much_is_not_read():
    with pytest.raises(Refused) as refused:
        der.parse(bytes(11), 10)
    assert refused.value.reason is Reason.TOO_LARGE


def test_fields_say_what_is_missing_and_what_is_too_much():
    fields = read(der.sequence(der.integer(1), der.null())).fields()
    assert fields.optional(der.OID) is None
    assert fields.take(der.INTEGER).integer() == 1
    with pytest.raises(Refused):
        fields.end()
    fields.any()
    fields.end()
    with pytest.raises(Refused):
        fields.any()


def test_nesting_costs_nothing():
    data = b""
    for _level in range(5000):
        data = der.sequence(data)
    assert len(read(data).children()) == 1
