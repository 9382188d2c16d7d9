"""Which witnesses and time-stamp authorities are asked: `MIDUN_HOME/keys/anchors.yaml` (docs/formats/anchors.md).

A file and not a table: it names key files and passwords that belong to the operator, and a database that fell into the
wrong hands must not be able to change whom the log's proofs rest on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

from midun.anchoring.http import Credentials
from midun.lib.timestamp.certificate import Certificate
from midun.lib.timestamp.errors import Refused as TimestampRefused
from midun.lib.timestamp.pem import certificates_from_pem
from midun.lib.tlog.errors import Refused
from midun.lib.tlog.keys import Verifier
from midun.lib.tlog.policy import Policy, parse_policy

FILE = "keys/anchors.yaml"
"""Among the keys, so that a backup has it with the files it names."""
LOCAL = "local"
"""Address of a witness or authority of this installation itself, for development and demonstration."""
ROLES = {"witness": "见证方", "notary": "公证机构", "court": "法院", "office": "行政机关"}
_MOST = 16
_NAME = 60


class AnchorsProblem(Exception):
    """The file is wrong; `str()` says where and what to do."""


@dataclass(frozen=True)
class Witness:
    """A witness: `name` in the policy, `title` for people, its keys, its submission address ("" if it has none)."""

    name: str
    title: str
    role: str
    keys: tuple[Verifier, ...]
    url: str

    @property
    def development(self) -> bool:
        """Whether it runs in this very installation and so witnesses nothing independently."""
        return self.url == LOCAL

    @property
    def role_title(self) -> str:
        """The role in words."""
        return ROLES[self.role]


@dataclass(frozen=True)
class Authority:
    """A time-stamp authority: whom to ask how, what to believe, and at most how often (seconds between requests)."""

    name: str
    title: str
    url: str
    digest: str
    every: int
    kind: str = "p-256"
    roots: tuple[Certificate, ...] = ()
    more: tuple[Certificate, ...] = ()
    policies: tuple[str, ...] = ()
    policy: str = ""
    credentials: Credentials = field(default_factory=Credentials, repr=False)
    ca: str = ""

    @property
    def development(self) -> bool:
        """Whether its tokens are no legal time."""
        return self.url == LOCAL


@dataclass(frozen=True)
class Anchors:
    """The whole configuration. `quorum` is how many witnesses must have cosigned; `stamps` how many authorities.

    `retired` says from when on an algorithm (short name as in `Stamp.algorithms`) is not to be relied on.
    """

    witnesses: tuple[Witness, ...] = ()
    quorum: int = 0
    authorities: tuple[Authority, ...] = ()
    stamps: int = 1
    retired: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def development(self) -> bool:
        """Whether any of it is this installation itself."""
        return any(one.development for one in self.witnesses) or any(one.development for one in self.authorities)

    def policy_text(self, log_keys: Sequence[Verifier]) -> str:
        """The C2SP policy that says when a checkpoint of this log is witnessed enough."""
        lines = [f"log {key.vkey}" for key in log_keys]
        for witness in self.witnesses:
            address = f" {witness.url}" if witness.url.startswith("http") else ""
            many = len(witness.keys) > 1
            names = [f"{witness.name}-{number}" if many else witness.name for number in range(1, len(witness.keys) + 1)]
            lines += [f"# {witness.title}（{witness.role_title}）"]
            lines += [f"witness {name} {key.vkey}{address}" for name, key in zip(names, witness.keys, strict=True)]
            if many:
                lines.append(f"group {witness.name} any {' '.join(names)}")
        if self.witnesses and self.quorum:
            lines.append(f"group witnesses {self.quorum} {' '.join(witness.name for witness in self.witnesses)}")
            lines.append("quorum witnesses")
        else:
            lines.append("quorum none")
        return "\n".join(lines) + "\n"

    def policy(self, log_keys: Sequence[Verifier]) -> Policy:
        """`policy_text`, parsed."""
        return parse_policy(self.policy_text(log_keys).encode())


def anchors() -> Anchors:
    """The configuration as the file has it now; nothing at all where there is no file. Raises `AnchorsProblem`."""
    path = Path(settings.MIDUN_HOME) / FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Anchors()
    except (OSError, UnicodeDecodeError) as error:
        raise AnchorsProblem(f"不能读取 {FILE}：{error}") from error
    return _parsed(text, path.parent)


def parse(text: str, folder: Path) -> Anchors:
    """Read the text of the file; names of files in it are relative to `folder`. Raises `AnchorsProblem`."""
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise AnchorsProblem(f"{FILE} 不是有效的 YAML：{error}") from error
    top = _Node(FILE, {} if data is None else data, folder)
    witnesses = tuple(_witness(node) for node in top.nodes("witnesses"))
    authorities = tuple(_authority(node) for node in top.nodes("authorities"))
    quorum, stamps = top.number("quorum", len(witnesses)), top.number("stamps", 1)
    retired = {name: _day(top.place, name, day) for name, day in top.pairs("retired")}
    top.end()
    for named in (witnesses, authorities):
        names = [one.name for one in named]
        if len(set(names)) != len(names):
            raise AnchorsProblem(f"{FILE}：name 重复")
    if quorum > len(witnesses) or (witnesses and quorum < 1):
        raise AnchorsProblem(f"{FILE}：quorum 应为 1—{len(witnesses)}")
    if authorities and not 1 <= stamps <= len(authorities):
        raise AnchorsProblem(f"{FILE}：stamps 应为 1—{len(authorities)}")
    found = Anchors(witnesses, quorum, authorities, stamps, retired)
    try:
        found.policy(())
    except Refused as refused:
        raise AnchorsProblem(f"{FILE}：{refused.reason.sentence}（{refused.detail}）") from refused
    return found


_parsed = lru_cache(maxsize=4)(parse)
"""Receipts ask for every request; a changed password or certificate file counts from the next change of the text on."""


class _Node:
    """A mapping of the file; every key must be taken."""

    def __init__(self, place: str, data: Any, folder: Path) -> None:
        if not isinstance(data, Mapping):
            raise AnchorsProblem(f"{place} 应为“键: 值”的形式")
        self.place, self.folder, self._data = place, folder, dict(data)

    def text(self, key: str, default: str | None = None) -> str:
        value = self._data.pop(key, default)
        if value is None or not isinstance(value, str | int):
            raise AnchorsProblem(f"{self.place} 缺少 {key}" if value is None else f"{self.place}：{key} 应为文字")
        if any(character < " " for character in str(value).strip()):
            raise AnchorsProblem(f"{self.place}：{key} 应写在一行内")
        return str(value).strip()

    def number(self, key: str, default: int) -> int:
        value = self._data.pop(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise AnchorsProblem(f"{self.place}：{key} 应为整数")
        return value

    def texts(self, key: str) -> list[str]:
        value = self._data.pop(key, [])
        values = [value] if isinstance(value, str) else value
        if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
            raise AnchorsProblem(f"{self.place}：{key} 应为文字或文字列表")
        return values

    def nodes(self, key: str) -> list["_Node"]:
        value = self._data.pop(key, [])
        if not isinstance(value, list) or len(value) > _MOST:
            raise AnchorsProblem(f"{self.place}：{key} 应为列表，至多 {_MOST} 项")
        return [_Node(f"{key} 第 {number} 项", one, self.folder) for number, one in enumerate(value, 1)]

    def node(self, key: str) -> "_Node | None":
        value = self._data.pop(key, None)
        return None if value is None else _Node(f"{self.place}的 {key}", value, self.folder)

    def pairs(self, key: str) -> list[tuple[str, Any]]:
        value = self._data.pop(key, {})
        if not isinstance(value, Mapping):
            raise AnchorsProblem(f"{self.place}：{key} 应为“算法: 日期”")
        return [(str(name), one) for name, one in value.items()]

    def file(self, key: str) -> str:
        """The path of a file that exists, "" if none is named."""
        name = self.text(key, "")
        if not name:
            return ""
        path = self.folder / name
        if not path.is_file():
            raise AnchorsProblem(f"{self.place}：没有文件 {name}")
        return str(path)

    def end(self) -> None:
        if self._data:
            raise AnchorsProblem(f"{self.place}：不认识 {'、'.join(map(str, self._data))}")


def _day(place: str, name: str, day: Any) -> datetime:
    if not isinstance(day, date) or isinstance(day, datetime):
        raise AnchorsProblem(f"{place}：retired 的 {name} 应为日期，形如 2031-01-01")
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _name(node: _Node) -> str:
    name = node.text("name")
    plain = name.isascii() and name.replace("-", "").replace("_", "").isalnum()
    if not plain or len(name) > _NAME or name in ("none", "witnesses"):
        raise AnchorsProblem(f"{node.place}：name 只用字母、数字、- 和 _，且不能是 none 或 witnesses")
    return name


def _address(node: _Node) -> str:
    url = node.text("url", "")
    if url not in ("", LOCAL) and not url.startswith(("http://", "https://")):
        raise AnchorsProblem(f"{node.place}：url 应以 https:// 开头")
    return url


def _witness(node: _Node) -> Witness:
    name, role, url = _name(node), node.text("role", "witness"), _address(node)
    title = node.text("title", name)
    if role not in ROLES:
        raise AnchorsProblem(f"{node.place}：role 应为 {'、'.join(ROLES)} 之一")
    try:
        keys = tuple(Verifier.parse(key) for key in node.texts("key"))
    except Refused as refused:
        raise AnchorsProblem(f"{node.place}：{refused.reason.sentence}（{refused.detail}）") from refused
    if not keys or any(not key.algorithm.timed for key in keys):
        raise AnchorsProblem(f"{node.place}：key 应为见证公钥（形如 名称+编号+密钥）")
    node.end()
    return Witness(name, title, role, keys, url)


def _authority(node: _Node) -> Authority:
    name, url, digest = _name(node), _address(node), node.text("digest", "sha256")
    title, every, kind = node.text("title", name), node.number("every", 60), node.text("kind", "p-256")
    if not url or digest not in ("sha256", "sha384", "sha512", "sm3") or kind not in ("p-256", "rsa", "sm2"):
        raise AnchorsProblem(
            f"{node.place}：须有 url；digest 为 sha256、sha384、sha512 或 sm3；kind 为 p-256、rsa 或 sm2"
        )
    roots, more = _certificates(node, "roots"), _certificates(node, "certificates")
    if url != LOCAL and not roots:
        raise AnchorsProblem(f"{node.place}：roots 须列出信任的根证书文件（PEM）")
    policies, policy = tuple(node.texts("policies")), node.text("policy", "")
    credentials, ca = _credentials(node), node.file("tls_ca")
    node.end()
    return Authority(
        name=name,
        title=title,
        url=url,
        digest=digest,
        every=every,
        kind=kind,
        roots=roots,
        more=more,
        policies=policies,
        policy=policy,
        credentials=credentials,
        ca=ca,
    )


def _certificates(node: _Node, key: str) -> tuple[Certificate, ...]:
    found: list[Certificate] = []
    for name in node.texts(key):
        try:
            read = certificates_from_pem((node.folder / name).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, TimestampRefused) as error:
            raise AnchorsProblem(f"{node.place}：证书文件 {name} 不能读取（{error}）") from error
        if not read:
            raise AnchorsProblem(f"{node.place}：{name} 中没有证书")
        found += read
    return tuple(found)


def _credentials(node: _Node) -> Credentials:
    basic, bearer = node.node("basic"), node.file("bearer_file")
    certificate, key = node.file("client_certificate"), node.file("client_key")
    header = ""
    if basic is not None:
        user, secret = basic.text("user"), basic.file("password_file")
        basic.end()
        header = Credentials.basic(user, _secret(secret)).authorization
    elif bearer:
        header = Credentials.bearer(_secret(bearer)).authorization
    return Credentials(header, certificate, key)


def _secret(path: str) -> str:
    return Path(path).read_text(encoding="utf-8").strip() if path else ""
