"""Fixed material from packages that anybody can install; two splits with the roles of the packages swapped.

Development and reporting never share a package as protected material. Packages are fetched once into a cache folder
by their ordinary clients: `pip download` for code and English manuals, `apt-get download` for Chinese ones.
"""

import gzip
import random
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from bench.places import Failed

WHEELS = (
    "django==3.2.25",
    "django==4.2.16",
    "sqlalchemy==1.4.54",
    "sqlalchemy==2.0.30",
    "networkx==2.5.1",
    "networkx==3.2.1",
    "twisted==22.10.0",
)
DEBIAN = (
    "libreoffice-help-zh-cn",
    "libreoffice-help-zh-tw",
    "debian-reference-zh-cn",
    "maint-guide-zh-cn",
    "manpages-zh",
    "python3.11-doc",
    "postgresql-doc-15",
)
SHORT, LONG = 1500, 60_000


ADJUDICATED = {
    "sqlalchemy/dialects/postgresql/asyncpg.py": "the exceptions that PEP 249 prescribes, as in django/db/utils.py",
    "sqlalchemy/exc.py": "the same",
}
"""Not unrelated after reading them side by side: left out of the unrelated material, for every system alike."""


@dataclass(frozen=True)
class Item:
    """A document of the benchmark. `natural` is another edition of the same document, where there is one."""

    name: str
    text: str
    natural: str = ""


@dataclass(frozen=True)
class Split:
    """Protected documents, unrelated documents of the same field, a large unrelated host."""

    protected: list[Item]
    unrelated: list[Item]


def fetch(cache: Path) -> None:
    """Download and unpack what is missing."""
    cache.mkdir(parents=True, exist_ok=True)
    for name in WHEELS:
        folder = cache / name
        if not folder.exists():
            where = cache / "download" / name
            command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:"]
            subprocess.run([*command, "-d", where, name], check=False, capture_output=True)
            found = list(where.glob("*.whl"))
            if not found:
                raise Failed(f"{name} cannot be downloaded: is a package index reachable?")
            with zipfile.ZipFile(found[0]) as archive:
                archive.extractall(folder / "wheel")
    for name in DEBIAN:
        folder = cache / name
        if not folder.exists():
            subprocess.run(["apt-get", "download", "-qq", name], cwd=cache, check=False, capture_output=True)
            found = list(cache.glob(f"{name}_*.deb"))
            if not found:
                raise Failed(f"{name} cannot be downloaded: run apt-get update first (Debian)")
            subprocess.run(["dpkg-deb", "-x", found[0], folder], check=True)


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.out: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.silent += tag in ("script", "style", "head", "nav")

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in ("script", "style", "head", "nav")

    def handle_data(self, data: str) -> None:
        if self.silent <= 0 and data.strip():
            self.out.append(data.strip())


def _html(path: Path) -> str:
    parser = _Text()
    parser.feed(path.read_text(encoding="utf-8", errors="replace"))
    return "\n".join(parser.out)


def _pieces(name: str, text: str, size: int = 6000) -> Iterator[Item]:
    """A long text in pieces of about `size` characters, at line ends."""
    lines, part, length, number = text.split("\n"), [], 0, 0
    for line in lines:
        part.append(line)
        length += len(line) + 1
        if length >= size:
            yield Item(f"{name}#{number}", "\n".join(part))
            part, length, number = [], 0, number + 1
    if length >= SHORT:
        yield Item(f"{name}#{number}", "\n".join(part))


def _sample(items: list[Item], count: int, seed: int) -> list[Item]:
    good = [item for item in items if SHORT <= len(item.text) <= LONG and item.name not in ADJUDICATED]
    return random.Random(seed).sample(good, min(count, len(good)))


def _code(folder: Path, other: Path | None = None) -> list[Item]:
    items = []
    for path in sorted(folder.rglob("*.py")):
        relative = Path(*path.relative_to(folder).parts[1:])
        if "test" in str(relative) or "docs" in relative.parts or "locale" in relative.parts:
            continue
        twin = ""
        if other:
            found = [root / relative for root in other.iterdir() if (root / relative).exists()]
            twin = found[0].read_text(encoding="utf-8", errors="replace") if found else ""
        items.append(Item(str(relative), path.read_text(encoding="utf-8", errors="replace"), twin))
    return items


def _pages(folder: Path, other: Path | None = None) -> list[Item]:
    out = []
    for path in sorted(folder.rglob("*.html")):
        twin = ""
        if other:
            relative = str(path.relative_to(folder)).replace("zh-CN", "zh-TW").replace("zh-cn", "zh-tw")
            twin = _html(other / relative) if (other / relative).exists() else ""
        out.append(Item(str(path.relative_to(folder)), _html(path), twin))
    return out


def _manual(folder: Path) -> list[Item]:
    out: list[Item] = []
    for path in sorted(p for p in folder.rglob("*.html") if "genindex" not in p.name and "_sources" not in p.parts):
        out += _pieces(str(path.relative_to(folder)), _html(path))
    return out


def _chinese_others(cache: Path) -> list[Item]:
    out: list[Item] = []
    for name in ("debian-reference-zh-cn", "maint-guide-zh-cn"):
        for path in sorted((cache / name).rglob("*.html")):
            out += _pieces(f"{name}/{path.name}", _html(path), 3000)
        for path in sorted((cache / "manpages-zh").rglob("zh_CN/man*/*.gz")):
            out += _pieces(path.name, gzip.decompress(path.read_bytes()).decode("utf-8", "replace"), 3000)
    return out


def splits(cache: Path, kind: str, protected: int, unrelated: int) -> dict[str, Split]:
    """The splits `development` and `report` of a kind: text in Chinese (zh) and English (en), code."""
    fetch(cache)
    if kind == "zh":
        help_ = _pages(cache / DEBIAN[0], cache / DEBIAN[1])
        pair = (help_, _chinese_others(cache))
    elif kind == "en":
        pair = (_manual(cache / "python3.11-doc"), _manual(cache / "postgresql-doc-15"))
    else:
        one = _code(cache / "django==3.2.25", cache / "django==4.2.16")
        two = [
            *_code(cache / "sqlalchemy==1.4.54", cache / "sqlalchemy==2.0.30"),
            *_code(cache / "networkx==2.5.1", cache / "networkx==3.2.1"),
            *_code(cache / "twisted==22.10.0"),
        ]
        pair = (one, two)
    return {
        "development": Split(_sample(pair[1], protected, 1), _sample(pair[0], unrelated, 2)),
        "report": Split(_sample(pair[0], protected, 3), _sample(pair[1], unrelated, 4)),
    }


SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华建文玲红梅鑫波宇浩凯健俊帆雪慧琳晨阳瑞欣怡佳嘉思子涵梓轩"
CITIES = (
    "上海", "北京", "深圳", "广州", "杭州", "苏州", "南京", "成都", "武汉",
    "西安", "宁波", "无锡", "青岛", "长沙", "合肥", "郑州", "佛山", "东莞",
)  # fmt: skip
TRADES = (
    "精密机械", "电子科技", "生物医药", "新材料", "模具制造", "物流", "包装",
    "化工", "食品", "纺织", "仪器仪表", "自动化", "软件", "光电",
)  # fmt: skip
HEAD = ["客户", "城市", "联系人", "电话", "首次成交", "累计金额", "折扣"]


def customers(seed: int, rows: int) -> list[list[str]]:
    """A customer table of the kind that is stolen."""
    pick = random.Random(seed)
    out = []
    for _ in range(rows):
        city = pick.choice(CITIES)
        out.append([
            city + "".join(pick.choices(GIVEN, k=2)) + pick.choice(TRADES) + "有限公司", city,
            pick.choice(SURNAMES) + "".join(pick.choices(GIVEN, k=pick.choice((1, 2)))),
            pick.choice(("13", "15", "17", "18")) + f"{pick.randint(0, 10**9 - 1):09d}",
            f"20{pick.randint(8, 25):02d}-{pick.randint(1, 12):02d}-{pick.randint(1, 28):02d}",
            f"{pick.randint(10_000, 9_999_999)}.{pick.randint(0, 99):02d}", f"{pick.randint(70, 99)}%",
        ])  # fmt: skip
    return out


def as_csv(rows: list[list[str]]) -> str:
    """Rows as CSV."""
    return "\n".join(",".join(f'"{c}"' if "," in c else c for c in row) for row in rows)
