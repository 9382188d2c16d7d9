"""Every address × every role, from one table; an address missing here fails.

A row: address name, arguments, and who gets in. Everybody else with an account gets 403 (or 404 where the record is out
of their scope); a visitor is sent to the login, unless the page is public.
"""

from uuid import UUID

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse

BUREAU = ("city_officer", "city_leader", "district_officer", "district_leader", "liaison_officer", "station_staff")
RECORDERS = ("city_officer", "district_officer", "liaison_officer", "station_staff")
OFFICERS = ("city_officer", "district_officer")
ENTERPRISE = ("enterprise_admin", "confidentiality_officer")
NOTARY = ("notary_officer",)
ADMINS = ("system_admin", "security_admin", "auditor")
ALL = (*BUREAU, *ENTERPRISE, "expert", *NOTARY, *ADMINS)
PUBLIC = "public"

LISTS = {
    # lists and forms that need no record: name → (arguments, who)
    "dashboards:desk": ((), ALL),
    "dashboards:board": ((), (*OFFICERS, "city_leader", "district_leader")),
    "accounts:account": ((), ALL),
    "directory:enterprises": ((), BUREAU),
    "directory:enterprise-new": ((), RECORDERS),
    "directory:import": ((), RECORDERS),
    "directory:import-template": ((), RECORDERS),
    "accounts:people": ((), ("security_admin", "system_admin")),
    "accounts:own-people": ((), ("enterprise_admin",)),
    "accounts:invitations": ((), ("security_admin", "enterprise_admin")),
    "accounts:invite": ((), ("security_admin", "enterprise_admin")),
    "account_reset_password": ((), PUBLIC),
    "directory:logins": ((), ("auditor",)),
    "directory:trail": ((), ("auditor",)),
    "directory:calendar": ((), ("system_admin",)),
    "directory:calendar-year": ((2027,), ("system_admin",)),
    "directory:units": ((), (*BUREAU, "system_admin")),
    "campaigns:list": ((), BUREAU),
    "campaigns:new": ((), OFFICERS),
    "deposits:list": ((), ENTERPRISE),
    "deposits:new": ((), ENTERPRISE),
    "deposits:first": ((), ENTERPRISE),
    "deposits:explained": ((), ENTERPRISE),
    "deposits:open-one": ((), ENTERPRISE),
    "deposits:projects": ((), ENTERPRISE),
    "deposits:project-new": ((), ENTERPRISE),
    "deposits:handoffs": ((), ENTERPRISE),
    "deposits:handoff-new": ((), ENTERPRISE),
    "deposits:received": ((), NOTARY),
    "deposits:tokens": ((), ("enterprise_admin",)),
    "marking:batches": ((), ENTERPRISE),
    "marking:batch-new": ((), ENTERPRISE),
    "marking:check": ((), ENTERPRISE),
    "deposits:token-new": ((), ("enterprise_admin",)),
    "deposits:quotas": ((), ("system_admin",)),
    "anchoring:parties": ((), ("system_admin",)),
    "matching:projects": ((), ENTERPRISE),
    "matching:project-new": ((), ENTERPRISE),
    "matching:screenings": ((), OFFICERS),
    "matching:screening-new": ((), OFFICERS),
    "matching:sessions": ((), OFFICERS),
    "matching:session-new": ((), OFFICERS),
    "claims:ledger": ((), BUREAU),
    "claims:new": ((), RECORDERS),
    "claims:enterprises": ((), RECORDERS),
    "claims:own": ((), ENTERPRISE),
    "claims:own-new": ((), ENTERPRISE),
    "claims:suggestions": ((), BUREAU),
    "claims:suggestion-new": ((), RECORDERS),
    "activities:activities": ((), BUREAU),
    "activities:new": ((), RECORDERS),
    "activities:certificate-verify": ((), PUBLIC),
    "activities:certificate-key": ((), PUBLIC),
    "visits:visits": ((), BUREAU),
    "visits:new": ((), RECORDERS),
    "visits:baseline": ((), BUREAU),
    "reporting:boards": ((), BUREAU),
    "reporting:query": ((), BUREAU),
    "reporting:query-drill": (("visits",), BUREAU),
    "web:offline": ((), PUBLIC),
    "web:worker": ((), PUBLIC),
    "portal:home": ((), PUBLIC),
    "portal:activities": ((), PUBLIC),
    "portal:news": ((), PUBLIC),
    "portal:cases": ((), PUBLIC),
    "portal:downloads": ((), PUBLIC),
    "portal:search": ((), PUBLIC),
    "portal:feed": ((), PUBLIC),
    "portal:about": ((), PUBLIC),
    "portal:accessibility": ((), PUBLIC),
    "portal:site-map": ((), PUBLIC),
    "evidence:monitor": ((), PUBLIC),
    "evidence:verify": ((), PUBLIC),
    "evidence:openapi": ((), PUBLIC),
    "health": ((), PUBLIC),
    **{f"publicity:{slug}s": ((), BUREAU) for slug in ("news-item", "case", "questionnaire", "gov-report", "resource")},
    **{
        f"publicity:{slug}-new": ((), RECORDERS)
        for slug in ("news-item", "case", "questionnaire", "gov-report", "resource")
    },
}

RECORDS = {
    # pages of one record: nobody sees a record that is not there; with the right they get 404, without it 403
    "directory:enterprise": BUREAU,
    "directory:enterprise-edit": RECORDERS,
    "directory:import-preview": RECORDERS,
    "directory:import-errors": RECORDERS,
    "directory:organisation": ALL,
    "directory:organisation-edit": ("system_admin",),
    "directory:organisation-close": ALL,
    "directory:organisation-new": ("system_admin",),
    "directory:node-new": ("system_admin",),
    "directory:node-edit": ("system_admin",),
    "directory:node-close": ("system_admin",),
    "directory:divisions": ("system_admin",),
    "accounts:person": ("security_admin", "system_admin"),
    "accounts:invitation-revoke": ("security_admin", "enterprise_admin"),
    "accounts:join": PUBLIC,
    "directory:entry": ("auditor",),
    "dashboards:board-of": (*OFFICERS, "city_leader", "district_leader"),
    "dashboards:board-data": (*OFFICERS, "city_leader", "district_leader"),
    "dashboards:figure": BUREAU,
    "dashboards:units": (*OFFICERS, "city_leader", "district_leader"),
    "dashboards:days": (*OFFICERS, "city_leader", "district_leader"),
    "dashboards:latest": (*OFFICERS, "city_leader", "district_leader"),
    **{f"campaigns:{name}": BUREAU for name in ("detail", "calendar", "plan", "export", "line")},
    **{f"campaigns:{name}": OFFICERS for name in ("edit", "units", "step", "documents", "import", "preview")},
    "campaigns:review": (*OFFICERS, "city_leader", "district_leader"),
    **{
        f"campaigns:{name}": (*OFFICERS, "station_staff")
        for name in ("mine", "line-add", "line-edit", "line-act", "line-finish", "line-unfinish")
    },
    **{f"deposits:{name}": ENTERPRISE for name in ("deposit", "statement", "project", "project-edit")},
    **{f"deposits:{name}": ENTERPRISE for name in ("handoff", "handoff-file")},
    **{f"deposits:{name}": NOTARY for name in ("received-one", "received-file")},
    **{f"marking:{name}": ENTERPRISE for name in ("batch", "note", "proof", "disclosure", "disclosure-file")},
    **{f"marking:{name}": ("enterprise_admin",) for name in ("decide", "postpone", "disclose", "withdraw")},
    **{f"marking:{name}": (*OFFICERS, "station_staff") for name in ("disclosed", "disclosed-file")},
    "deposits:token-revoke": ("enterprise_admin",),
    "deposits:quota": ("system_admin",),
    **{f"matching:{name}": ENTERPRISE for name in ("project", "project-edit", "submit", "report")},
    **{f"matching:{name}": OFFICERS for name in ("screening", "screening-void")},
    **{
        f"matching:{name}": OFFICERS
        for name in ("session", "session-file", "receive", "compare", "session-report", "close")
    },
    "claims:claim": BUREAU,
    "claims:act": BUREAU,
    "claims:paper": BUREAU,
    "claims:edit": RECORDERS,
    "claims:void": RECORDERS,
    "claims:restore": RECORDERS,
    "claims:file-remove": RECORDERS,
    "claims:own-claim": ENTERPRISE,
    "claims:suggestion": BUREAU,
    "claims:suggestion-edit": RECORDERS,
    "claims:suggestion-void": RECORDERS,
    "claims:suggestion-restore": RECORDERS,
    "activities:activity": BUREAU,
    "activities:edit": RECORDERS,
    "activities:void": RECORDERS,
    "activities:restore": RECORDERS,
    "activities:portal": (*OFFICERS, "city_leader", "district_leader"),
    "activities:add-files": RECORDERS,
    "activities:use-file": RECORDERS,
    "activities:remove-file": RECORDERS,
    "activities:people-template": RECORDERS,
    "activities:take-in": RECORDERS,
    "activities:certificate-file": BUREAU,
    "activities:certificate-files": BUREAU,
    "activities:open": RECORDERS,
    "activities:shut": RECORDERS,
    "activities:screen": BUREAU,
    "activities:poster": BUREAU,
    "activities:add-person": RECORDERS,
    "activities:add-people": RECORDERS,
    "activities:match": RECORDERS,
    "activities:void-person": RECORDERS,
    "activities:sheet": BUREAU,
    "activities:issue": RECORDERS,
    "activities:revoke": RECORDERS,
    "visits:visit": BUREAU,
    "visits:edit": RECORDERS,
    "visits:void": RECORDERS,
    "visits:restore": RECORDERS,
    "visits:findings": RECORDERS,
    "visits:remove-file": RECORDERS,
    "reporting:board": BUREAU,
    "reporting:comparison": BUREAU,
    "reporting:sealed": (*OFFICERS, "station_staff"),
    "reporting:form": BUREAU,
    "reporting:drill": BUREAU,
    "reporting:summary": BUREAU,
    "reporting:paper": BUREAU,
    "reporting:act": BUREAU,
    "publicity:case-step": BUREAU,
    **{f"publicity:{slug}": BUREAU for slug in ("news-item", "case", "questionnaire", "gov-report", "resource")},
    **{
        f"publicity:{slug}-{act}": RECORDERS
        for slug in ("news-item", "case", "questionnaire", "gov-report", "resource")
        for act in ("edit", "void", "restore", "file-remove")
    },
    **{
        f"publicity:{slug}-file": (*OFFICERS, "city_leader", "district_leader")
        for slug in ("news-item", "case", "questionnaire", "gov-report", "resource")
    },
    **{f"publicity:{slug}-portal": (*OFFICERS, "city_leader", "district_leader") for slug in ("news-item", "resource")},
    "evidence:monitor-of": PUBLIC,
    "portal:activity": PUBLIC,
    "portal:news-item": PUBLIC,
    "portal:case": PUBLIC,
    "portal:resource": PUBLIC,
    "web:attachment": PUBLIC,
    "web:thumbnail": PUBLIC,
    "activities:sign-in": PUBLIC,
    "activities:receipt": PUBLIC,
    "activities:certificate": PUBLIC,
}

TESTED_ELSEWHERE = {
    # files of a log that exists, and the programs' door with its tokens: tests/evidence
    "evidence:checkpoint",
    "evidence:checkpoint-of",
    "evidence:policy-of",
    "evidence:tile-of",
    "evidence:verify-file",
    "evidence:policy",
    "evidence:tile",
    "evidence:api-deposit",
    "evidence:api-batch",
    "evidence:api-receipt",
    "evidence:api-bundle",
    "campaigns:current-plan",
    "campaigns:current-mine",
    "claims:ledger-paper",  # posted from the ledger: tests/claims/test_ledger.py
    # these only redirect, or their rights depend on the campaign's state: tests/campaigns and tests/kernel/web
    "web:switch",
    "web:notices",
    "web:saved-views",
    "dashboards:desk-figures",
}


def names(patterns, space=""):
    for entry in patterns:
        if isinstance(entry, URLResolver):
            inner = entry.namespace or ""
            yield from names(entry.url_patterns, f"{inner}:" if inner else space)
        elif isinstance(entry, URLPattern) and entry.callback.__module__.startswith("midun."):
            yield space + entry.name, entry


def test_every_address_stands_in_the_table():
    known = {*LISTS, *RECORDS, *TESTED_ELSEWHERE}
    missing = {name for name, _ in names(get_resolver().url_patterns)} - known
    assert missing == set()


SAMPLES = {"IntConverter": 999999, "UUIDConverter": UUID(int=7)}


def expected(allowed, who, found):
    if allowed == PUBLIC or who in allowed:
        return found
    return 302 if who == "visitor" else 403


@pytest.mark.parametrize("who", [*ALL, "visitor"])
def test_lists(login, who):
    client = login(who)
    got = {name: client.get(reverse(name, args=args)).status_code for name, (args, _) in LISTS.items()}
    assert got == {name: expected(allowed, who, 200) for name, (_, allowed) in LISTS.items()}


@pytest.mark.parametrize("who", [*ALL, "visitor"])
def test_records(login, who):
    client = login(who)
    patterns = dict(names(get_resolver().url_patterns))
    got = {}
    for name in RECORDS:
        converters = patterns[name].pattern.converters
        sample = {key: SAMPLES.get(type(c).__name__, "x") for key, c in converters.items()}
        got[name] = client.get(reverse(name, kwargs=sample)).status_code
    assert got == {name: expected(allowed, who, 404) for name, allowed in RECORDS.items()}


def test_administrators_need_a_second_factor(login):
    answer = login("auditor", enrolled=False).get("/directory/trail/")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/2fa/")
