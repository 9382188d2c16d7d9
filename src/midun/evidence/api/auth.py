"""Who calls: the token of a program, looked up once and believed for five seconds."""

import math
import time
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from midun.evidence.api.bodies import Bad
from midun.evidence.models import Project, Token
from midun.evidence.services.tokens import PREFIX, digest_of

BELIEVED = 5.0
_KEPT = 20_000
_SCHEME = "Bearer "
_USED_EVERY = 60.0


@dataclass(slots=True)
class Caller:
    """A program of a tenant. `token` is 0 for a person of the enterprise, at a page."""

    tenant: int
    enterprise: int | None
    token: int
    may_deposit: bool
    expires_at: float = 0.0
    revoked: bool = False


def secret_in(header: str) -> str:
    """The token of an Authorization header. Raises `Bad` (401)."""
    secret = header.removeprefix(_SCHEME).strip()
    if not header.startswith(_SCHEME) or not secret.startswith(PREFIX) or not secret.isascii():
        raise unknown()
    return secret


def unknown() -> Bad:
    """No token, or one that never was."""
    return Bad(HTTPStatus.UNAUTHORIZED, "unauthorized", "缺少或不认识的令牌，请在“接口令牌”页签发后以 Bearer 方式提交")


def look_up(digest: str) -> Caller | None:
    """The caller of a token, from the database."""
    tokens = Token.objects.unscoped("a program shows its token").select_related("tenant")
    token = tokens.filter(digest=digest).first()
    if token is None:
        return None
    return Caller(
        token.tenant_id,
        token.tenant.enterprise_id,
        token.pk,
        token.scope == Token.Scope.DEPOSIT,
        token.expires_at.timestamp(),
        token.revoked_at is not None,
    )


def check(caller: Caller | None, *, now: float, deposits: bool) -> Caller:
    """The caller, if the token may do this now. Raises `Bad`: 401 unknown or expired, 403 revoked or without right."""
    if caller is None:
        raise unknown()
    if caller.revoked:
        raise Bad(HTTPStatus.FORBIDDEN, "revoked", "该令牌已撤销")
    if caller.token and now >= caller.expires_at:
        raise Bad(HTTPStatus.UNAUTHORIZED, "expired", "该令牌已过期，请签发新的令牌")
    if deposits and not caller.may_deposit:
        raise Bad(HTTPStatus.FORBIDDEN, "scope", "该令牌只能查询，不能存证")
    return caller


def authenticated(header: str, *, at: datetime, deposits: bool) -> Caller:
    """The caller of a request, straight from the database. Raises `Bad`."""
    return check(look_up(digest_of(secret_in(header))), now=at.timestamp(), deposits=deposits)


class Cache:
    """What was looked up lately, also that there is no such token; bounded, for one event loop."""

    def __init__(self) -> None:
        self._callers: dict[str, tuple[float, Caller | None]] = {}
        self._projects: dict[tuple[int, UUID], tuple[float, int]] = {}
        self._used: dict[int, float] = {}

    def known(self, header: str) -> tuple[bool, Caller | None]:
        """Whether the header was looked up within five seconds, and what was found."""
        since, caller = self.found(header)
        return time.monotonic() - since <= BELIEVED, caller

    def found(self, header: str) -> tuple[float, Caller | None]:
        """When the header was looked up last (monotonic seconds), and what was found then."""
        return self._callers.get(header, (-math.inf, None))

    def keep(self, header: str, caller: Caller | None) -> None:
        """Believe it for five seconds."""
        if len(self._callers) >= _KEPT:
            self._callers.clear()
        self._callers[header] = (time.monotonic(), caller)

    def first_use(self, token: int) -> bool:
        """Whether the token's use is worth noting: at most once a minute."""
        now = time.monotonic()
        if now - self._used.get(token, -_USED_EVERY) < _USED_EVERY:
            return False
        self._used[token] = now
        return True


def projects_named(enterprise: int | None, ids: set[UUID]) -> dict[UUID, int]:
    """Primary keys of projects of an enterprise. Raises `Bad` (422) if one is not there: others' look the same."""
    if not ids:
        return {}
    rows = Project.objects.unscoped("a program of the enterprise names them").filter(
        enterprise_id=enterprise, uuid__in=ids
    )
    found = dict(rows.values_list("uuid", "pk"))
    if len(found) != len(ids):
        raise Bad(HTTPStatus.UNPROCESSABLE_ENTITY, "no_project", "没有这个研发过程，请核对编号")
    return found
