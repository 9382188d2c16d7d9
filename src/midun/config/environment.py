"""Configuration by environment: every value is read here, and all that is missing or wrong is said at once."""

import ipaddress
import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from midun.config.addresses import BadAddress, database_from, email_from

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


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
    proxies: list[Network]
    site: dict[str, str]
    log_origin: str


_SECRET, _VARIED = 50, 5
_HOST = re.compile(r"\.?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\]")
_LAST_PORT = 65535
_ORIGIN = re.compile(r"[a-z0-9][a-z0-9.-]*(?::[0-9]+)?(?:/[a-z0-9][a-z0-9._-]*)*|[0-9a-f:]+/log")
SITE_KEYS = {
    "organiser": "MIDUN_SITE_ORGANISER",
    "contact": "MIDUN_SITE_CONTACT",
    "phone": "MIDUN_SITE_PHONE",
    "icp": "MIDUN_SITE_ICP",
    "police": "MIDUN_SITE_POLICE",
    "code": "MIDUN_SITE_CODE",
}
"""What a government site must state in its footer (政府网站发展指引), by environment name."""

NAMES = frozenset(
    {
        "MIDUN_ENV",
        "MIDUN_HOME",
        "MIDUN_SECRET_KEY",
        "MIDUN_HOSTS",
        "MIDUN_BASE_URL",
        "MIDUN_DATABASE_URL",
        "MIDUN_EMAIL_URL",
        "MIDUN_PROXIES",
        "MIDUN_LOG_ORIGIN",
        *SITE_KEYS.values(),
    }
)
"""Every name that is read here. In production another name beginning with MIDUN_ is taken for a misspelt one."""


def read(environ: Mapping[str, str]) -> Environment:
    """Read the environment. Raises `ConfigurationError` with every problem in one text."""
    reader = _Reader(environ)
    found = reader.everything()
    if reader.problems:
        lines = "\n".join(f"  {problem}" for problem in reader.problems)
        raise ConfigurationError(f"配置有误，服务没有启动：\n{lines}\n说明见 docs/operations.md。")
    return found


class _Reader:
    """Reads value by value and goes on after a bad one, so that the operator sees all problems together."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.problems: list[str] = []
        self.production = environ.get("MIDUN_ENV", "") == "production"

    def everything(self) -> Environment:
        self._mode()
        home = self._home()
        hosts = self._hosts()
        base_url = self._base_url(hosts)
        return Environment(
            home=home,
            production=self.production,
            secret_key=self._secret(home),
            hosts=hosts or ["localhost", "127.0.0.1", "[::1]"],
            base_url=base_url,
            database=self._database(home),
            email=self._email(),
            proxies=self._proxies(),
            site={key: self.environ.get(name, "").strip() for key, name in SITE_KEYS.items()},
            log_origin=self._log_origin(base_url),
        )

    def _problem(self, name: str, text: str) -> None:
        self.problems.append(f"{name}：{text}")

    def _needed(self, name: str, what: str, default: str) -> str:
        value = self.environ.get(name, "").strip()
        if not value and self.production:
            self._problem(name, f"未设置。{what}")
        return value or default

    def _mode(self) -> None:
        mode = self.environ.get("MIDUN_ENV", "")
        if mode not in ("", "development", "production"):
            self._problem("MIDUN_ENV", f"“{mode}”无效，正式环境填 production，试用不填")
        for name in sorted(self.environ):
            if self.production and name.startswith("MIDUN_") and name not in NAMES:
                self._problem(name, "没有这个配置项，请核对拼写")

    def _home(self) -> Path:
        home = Path(self.environ.get("MIDUN_HOME", "") or "var").resolve()
        try:
            home.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=home):
                pass
        except PermissionError:
            self._problem(f"MIDUN_HOME={home}", "没有写入权限，请把目录的属主改为运行服务的用户")
        except OSError as error:
            self._problem(f"MIDUN_HOME={home}", f"无法创建数据目录或写入（{error.strerror}）")
        return home

    def _secret(self, home: Path) -> str:
        secret = self.environ.get("MIDUN_SECRET_KEY", "")
        if self.production and (len(secret) < _SECRET or len(set(secret)) < _VARIED):
            what = "未设置" if not secret else "不足 50 个字符" if len(secret) < _SECRET else "过于简单"
            self._problem("MIDUN_SECRET_KEY", f"{what}。用 midun secret 生成一个并妥善保存")
        return secret or ("" if self.production or self.problems else kept_secret(home))

    def _hosts(self) -> list[str]:
        text = self._needed("MIDUN_HOSTS", "填写对外域名，多个用逗号分隔，如 midun.example.gov.cn", "")
        hosts = [host.strip() for host in text.split(",") if host.strip()]
        wrong = [host for host in hosts if not _HOST.fullmatch(host)]
        for host in wrong:
            self._problem("MIDUN_HOSTS", f"“{host}”不是域名（不带 http://、端口和 *）")
        return [] if wrong else hosts

    def _base_url(self, hosts: list[str]) -> str:
        port = self.environ.get("PORT", "") or "8000"
        if not port.isdigit() or not 0 < int(port) <= _LAST_PORT:
            self._problem(f"PORT={port}", "端口应为 1—65535 的整数")
        example = "https://midun.example.gov.cn"
        base = self._needed("MIDUN_BASE_URL", f"填写对外地址，如 {example}", f"http://127.0.0.1:{port}").rstrip("/")
        parts = urlsplit(base)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query:
            self._problem(f"MIDUN_BASE_URL={base}", f"应形如 {example}，不带路径")
        elif not self.production or not self.environ.get("MIDUN_BASE_URL"):
            return base
        elif parts.scheme != "https":
            self._problem(f"MIDUN_BASE_URL={base}", "正式环境必须是 https:// 开头的地址")
        elif hosts and not _stands_in(parts.hostname, hosts):
            self._problem(f"MIDUN_BASE_URL={base}", f"其中的域名 {parts.hostname} 不在 MIDUN_HOSTS 中")
        return base

    def _database(self, home: Path) -> dict[str, object]:
        url = self._needed("MIDUN_DATABASE_URL", "如 postgresql://midun:口令@主机/midun", "")
        try:
            return database_from(url, home=home)
        except BadAddress as bad:
            self._problem("MIDUN_DATABASE_URL", str(bad))
            return {}

    def _email(self) -> dict[str, object]:
        try:
            return email_from(self.environ.get("MIDUN_EMAIL_URL", ""))
        except BadAddress as bad:
            self._problem("MIDUN_EMAIL_URL", str(bad))
            return {}

    def _log_origin(self, base_url: str) -> str:
        """The name of the evidence log: it stands in every receipt for ever, so it is no address with a port."""
        origin = self.environ.get("MIDUN_LOG_ORIGIN", "").strip() or f"{urlsplit(base_url).hostname or 'localhost'}/log"
        if not _ORIGIN.fullmatch(origin):
            self._problem("MIDUN_LOG_ORIGIN", f"“{origin}”无效，应形如 midun.example.gov.cn/log（小写，不带 https://）")
        return origin

    def _proxies(self) -> list[Network]:
        # Without a trusted proxy nothing can say that a request came by TLS, and every page would redirect for ever.
        what = "填写终止 TLS 的反向代理的地址，多个用逗号分隔，如 127.0.0.1,10.0.0.0/24"
        found = []
        for text in self._needed("MIDUN_PROXIES", what, "").split(","):
            try:
                found += [ipaddress.ip_network(text.strip(), strict=False)] if text.strip() else []
            except ValueError:
                self._problem("MIDUN_PROXIES", f"“{text.strip()}”不是网络地址")
        return found


def _stands_in(host: str, hosts: list[str]) -> bool:
    return any(host == h.strip("[]") or (h.startswith(".") and f".{host}".endswith(h)) for h in hosts)


def new_secret() -> str:
    """A fresh key for MIDUN_SECRET_KEY."""
    return secrets.token_urlsafe(64)


def kept_secret(home: Path) -> str:
    """The key of a trial installation: made at the first start, whole or not at all, whoever starts first.

    It lies with the other keys, so that links it has signed still open after a restore.
    """
    path = home / "keys" / "secret.key"
    if not path.exists():
        path.parent.mkdir(mode=0o700, exist_ok=True)
        draft = path.with_name(f".secret.{os.getpid()}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(new_secret())
        try:
            # A link, unlike a rename, leaves the key of a process that was faster.
            path.hardlink_to(draft)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()
