"""No parameter of any address, however strange, brings an error of the server."""

import re
from urllib.parse import quote
from uuid import UUID

import pytest
from django.urls import get_resolver, reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.hardening import world as worlds
from tests.test_access_matrix import LISTS, PUBLIC, RECORDS, names

STRANGE = (
    "",
    "0",
    "-1",
    "9" * 40,
    "1e309",
    "nan",
    "١٢",
    "abc",
    "2025-02-30",
    "0001-01-01",
    "9999-12-31",
    "2025-06-10T25:61",
    "\x00",
    "a\x00b",
    "'\"<>&%_\\;--",
    "{{ 7*7 }}{% load x %}",
    "../../etc/passwd",
    "\u202e\ufeff\ud7ff😀",
    "长" * 5000,
    "__class__",
    "-pk",
    "?&=#",
)
ALWAYS = ("page", "sort", "q", "all", "view", "campaign", "unit", "year", "next", "again", "k")
"""Names that lists read beside the fields of their query bar."""

FINE = (200, 302, 400, 404, 429)
_NAMED = re.compile(r'<(?:input|select|textarea)[^>]*\bname="([^"]+)"')


@pytest.fixture
def world(cast, at):
    return worlds.build(cast, at)


def asked(client, path):
    """The parameters an address can be asked with: those of its forms, and what lists read anyway."""
    page = client.get(path)
    shown = _NAMED.findall(page.content.decode(errors="replace")) if page.status_code == 200 else []
    return sorted({*shown, *ALWAYS} - {"csrfmiddlewaretoken", "action"})


READERS = (
    "district_officer",
    "city_officer",
    "enterprise_admin",
    "auditor",
    "security_admin",
    "system_admin",
    "notary_officer",
    "visitor",
)


def of(who):
    """The addresses that take no record, each asked by the first role of READERS that may."""
    found = []
    for name, (arguments, allowed) in LISTS.items():
        first = "visitor" if allowed == PUBLIC else next(reader for reader in READERS if reader in allowed)
        if first == who:
            found.append((name, reverse(name, args=arguments)))
    return found


@pytest.mark.parametrize("who", READERS)
def test_strange_values_everywhere(world, login, who):
    """Every value in all parameters at once, and each parameter given twice."""
    client = login(who)
    for name, path in of(who):
        parameters = asked(client, path)
        for value in STRANGE:
            answer = client.get(path, dict.fromkeys(parameters, value))
            assert answer.status_code in FINE, (name, value[:40], answer.status_code)
        answer = client.get(path, {parameter: ["x", "2025-06-10"] for parameter in parameters})
        assert answer.status_code in FINE, name


@pytest.mark.parametrize("who", ["district_officer", "auditor"])
def test_strange_values_in_exports_and_forms(world, login, who):
    client = login(who)
    for name, path in of(who):
        parameters = asked(client, path)
        for action in ("export", ""):
            for value in ("\x00", "9" * 40, "2025-02-30", "'\"<>&%_\\"):
                answer = client.post(path, {**dict.fromkeys(parameters, value), "action": action})
                assert answer.status_code in (*FINE, 403, 405), (name, value[:40], answer.status_code)


@pytest.mark.parametrize("who", ["district_officer", "visitor"])
def test_strange_parts_of_an_address(world, login, who):
    """In place of a number one beyond every database, in place of a word one that needs quoting."""
    client = login(who)
    for name, pattern in names(get_resolver().url_patterns):
        parts = pattern.pattern.converters
        if name not in RECORDS or not parts:
            continue
        for number, word in ((9**30, "x\x00y"), (2**63, "..;"), (0, "长" * 300), (1, "%00")):
            instead = {"IntConverter": number, "UUIDConverter": UUID(int=number % 2**128)}
            chosen = {part: instead.get(type(kind).__name__, quote(word, safe="")) for part, kind in parts.items()}
            if any(type(kind).__name__ == "SlugConverter" for kind in parts.values()):
                chosen = {part: "x-y" if isinstance(value, str) else value for part, value in chosen.items()}
            path = reverse(name, kwargs=chosen)
            for answer in (client.get(path), client.post(path, {})):
                assert answer.status_code in (*FINE, 403, 405), (name, path[:80], answer.status_code)


@pytest.mark.parametrize(
    "address", ["activities:activities", "visits:visits", "claims:ledger", "directory:enterprises"]
)
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_values(world, login, address, data):
    client = login("district_officer")
    path = reverse(address)
    value = st.text(max_size=30) | st.integers().map(str) | st.dates().map(str) | st.sampled_from(STRANGE)
    chosen = data.draw(st.dictionaries(st.sampled_from(asked(client, path)), value, max_size=6))
    assert client.get(path, chosen).status_code in FINE
