"""Inviting: a link with an end, good for one use; enterprises invite their own."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from midun.accounts import mailing
from midun.accounts.services import invitations as inviting
from midun.accounts.services.invitations import InvitationProblem, Invitee
from midun.kernel.notify.models import Notice
from midun.kernel.orgs.actor import system_actor
from midun.kernel.orgs.models import Invitation, Membership, User
from midun.kernel.orgs.services import MembershipProblem, Refused, end, grant
from midun.kernel.trail.models import Entry

pytestmark = pytest.mark.django_db
NEW = {"username": "xinren", "password": "Brand-New-Horse-1", "again": "Brand-New-Horse-1"}
OFFER = {"name": "新人", "organisation": "东区市场监管局", "role": "officer", "email": "new@example.cn", "phone": ""}


def invite(client, **change):
    page = client.post("/directory/invitations/new/", {**OFFER, **change})
    found = re.search(r"/directory/join/([\w-]+)/", page.content.decode())
    assert found, page.content.decode()
    return found[0]


def offer(cast, at, who="security_admin", role="officer", organisation=None, name="新人"):
    return inviting.invite(
        invitee=Invitee(name),
        organisation=organisation or cast.east_bureau,
        role=role,
        actor=cast.actor(who) if isinstance(who, str) else who,
        at=at,
    )


def token_of(link):
    return link.rstrip("/").rsplit("/", 1)[1]


def test_it_works(cast, login):
    link = invite(login("security_admin"))
    browser = Client()
    page = browser.get(link)
    assert "东区市场监管局" in page.content.decode()
    assert (page.headers["Cache-Control"], page.headers["Referrer-Policy"]) == ("no-store", "same-origin")
    assert browser.post(link, NEW).headers["Location"] == "/accounts/login/"
    made = Membership.objects.unscoped("test").get(user__username="xinren")
    assert (made.user.name, made.user.email, made.role) == ("新人", "new@example.cn", "officer")
    answer = browser.post("/accounts/login/", {"login": "xinren", "password": NEW["password"]})
    assert answer.headers["Location"] == "/desk/"
    assert browser.get("/directory/enterprises/").status_code == 200


def test_it_is_in_the_trail_and_the_inviter_is_told(cast, login):
    Client().post(invite(login("security_admin")), NEW)
    invitation = Invitation.objects.unscoped("test").get()
    assert [e.verb for e in Entry.objects.about(invitation)] == ["invited", "invitation_accepted"]
    granted = Entry.objects.filter(verb="membership_granted").last()
    assert granted.user_id == cast.memberships["security_admin"].user_id
    notice = Notice.objects.unscoped("test").get()
    assert notice.membership == cast.memberships["security_admin"]
    assert "新人已接受邀请" in notice.text


def test_only_the_digest_is_stored(cast, at):
    _, link = offer(cast, at)
    stored = Invitation.objects.unscoped("test").values().get()
    assert token_of(link) not in str(stored)
    assert token_of(link) not in str(list(Entry.objects.values()))


def test_it_is_good_for_one_use(cast, login):
    link = invite(login("security_admin"))
    Client().post(link, NEW)
    again = Client().post(link, {**NEW, "username": "another"})
    assert again.status_code == 404
    assert "邀请已失效" in again.content.decode()
    assert not User.objects.filter(username="another").exists()


def test_it_ends_after_a_week(cast, at):
    _, link = offer(cast, at)
    assert inviting.find(token_of(link), at + timedelta(days=6)) is not None
    assert inviting.find(token_of(link), at + timedelta(days=7)) is None
    with pytest.raises(InvitationProblem, match="已过期"):
        inviting.accept_as_new(token=token_of(link), username="x", password="y", at=at + timedelta(days=7))


def test_it_is_revoked(cast, login):
    client = login("security_admin")
    link = invite(client)
    invitation = Invitation.objects.unscoped("test").get()
    client.post(f"/directory/invitations/{invitation.pk}/revoke/")
    assert Client().get(link).status_code == 404
    said = client.post(f"/directory/invitations/{invitation.pk}/revoke/", follow=True).content.decode()
    assert "已使用、已撤回或已过期" in said


def test_a_wrong_token_says_no_more_than_a_used_one(cast, login):
    link = invite(login("security_admin"))
    Client().post(link, NEW)
    assert Client().get(link).content == Client().get("/directory/join/nonsense/").content


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"password": "short", "again": "short"}, "至少"),
        ({"password": "onlysmallletters", "again": "onlysmallletters"}, "至少三种"),
        ({"password": "1234567890-", "again": "1234567890-"}, "至少三种"),
        ({"password": "Password-123", "again": "Password-124"}, "不一致"),
        ({"username": "DISTRICT_officer"}, "已被使用"),
        ({"username": "a b"}, ""),
        ({"username": "ab"}, ""),
        ({"username": "xinren-Horse-1", "password": "xinren-Horse-1", "again": "xinren-Horse-1"}, "相似"),
    ],
)
def test_it_rejects_weak_passwords_and_taken_names(cast, login, change, said):
    link, count = invite(login("security_admin")), User.objects.count()
    page = Client().post(link, {**NEW, **change})
    assert said in page.content.decode()
    assert User.objects.count() == count
    assert Client().get(link).status_code == 200


def test_somebody_with_an_account_gets_a_further_role(cast, login):
    link = invite(login("security_admin"), organisation="西区市场监管局", role="leader")
    client = login("district_officer")
    assert "以此账号接受" in client.get(link).content.decode()
    assert client.post(link).headers["Location"] == "/desk/"
    held = Membership.objects.unscoped("test").current().filter(user=cast.memberships["district_officer"].user)
    assert {m.role for m in held} == {"officer", "leader"}


def test_nobody_accepts_their_own_invitation(cast, login):
    client = login("security_admin")
    link = invite(client)
    assert "不能接受自己发出的邀请" in client.post(link).content.decode()
    assert Client().get(link).status_code == 200


def test_two_of_the_three_are_refused_here_too(cast, login):
    link = invite(login("security_admin"), organisation="沪市市场监管局", role="auditor")
    assert "不能由同一人兼任" in login("system_admin").post(link).content.decode()
    assert Client().get(link).status_code == 200


def test_what_a_dismissed_inviter_left_is_void(cast, at):
    founder = system_actor("测试")
    other = User.objects.create_user(username="other", password="Correct-Horse-9", name="另一人")
    grant(user=other, organisation=cast.city_bureau, role="security_admin", actor=founder, at=at)
    _, link = offer(cast, at)
    end(membership=cast.memberships["security_admin"], reason="免职", actor=founder, at=at)
    with pytest.raises(InvitationProblem, match="无权"):
        inviting.accept_as_new(token=token_of(link), username="x", password="y", at=at)
    assert not User.objects.filter(username="x").exists()


def test_an_enterprise_invites_its_own(cast, login):
    client = login("enterprise_admin")
    page = client.get("/directory/invitations/new/").content.decode()
    assert "经办人" not in page
    link = invite(client, organisation="甲精密机械有限公司", role="enterprise_liaison")
    Client().post(link, NEW)
    made = Membership.objects.unscoped("test").get(user__username="xinren")
    assert (made.organisation, made.role) == (cast.jia, "enterprise_liaison")
    page = client.get("/directory/people/own/").content.decode()
    assert "xinren" in page
    client.post("/directory/people/own/", {"membership": made.pk, "reason": "离职"})
    made.refresh_from_db()
    assert made.ended_at is not None
    for change in ({"organisation": "乙生物医药股份有限公司"}, {"role": "enterprise_admin"}, {"role": "officer"}):
        answer = client.post(
            "/directory/invitations/new/",
            {**OFFER, "organisation": "甲精密机械有限公司", "role": "enterprise_liaison", **change},
        )
        assert answer.context["form"].errors


def test_the_liaison_of_an_enterprise_sees_only_the_enterprise(cast, login, at):
    user = User.objects.create_user(username="liaison", password="Correct-Horse-9", name="联络员")
    grant(user=user, organisation=cast.jia, role="enterprise_liaison", actor=cast.actor("enterprise_admin"), at=at)
    client = Client()
    client.force_login(user)
    assert client.get("/desk/").status_code == 200
    assert client.get("/directory/enterprises/").status_code == 403
    assert client.get(f"/directory/organisations/{cast.east_bureau.pk}/").status_code == 404


def test_outsider_gets_404(cast, login, at):
    theirs, _ = offer(cast, at, who=system_actor("测试"), organisation=cast.province_bureau)
    client = login("security_admin")
    assert client.post(f"/directory/invitations/{theirs.pk}/revoke/").status_code == 404
    assert "江省市场监管局" not in client.get("/directory/invitations/").content.decode()
    own, _ = offer(cast, at)
    assert login("enterprise_admin").post(f"/directory/invitations/{own.pk}/revoke/").status_code == 404


def test_it_rejects_outside_and_twice(cast, at):
    with pytest.raises(Refused):
        offer(cast, at, organisation=cast.province_bureau)
    with pytest.raises(Refused):
        offer(cast, at, who="enterprise_admin", organisation=cast.yi, role="enterprise_liaison")
    with pytest.raises(MembershipProblem):
        offer(cast, at, organisation=cast.jia, role="officer")
    offer(cast, at)
    with pytest.raises(InvitationProblem, match="未使用的邀请"):
        offer(cast, at)


@pytest.mark.django_db(transaction=True)
def test_the_link_goes_by_mail_where_mail_is_set_up(cast, login, settings):
    settings.MIDUN_EMAIL_NOTICES = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    link = invite(login("security_admin"))
    mailing.wait()
    assert mail.outbox[0].to == ["new@example.cn"]
    assert link in mail.outbox[0].body


def test_the_list_says_what_became_of_each(cast, login, at):
    client = login("security_admin")
    Client().post(invite(client), NEW)
    offer(cast, timezone.now() - timedelta(days=8), name="过期人")
    invite(client, name="待接受人")
    page = client.get("/directory/invitations/").content.decode()
    for state in ("已接受", "已过期", "待接受"):
        assert state in page
