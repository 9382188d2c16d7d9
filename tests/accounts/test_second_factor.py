"""The second factor: a duty of the three administrators, a choice of everybody else."""

import base64
import hashlib
import hmac
import re
import struct
import time

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client

from midun.accounts import mailing
from midun.kernel.orgs.models import LoginRecord
from midun.kernel.trail.models import Entry

pytestmark = pytest.mark.django_db
RIGHT = "Correct-Horse-9"


@pytest.fixture(autouse=True)
def _a_duty(settings, _administrators_are_let_in):
    settings.MIDUN_ADMINS_NEED_SECOND_FACTOR = True


def code_of(secret):
    """RFC 6238 with SHA-1, six digits, thirty seconds: written down once more, so that the library is checked."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    mac = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    offset = mac[-1] & 15
    return str((struct.unpack(">I", mac[offset : offset + 4])[0] & 0x7FFFFFFF) % 10**6).zfill(6)


def log_in(name):
    client = Client()
    client.post("/accounts/login/", {"login": name, "password": RIGHT})
    return client


def activate(client):
    page = client.get("/accounts/2fa/totp/activate/").content.decode()
    secret = re.search(r'id="authenticator_secret">(\w+)<', page)[1]
    answer = client.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)})
    assert answer.headers["Location"] == "/accounts/2fa/recovery-codes/"
    return secret


@pytest.mark.parametrize("who", ["system_admin", "security_admin", "auditor"])
def test_administrators_see_nothing_else_before_it(cast, who):
    client = log_in(who)
    for path in ("/desk/", "/directory/account/", "/directory/trail/", "/directory/people/", "/", "/notices/"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/accounts/2fa/totp/activate/"), path
    activate(client)
    assert client.get("/desk/").status_code == 200


def test_recovery_codes_alone_are_no_second_factor(cast):
    client = log_in("auditor")
    Authenticator.objects.create(user=cast.memberships["auditor"].user, type="recovery_codes", data={})
    assert client.get("/directory/trail/").status_code == 302


def test_it_is_asked_at_every_login(cast):
    secret = activate(log_in("auditor"))
    client = Client()
    answer = client.post("/accounts/login/", {"login": "auditor", "password": RIGHT})
    assert answer.headers["Location"] == "/accounts/2fa/authenticate/"
    assert client.get("/directory/trail/").headers["Location"].startswith("/accounts/login/")
    wrong = client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert wrong.status_code == 200
    time.sleep(0)
    Authenticator.objects.filter(type="totp").update(last_used_at=None)
    from django.core.cache import cache

    cache.clear()  # the library refuses a code that was used before; the test has no thirty seconds to wait
    answer = client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert answer.headers["Location"] == "/desk/"
    outcomes = list(LoginRecord.objects.unscoped("test").order_by("pk").values_list("outcome", flat=True))
    assert outcomes == ["success", "code_failure", "success"]


def test_wrong_codes_are_limited(cast):
    activate(log_in("auditor"))
    client = Client()
    client.post("/accounts/login/", {"login": "auditor", "password": RIGHT})
    said = ""
    for _ in range(7):
        said = client.post("/accounts/2fa/authenticate/", {"code": "000000"}).content.decode()
    assert "过多" in said or "多次" in said or "稍后" in said


def test_the_secret_is_not_stored_in_the_clear(cast, settings):
    secret = activate(log_in("auditor"))
    stored = Authenticator.objects.get(type="totp").data["secret"]
    assert secret not in stored
    key = settings.MIDUN_HOME / "keys" / "second-factor.key"
    assert key.stat().st_mode & 0o777 == 0o600


def test_it_is_in_the_trail(cast):
    client = log_in("auditor")
    activate(client)
    client.post("/accounts/2fa/totp/deactivate/")
    verbs = set(Entry.objects.values_list("verb", flat=True))
    assert {"second_factor_enabled", "second_factor_removed"} <= verbs
    assert client.get("/directory/trail/").headers["Location"] == "/accounts/2fa/totp/activate/"


def test_others_may_choose(cast):
    client = log_in("district_officer")
    assert client.get("/desk/").status_code == 200
    assert "尚未启用" in client.get("/accounts/2fa/").content.decode()
    activate(client)
    page = client.get("/accounts/2fa/recovery-codes/").content.decode()
    assert len(re.findall(r"<li>\w{8,}</li>", page)) == 10
    assert "已启用" in client.get("/directory/account/").content.decode()


def test_pages_of_the_second_factor_are_ours(cast):
    client = log_in("district_officer")
    activate(client)
    for path in ("", "totp/deactivate/", "recovery-codes/", "recovery-codes/generate/"):
        page = client.get(f"/accounts/2fa/{path}").content.decode()
        assert "entrance-brand" in page, path
        assert '<script src="/static/mfa' not in page


@pytest.mark.django_db(transaction=True)
def test_the_person_is_told_by_mail_where_mail_is_set_up(cast, settings):
    settings.ACCOUNT_EMAIL_NOTIFICATIONS = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    activate(log_in("auditor"))
    mailing.wait()
    assert [(m.to, m.subject) for m in mail.outbox] == [(["auditor@example.cn"], "【秘盾】已启用二次验证")]
