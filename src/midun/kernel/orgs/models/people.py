"""Users, the memberships in which they act, invitations and the history of logins."""

from datetime import datetime
from typing import Self

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower

from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import ADMIN_ROLES, Permission, Role
from midun.kernel.orgs.models.base import Scoped
from midun.kernel.orgs.models.organisations import Organisation
from midun.kernel.orgs.scoping import NOBODY, ScopedQuerySet


class User(AbstractUser):
    """A person. What they may do comes from memberships, never from Django's groups or staff flag."""

    name = models.CharField("姓名", max_length=40)
    phone = models.CharField("手机", max_length=30, blank=True)
    title = models.CharField("职务", max_length=40, blank=True)

    class Meta:
        verbose_name = "用户"
        verbose_name_plural = "用户"
        constraints = (models.UniqueConstraint(Lower("username"), name="username_once_in_any_case"),)

    def __str__(self) -> str:
        return self.name or self.username


class MembershipQuerySet(ScopedQuerySet):
    """Who sees which memberships."""

    @classmethod
    def scope_for(cls, actor: Actor) -> Q:
        """Administrators see those in their subtree; an enterprise administrator those of the enterprise; else own."""
        if actor.may(Permission.MANAGE_USERS) or actor.may(Permission.GRANT_ROLES) or actor.may(Permission.READ_LOGINS):
            return Q(organisation__jurisdiction__path__startswith=actor.path)
        if actor.may(Permission.MANAGE_OWN_PEOPLE):
            return Q(organisation_id=actor.organisation_id)
        return Q(user_id=actor.user_id) if actor.user_id else NOBODY

    def current(self) -> Self:
        """Neither ended, nor of a disabled user, nor in a closed organisation."""
        return self.filter(ended_at__isnull=True, user__is_active=True, organisation__closed_on__isnull=True)


class Membership(Scoped):
    """A user in a role in an organisation, from a day, until it is ended."""

    user = models.ForeignKey(User, on_delete=models.RESTRICT, related_name="memberships", verbose_name="用户")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.RESTRICT, related_name="memberships", verbose_name="单位"
    )
    role = models.CharField("角色", max_length=32, choices=[(r.value, r.label) for r in Role if r != Role.VISITOR])
    granted_at = models.DateTimeField("授予时间")
    ended_at = models.DateTimeField("终止时间", null=True, blank=True)

    objects = MembershipQuerySet.guarded()
    reachable = MembershipQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "身份"
        verbose_name_plural = "身份"
        constraints = (
            models.UniqueConstraint(
                fields=("user", "organisation", "role"),
                condition=Q(ended_at__isnull=True),
                name="membership_once",
            ),
            models.UniqueConstraint(
                fields=("user",),
                condition=Q(ended_at__isnull=True, role__in=sorted(ADMIN_ROLES)),
                name="one_administrators_role",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=models.F("granted_at")),
                name="membership_ended_after_granted",
            ),
        )

    def __str__(self) -> str:
        return f"{self.organisation.label} · {self.get_role_display()}"

    def actor(self) -> Actor:
        """The actor a request acts as in this membership (needs user and organisation__jurisdiction loaded)."""
        node = self.organisation.jurisdiction
        return Actor(
            user_id=self.user_id,
            user_name=str(self.user),
            membership_id=self.pk,
            role=Role(self.role),
            organisation_id=self.organisation_id,
            organisation_name=self.organisation.name,
            path=node.path,
            level=node.level,
        )


class InvitationQuerySet(ScopedQuerySet):
    """Who sees which invitations."""

    @classmethod
    def scope_for(cls, actor: Actor) -> Q:
        """Those who may invite see the invitations in their reach."""
        if actor.may(Permission.GRANT_ROLES):
            return Q(organisation__jurisdiction__path__startswith=actor.path)
        if actor.may(Permission.MANAGE_OWN_PEOPLE):
            return Q(organisation_id=actor.organisation_id)
        return NOBODY

    def open(self, at: datetime) -> Self:
        """Neither accepted nor revoked nor expired."""
        return self.filter(accepted_at__isnull=True, revoked_at__isnull=True, expires_at__gt=at)


class Invitation(Scoped):
    """An offer of a membership to a named person. The token is shown once; only its digest is stored."""

    name = models.CharField("姓名", max_length=40)
    email = models.EmailField("电子邮箱", blank=True)
    phone = models.CharField("手机", max_length=30, blank=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+", verbose_name="单位")
    role = models.CharField("角色", max_length=32, choices=[(r.value, r.label) for r in Role if r != Role.VISITOR])
    token_digest = models.CharField("令牌摘要", max_length=64, unique=True)
    invited_by = models.ForeignKey(User, on_delete=models.RESTRICT, null=True, related_name="+", verbose_name="邀请人")
    invited_at = models.DateTimeField("邀请时间")
    expires_at = models.DateTimeField("有效期至")
    accepted_at = models.DateTimeField("接受时间", null=True, blank=True)
    accepted_by = models.ForeignKey(
        User, on_delete=models.RESTRICT, null=True, blank=True, related_name="+", verbose_name="接受人"
    )
    revoked_at = models.DateTimeField("撤回时间", null=True, blank=True)

    objects = InvitationQuerySet.guarded()
    reachable = InvitationQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "邀请"
        verbose_name_plural = "邀请"
        ordering = ("-invited_at",)
        constraints = (
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True) | Q(accepted_by__isnull=False, revoked_at__isnull=True),
                name="invitation_accepted_by_someone",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} → {self.organisation}"


class LoginRecordQuerySet(ScopedQuerySet):
    """Who sees which logins."""

    @classmethod
    def scope_for(cls, actor: Actor) -> Q:
        """The auditor sees those of the people of the subtree, everybody their own.

        Attempts under names that nobody has belong to the topmost auditors: no auditor stands above them.
        """
        if actor.may(Permission.READ_LOGINS):
            theirs = Membership.objects.unscoped("people of the auditor's subtree").filter(
                user_id=OuterRef("user_id"), organisation__jurisdiction__path__startswith=actor.path
            )
            return Q(Exists(theirs)) | Q(user__isnull=True) & ~Q(Exists(auditors_above(actor)))
        return Q(user_id=actor.user_id) if actor.user_id else NOBODY


def auditors_above(actor: Actor) -> MembershipQuerySet:
    """Current auditors at nodes strictly above the actor's: what belongs to nobody in particular is theirs."""
    above = [actor.path[: i + 1] for i, c in enumerate(actor.path) if c == "."][:-1]
    found: MembershipQuerySet = Membership.objects.unscoped("who stands above").current()
    return found.filter(role=Role.AUDITOR, organisation__jurisdiction__path__in=above)


class LoginRecord(Scoped):
    """One attempt to log in, kept for the person, the auditor and the lock-out.

    `user` is whoever has the name, whether or not the attempt succeeded; `device` names the browser that had logged
    in under the name before, empty for an unknown one.
    """

    class Outcome(models.TextChoices):
        """How the attempt ended."""

        SUCCESS = "success", "成功"
        FAILURE = "failure", "密码错误"
        CODE_FAILURE = "code_failure", "验证码错误"
        LOCKED = "locked", "锁定中"
        DISABLED = "disabled", "账号已停用"
        UNLOCK = "unlock", "解除锁定"

    user = models.ForeignKey(User, on_delete=models.RESTRICT, null=True, related_name="+", verbose_name="用户")
    username = models.CharField("登录名", max_length=150, db_index=True)
    at = models.DateTimeField("时间", db_index=True)
    outcome = models.CharField("结果", max_length=12, choices=Outcome)
    ip = models.GenericIPAddressField("网络地址", null=True, db_index=True)
    agent = models.CharField("终端", max_length=200, blank=True)
    device = models.CharField("常用设备", max_length=32, blank=True)

    objects = LoginRecordQuerySet.guarded()
    reachable = LoginRecordQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "登录记录"
        verbose_name_plural = "登录记录"
        ordering = ("-at", "-pk")

    def __str__(self) -> str:
        return f"{self.username} {self.get_outcome_display()} {self.at:%F %T}"
