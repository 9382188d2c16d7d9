"""Tenants and their tokens: made, revoked, looked up."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from midun.evidence.models import Tenant, Token
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import OrganisationKind, Permission
from midun.kernel.orgs.models import Organisation
from midun.kernel.orgs.services import NotPossible, Refused, require
from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb

PREFIX = "mdt_"
LONGEST = timedelta(days=366)
MOST = 50
_HINT = 10
_ENTROPY = 32


class TokenProblem(NotPossible):
    """The token cannot be made or revoked."""


@dataclass(frozen=True)
class Issued:
    """A new token: `secret` is shown once and kept nowhere."""

    token: Token
    secret: str


def digest_of(secret: str) -> str:
    """What is stored of a token. It has 256 random bits, so a plain hash cannot be guessed back."""
    return hashlib.sha256(secret.encode()).hexdigest()


def tenant_of(enterprise: Organisation) -> Tenant:
    """The tenant that an enterprise is; made at its first deposit or token. Raises `TokenProblem` for another kind."""
    if enterprise.kind != OrganisationKind.ENTERPRISE:
        raise TokenProblem("只有企业可以存证")
    tenants = Tenant.objects.unscoped("an enterprise's own tenant")
    return tenants.get_or_create(enterprise=enterprise)[0]  # type: ignore[no-any-return]  # managers are built at run time


def platform_tenant() -> Tenant:
    """The tenant that the platform itself is."""
    tenants = Tenant.objects.unscoped("the platform's own tenant")
    return tenants.get_or_create(enterprise=None)[0]  # type: ignore[no-any-return]  # same


@transaction.atomic
def issue_token(
    *, enterprise: Organisation, name: str, scope: Token.Scope, days: int, actor: Actor, at: datetime
) -> Issued:
    """Make a token of an enterprise for `days` days (1 to 366).

    Raises `Refused` for people of another enterprise, `TokenProblem`.
    """
    _require_own(actor, enterprise.pk)
    lifetime = timedelta(days=days)
    if not timedelta(days=1) <= lifetime <= LONGEST:
        raise TokenProblem("有效期应为 1—366 天")
    if not name.strip():
        raise TokenProblem("请填写令牌的用途，便于日后辨认")
    tenant = tenant_of(enterprise)
    living = Token.objects.unscoped("how many there are").filter(
        tenant=tenant, revoked_at__isnull=True, expires_at__gt=at
    )
    if living.count() >= MOST:
        raise TokenProblem(f"有效令牌已达 {MOST} 个，请先撤销不再使用的令牌")
    secret = PREFIX + secrets.token_urlsafe(_ENTROPY)
    token: Token = Token.objects.create(
        tenant=tenant,
        name=name.strip()[:60],
        digest=digest_of(secret),
        hint=secret[:_HINT],
        scope=scope,
        created_at=at,
        created_by_id=actor.user_id,
        expires_at=at + lifetime,
    )
    record(
        actor=actor,
        verb=Verb.TOKEN_ISSUED,
        target=token,
        at=at,
        after={"name": token.name, "scope": token.scope, "expires_at": str(token.expires_at)},
    )
    return Issued(token, secret)


@transaction.atomic
def revoke_token(token: Token, *, actor: Actor, at: datetime) -> None:
    """Revoke a token at once; ingest processes notice within five seconds. Raises `TokenProblem` the second time."""
    now = Token.objects.unscoped("lock").select_for_update(of=("self",)).select_related("tenant").get(pk=token.pk)
    _require_own(actor, now.tenant.enterprise_id)
    if now.revoked_at is not None:
        raise TokenProblem("该令牌已撤销")
    now.revoked_at = at
    now.save(update_fields=["revoked_at"])
    record(actor=actor, verb=Verb.TOKEN_REVOKED, target=now, at=at)


def _require_own(actor: Actor, enterprise: int | None) -> None:
    require(actor, Permission.MANAGE_TOKENS)
    if actor.user_id is not None and actor.organisation_id != enterprise:
        raise Refused("只能管理本企业的接口令牌")
