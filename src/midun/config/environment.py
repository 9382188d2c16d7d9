"""Configuration by environment: every value is read here, and all that is missing is said at once."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit


class ConfigurationError(Exception):
    """The environment lacks or misstates values; `str()` lists all of them with what to do."""


@dataclass(frozen=True)
class Environment:
    """The settings that differ from one installation to the next."""

    home: Path
    production: bool
    secret_key: str
    hosts: list[str]
    base_url: str
    database: dict[str, object]
    email: dict[str, object]
    trusted_proxy: bool
    site: dict[str, str]


_SECRET = 50
SITE_KEYS = {
    "organiser": "MIDUN_SITE_ORGANISER",
    "contact": "MIDUN_SITE_CONTACT",
    "phone": "MIDUN_SITE_PHONE",
    "icp": "MIDUN_SITE_ICP",
    "police": "MIDUN_SITE_POLICE",
    "code": "MIDUN_SITE_CODE",
}
"""What a government site must state in its footer (政府网站发展指引), by environment name."""


def read(environ: Mapping[str, str]) -> Environment:
    """Read the environment. Raises `ConfigurationError` with every problem in one text."""
    problems: list[str] = []
    home = Path(environ.get("MIDUN_HOME", "var")).resolve()
    production = environ.get("MIDUN_ENV", "development") == "production"

    def needed(name: str, what: str, default: str) -> str:
        value = environ.get(name, "")
        if not value and production:
            problems.append(f"  {name}：未设置。{what}")
        return value or default

    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        problems.append(f"  MIDUN_HOME={home}：无法创建数据目录（{error.strerror}）")
    secret = environ.get("MIDUN_SECRET_KEY", "")
    if production and len(secret) < _SECRET:
        problems.append("  MIDUN_SECRET_KEY：未设置或不足 50 个字符。可用 `midun secret` 生成一个并妥善保存")
    secret = secret or (_kept_secret(home) if not problems else "")
    port = environ.get("PORT", "8000")
    hosts = needed("MIDUN_HOSTS", "填写对外域名，多个用逗号分隔，如 midun.example.gov.cn", "localhost,127.0.0.1,[::1]")
    base = needed("MIDUN_BASE_URL", "填写对外地址，如 https://midun.example.gov.cn", f"http://127.0.0.1:{port}")
    if production and not base.startswith("https://"):
        problems.append(f"  MIDUN_BASE_URL={base}：正式环境必须是 https:// 开头的地址")
    url = needed("MIDUN_DATABASE_URL", "如 postgresql://midun:口令@主机/midun", f"sqlite:///{home / 'midun.sqlite3'}")
    try:
        database = database_from(url)
    except ConfigurationError as error:
        problems.append(f"  MIDUN_DATABASE_URL：{error}")
        database = {}
    try:
        email = email_from(environ.get("MIDUN_EMAIL_URL", ""))
    except ConfigurationError as error:
        problems.append(f"  MIDUN_EMAIL_URL：{error}")
        email = {}
    if problems:
        raise ConfigurationError("配置有误，服务没有启动：\n" + "\n".join(problems) + "\n说明见 docs/operations.md。")
    site = {key: environ.get(name, "") for key, name in SITE_KEYS.items()}
    return Environment(
        home=home,
        production=production,
        secret_key=secret,
        hosts=[h.strip() for h in hosts.split(",") if h.strip()],
        base_url=base.rstrip("/"),
        database=database,
        email=email,
        trusted_proxy=environ.get("MIDUN_BEHIND_PROXY", "") == "1",
        site=site,
    )


def _kept_secret(home: Path) -> str:
    path = home / "secret.key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(64))
    return path.read_text()


def database_from(url: str) -> dict[str, object]:
    """Django's DATABASES entry for an address. Raises `ConfigurationError`."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        init = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=20000; PRAGMA foreign_keys=ON"
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": unquote(parts.path),
            "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": init},
        }
    if parts.scheme in ("postgresql", "postgres"):
        options: dict[str, object] = dict(parse_qsl(parts.query))
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": str(options.pop("host", parts.hostname or "")),
            "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": options,
        }
    raise ConfigurationError(f"不认识的数据库地址 {parts.scheme or '（空）'}://，支持 sqlite:/// 和 postgresql://")


def email_from(url: str) -> dict[str, object]:
    """Django's e-mail settings for `smtp://user:password@host:port?from=…&tls=1`; empty means no e-mail."""
    if not url:
        return {}
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ConfigurationError("应形如 smtps://用户:口令@主机:465?from=noreply@example.gov.cn")
    query = dict(parse_qsl(parts.query))
    return {
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or (465 if parts.scheme == "smtps" else 25),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": query.get("tls") == "1",
        "DEFAULT_FROM_EMAIL": query.get("from", unquote(parts.username or "")),
    }
