"""`make docs`: the documents' tables from the code, and the handbook's pictures from the running product.

`--tables` writes only the tables (a test compares them with the code), `--pictures` only the pictures.
"""

import argparse
import io
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import django
from PIL import Image
from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
PICTURES = ROOT / "docs" / "handbook" / "images"


def tables() -> dict[Path, str]:
    """Each generated document and its text."""
    from midun.kernel.orgs.enums import PERMISSIONS, Permission, Role  # noqa: PLC0415  # after django.setup
    from midun.kernel.statistics.figures import all_figures  # noqa: PLC0415  # same
    from midun.kernel.trail.verbs import Verb  # noqa: PLC0415  # same

    note = "<!-- 由 make docs 生成，请勿手工修改 -->\n\n"
    roles = [role for role in Role if PERMISSIONS[role]]
    rows = [
        f"| {right.label} | " + " | ".join("●" if right in PERMISSIONS[role] else "" for role in roles) + " |"
        for right in Permission
    ]
    rights = (
        f"# 角色与权限\n\n{note}三名管理员的权限互不重叠，也不与任何业务权限重叠。"
        "业务数据只能看到本单位及下级的范围。\n\n"
        f"| 权限 | {' | '.join(role.label for role in roles)} |\n|---|{'---|' * len(roles)}\n" + "\n".join(rows) + "\n"
    )
    lines = [
        f"| `{f.name}` | {f.label} | {f.unit} | {'是' if f.additive else '否'} | {f.rule} |" for f in all_figures()
    ]
    figures = (
        f"# 统计指标\n\n{note}每个数字都由记录算出，点开即可列出被统计的记录。"
        "“可加”指上级的数等于各下级之和；家数按企业去重，不能相加。\n\n"
        "| 标识 | 名称 | 单位 | 可加 | 怎么数 |\n|---|---|---|---|---|\n" + "\n".join(lines) + "\n"
    )
    acts = "\n".join(f"| `{verb.value}` | {verb.label} |" for verb in Verb)
    verbs = f"# 留痕的行为\n\n{note}| 标识 | 行为 |\n|---|---|\n{acts}\n"
    folder = ROOT / "docs" / "handbook"
    return {folder / "rights.md": rights, folder / "figures.md": figures, folder / "verbs.md": verbs}


@dataclass(frozen=True)
class Picture:
    """One picture: who opens what, on which screen, and what they do before it is taken."""

    name: str
    username: str
    address: str
    phone: bool = False
    size: tuple[int, int] = (1280, 800)
    act: Callable[[Page], object] | None = None
    whole: bool = False


def _first(page: Page, selector: str) -> None:
    page.locator(selector).first.click()
    page.wait_for_load_state("networkidle")


def _kept(page: Page) -> None:
    """Up to the step at which the opening is saved."""
    file = {"name": "演示.txt", "mimeType": "text/plain", "buffer": "演示文件".encode()}
    page.set_input_files("input[multiple]:not([webkitdirectory])", file)  # type: ignore[arg-type]  # a payload
    page.click("[data-act=digest]")
    page.get_by_role("heading", name="保存").wait_for()


PICTURE_LIST = (
    Picture("desk-city", "city", "/desk/"),
    Picture("campaign", "city", "/campaigns/2/"),
    Picture("import", "city", "/campaigns/2/import/"),
    Picture("plan", "city", "/campaigns/1/plan/"),
    Picture("activities", "district", "/activities/"),
    Picture("activity", "district", "/activities/", act=lambda p: _first(p, "table tbody tr a")),
    Picture("activity-phone", "district", "/activities/new/", phone=True),
    Picture("visit-phone", "district", "/visits/new/", phone=True),
    Picture("claims", "city", "/claims/"),
    Picture("claim", "district", "/claims/", act=lambda p: _first(p, "table tbody tr a")),
    Picture("board-reporting", "city", "/reporting/campaigns/2/"),
    Picture("form", "district", "/reporting/campaigns/2/", act=lambda p: _first(p, "main table tbody a")),
    Picture("form-frozen", "city", "/reporting/campaigns/1/", act=lambda p: _first(p, "main table tbody a")),
    Picture("claim-own-phone", "enterprise", "/claims/own/", phone=True),
    Picture("deposit-first-phone", "enterprise", "/deposits/first/", phone=True),
    Picture("deposit-keep", "enterprise", "/deposits/first/", act=_kept),
    Picture("deposit", "enterprise", "/deposits/", act=lambda p: _first(p, "main tbody tr a")),
    Picture("handoff", "enterprise", "/deposits/handoffs/", act=lambda p: _first(p, "main tbody tr a")),
    Picture("portal", "", "/", whole=True),
    Picture("portal-phone", "", "/", phone=True),
    Picture("big-screen", "city", "/board/1/", size=(1920, 1080)),
)


def take_pictures() -> None:
    """Start the product on a fresh demonstration and photograph it."""
    from tools.product import Product, Visitors  # noqa: PLC0415  # Chromium is needed for pictures only

    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        product = Product(Path(folder)).start()
        visitors = Visitors(product)
        try:
            for picture in PICTURE_LIST:
                width, height = picture.size
                size = None if picture.phone else {"width": width, "height": height}
                page = visitors.person(picture.username, phone=picture.phone, size=size)
                page.goto(picture.address)
                page.wait_for_load_state("networkidle")
                if picture.act is not None:
                    picture.act(page)
                _save(page.screenshot(full_page=picture.whole), picture.name)
                page.context.close()
                print(picture.name, flush=True)
        finally:
            visitors.close()
            product.kill()


def _save(png: bytes, name: str) -> None:
    """As a palette picture: a third of the size, and no difference to the eye on flat pages."""
    image = Image.open(io.BytesIO(png)).convert("RGB").quantize(255, dither=Image.Dither.NONE)
    image.save(PICTURES / f"{name}.png", optimize=True)


def main() -> None:
    """Tables, then pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", action="store_true")
    parser.add_argument("--pictures", action="store_true")
    chosen = parser.parse_args()
    both = chosen.tables == chosen.pictures
    if chosen.tables or both:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "midun.config.settings")
        with tempfile.TemporaryDirectory() as home:
            os.environ.setdefault("MIDUN_HOME", home)
            django.setup()
            for path, text in tables().items():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
    if chosen.pictures or both:
        take_pictures()


if __name__ == "__main__":
    main()
