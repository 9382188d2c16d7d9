"""The two addresses an operator gives as URLs: of the database and of the mail server."""

from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

_SMTPS, _SMTP = 465, 25
_SQLITE = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=20000; PRAGMA foreign_keys=ON;"
    "PRAGMA journal_size_limit=67108864"
)


class BadAddress(Exception):
    """The address cannot be used; `str()` says what it should look like."""


def database_from(url: str, *, home: Path) -> dict[str, object]:
    """Django's DATABASES entry. Empty means SQLite in `home`; relative SQLite paths count from there.

    Raises `BadAddress`.
    """
    if not url:
        return _sqlite(home / "midun.sqlite3")
    parts = _split(url)
    if parts.scheme == "sqlite":
        # As everywhere: three slashes before a relative path, four before an absolute one.
        path = unquote(parts.path[1:])
        if parts.netloc or not path:
            raise BadAddress("SQLite 的地址应形如 sqlite:////数据目录/midun.sqlite3")
        return _sqlite(home / path)
    if parts.scheme not in ("postgresql", "postgres"):
        raise BadAddress(f"不认识的数据库地址 {parts.scheme or '（空）'}://，支持 sqlite:/// 和 postgresql://")
    name = unquote(parts.path.lstrip("/"))
    if not name or "/" in name:
        raise BadAddress("应形如 postgresql://用户:口令@主机:5432/数据库名；口令中的特殊字符请用百分号编码")
    options: dict[str, object] = dict(parse_qsl(parts.query))
    host = options.pop("host", None) or parts.hostname or ""
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": str(host),
        "PORT": str(_port(parts) or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 10, "application_name": "midun", **options},
    }


def _sqlite(path: Path) -> dict[str, object]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": _SQLITE},
    }


def email_from(url: str) -> dict[str, object]:
    """Django's e-mail settings for `smtp://user:password@host:port?from=…&tls=1`; empty means no e-mail.

    Raises `BadAddress`.
    """
    if not url:
        return {}
    parts = _split(url)
    port = _port(parts) or (_SMTPS if parts.scheme == "smtps" else _SMTP)
    query = dict(parse_qsl(parts.query))
    sender = query.get("from", unquote(parts.username or ""))
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or "@" not in sender:
        raise BadAddress("应形如 smtps://用户:口令@主机:465?from=noreply@example.gov.cn")
    return {
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port,
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": query.get("tls") == "1",
        "EMAIL_TIMEOUT": 20,
        "DEFAULT_FROM_EMAIL": sender,
    }


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError as error:
        raise BadAddress("地址无法解析，口令中的特殊字符请用百分号编码") from error


def _port(parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError as error:
        raise BadAddress("端口应为 1—65535 的整数；口令中的特殊字符请用百分号编码") from error
