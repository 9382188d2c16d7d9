"""Changing a password, and the way back in without one, with and without a mail server."""

import re

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core import mail
from django.core.exceptions import ValidationError
from django.test import Client

from midun.accounts import mailing
from midun.kernel.orgs.models import User
from midun.kernel.trail.models import Entry

pytestmark = pytest.mark.django_db
RIGHT = "Correct-Horse-9"


@pytest.fixture
def posted(settings):
    """Mail is set up; `posted()` is what was sent."""
    settings.MIDUN_EMAIL_NOTICES = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

    def sent():
        mailing.wait()
        return mail.outbox

    return sent


def log_in(name, password=RIGHT):
    client = Client()
    answer = client.post("/accounts/login/", {"login": name, "password": password})
    assert answer.status_code == 302
    return client


def test_it_is_changed_and_other_sessions_end(cast):
    here, there = log_in("district_officer"), log_in("district_officer")
    fields = {"oldpassword": RIGHT, "password1": "Another-Horse-7", "password2": "Another-Horse-7"}
    assert here.post("/accounts/password/change/", fields).status_code == 302
    assert here.get("/desk/").status_code == 200
    assert there.get("/desk/").status_code == 302
    log_in("district_officer", "Another-Horse-7")
    entry = Entry.objects.get(verb="password_changed")
    assert (entry.user_name, entry.organisation) == ("district_officer", "东区市场监管局")


@pytest.mark.parametrize(
    "new", ["short-A1", "onlysmallletters", "password123", "1234567890", "district_officer-D1", "ALLCAPITALS1"]
)
def test_it_rejects_a_weak_one(cast, new):
    client = log_in("district_officer")
    fields = {"oldpassword": RIGHT, "password1": new, "password2": new}
    assert client.post("/accounts/password/change/", fields).status_code == 200
    assert User.objects.get(username="district_officer").check_password(RIGHT)


@pytest.mark.parametrize(
    "new", ["Ab1-", "password", "20252025", "district_officer", "district_officer@example.cn", "Password12"]
)
def test_every_rule_is_said_in_chinese(cast, new):
    with pytest.raises(ValidationError) as refused:
        validate_password(new, cast.memberships["district_officer"].user)
    for sentence in refused.value.messages:
        assert not re.search(r"[A-Za-z]{3,}", sentence), sentence


def test_it_rejects_without_the_old_one(cast):
    client = log_in("district_officer")
    fields = {"oldpassword": "wrong", "password1": "Another-Horse-7", "password2": "Another-Horse-7"}
    assert client.post("/accounts/password/change/", fields).status_code == 200


def test_without_mail_the_page_says_whom_to_ask(cast):
    page = Client().get("/accounts/password/reset/").content.decode()
    assert "安全管理员" in page
    assert "<form" not in page
    assert Client().post("/accounts/password/reset/", {"email": "district_officer@example.cn"}).status_code == 200
    mailing.wait()
    assert mail.outbox == []


@pytest.mark.django_db(transaction=True)
def test_with_mail_a_link_is_sent(cast, posted):
    answer = Client().post("/accounts/password/reset/", {"email": "district_officer@example.cn"})
    assert answer.headers["Location"] == "/accounts/password/reset/done/"
    (letter,) = posted()
    assert letter.subject == "【秘盾】设置新密码"
    assert "district_officer" in letter.body
    link = re.search(r"/accounts/password/reset/key/\S+", letter.body)[0]
    browser = Client()
    target = browser.get(link, follow=True).redirect_chain[-1][0]
    new = {"password1": "Another-Horse-7", "password2": "Another-Horse-7"}
    assert browser.post(target, new).headers["Location"] == "/accounts/password/reset/key/done/"
    log_in("district_officer", "Another-Horse-7")
    assert "链接已失效" in Client().get(link, follow=True).content.decode()


@pytest.mark.django_db(transaction=True)
def test_an_unknown_address_gets_the_same_answer_and_no_mail(cast, posted):
    known = Client().post("/accounts/password/reset/", {"email": "district_officer@example.cn"}, follow=True)
    count = len(posted())
    unknown = Client().post("/accounts/password/reset/", {"email": "nobody@example.cn"}, follow=True)
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
    assert len(posted()) == count == 1


@pytest.mark.django_db(transaction=True)
def test_disabled_people_get_no_link(cast, posted):
    User.objects.filter(username="district_officer").update(is_active=False)
    Client().post("/accounts/password/reset/", {"email": "district_officer@example.cn"})
    assert posted() == []


def test_a_made_up_link_is_refused(cast):
    page = Client().get("/accounts/password/reset/key/1-c1abcd-0123456789abcdef/")
    assert "链接已失效" in page.content.decode()
