"""A Shanghai-like tree and campaigns in it."""

from datetime import UTC, datetime
from io import BytesIO

from docx import Document
from openpyxl import Workbook

AT = datetime(2025, 6, 10, 2, 0, tzinfo=UTC)
DISTRICTS = (
    "浦东新区", "黄浦区", "静安区", "徐汇区", "长宁区", "普陀区", "虹口区", "杨浦区",
    "宝山区", "闵行区", "嘉定区", "金山区", "松江区", "青浦区", "奉贤区", "崇明区",
)  # fmt: skip
HEADS = ("类别", "单位", "序号", "活动安排")
PLAN = (
    ("市级层面", "市市场监管局", 1, "走访调研重点产业企业的商业秘密保护现状"),
    ("市级层面", "市市场监管局", 2, "举办商业秘密保护公益讲座，加大宣传"),
    ("市级层面", "市局执法总队", 3, "召开示范点座谈会，交流执法办案经验"),
    ("区级层面", "东区市场监管局", 4, "走访企业并指导完善保密制度"),
    ("区级层面", "东区市场监管局", 5, "在园区播放宣传视频"),
    ("区级层面", "西区市场监管局", 6, "会同检察院开展联动执法"),
)


def shanghai(at=AT):
    """The bureaus of Shanghai below the nation, named in full as in the official directory."""
    from midun.kernel.orgs import services as orgs
    from midun.kernel.orgs.actor import system_actor
    from midun.kernel.orgs.enums import Level, OrganisationKind, Role
    from midun.kernel.orgs.models import User

    founder = system_actor("测试")

    def bureau(place, name, level, parent, short="", order=0):
        node = orgs.add_jurisdiction(actor=founder, at=at, name=place, level=level, parent=parent, order=order)
        made = orgs.add_organisation(
            actor=founder, at=at, name=name, short_name=short, kind=OrganisationKind.BUREAU, jurisdiction=node
        )
        return node, made

    nation, _ = bureau("国家", "国家市场监督管理总局", Level.NATION, None)
    city, organiser = bureau("上海市", "上海市市场监督管理局", Level.PROVINCE, nation)
    bureau("执法总队", "上海市市场监督管理局执法总队", Level.COUNTY, city, order=1)
    for order, name in enumerate(DISTRICTS, start=2):
        bureau(name, f"上海市{name}市场监督管理局", Level.COUNTY, city, order=order)
    bureau("临港新片区", "中国（上海）自由贸易试验区临港新片区市场监督管理局", Level.COUNTY, city, order=30)
    bureau("机场", "上海市市场监督管理局机场分局", Level.COUNTY, city, order=31)
    user = User.objects.create_user(username="shanghai", password="Correct-Horse-9", name="沪小市")
    officer = orgs.grant(user=user, organisation=organiser, role=Role.OFFICER, actor=founder, at=at)
    return organiser, officer


def campaign_of(membership, template="shanghai-2023", at=AT, year=None):
    """A draft campaign of the membership's bureau."""
    from midun.campaigns.campaign_templates import load_templates
    from midun.campaigns.services import campaigns

    return campaigns.create_from_template(
        template=load_templates()[template],
        organiser=membership.organisation,
        actor=membership.actor(),
        at=at,
        year=year,
    )


def running(membership, at=AT, **more):
    """A launched campaign."""
    from midun.campaigns.services import campaigns

    campaign = campaign_of(membership, at=at, **more)
    campaigns.launch(campaign=campaign, actor=membership.actor(), at=at)
    return campaign


def lines_of(campaign):
    from midun.campaigns.models import PlanLine

    return list(PlanLine.objects.unscoped("test").live().filter(campaign=campaign).select_related("unit"))


def csv_of(rows=PLAN, heads=HEADS, encoding="utf-8"):
    return ("\r\n".join(",".join(map(str, row)) for row in (heads, *rows)) + "\r\n").encode(encoding)


def blocks(rows, column):
    """Runs of rows that agree up to `column`, as (first, last)."""
    start = 0
    for index in range(1, len(rows) + 1):
        if index == len(rows) or rows[index][: column + 1] != rows[start][: column + 1]:
            yield start, index - 1
            start = index


def xlsx_of(rows=PLAN, heads=HEADS, title="附件1 活动安排"):
    """A workbook with a merged title and really merged 类别 and 单位 cells."""
    book = Workbook()
    page = book.active
    page.append([title])
    page.merge_cells(start_row=1, start_column=1, end_row=1, end_column=4)
    page.append(heads)
    for row in rows:
        page.append(row)
    for column in (0, 1):
        for first, last in blocks(rows, column):
            if last > first:
                page.merge_cells(start_row=first + 3, start_column=column + 1, end_row=last + 3, end_column=column + 1)
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def docx_of(rows=PLAN, heads=HEADS, title="附件1", page=0):
    """A document with really merged cells and names wrapped over lines; `page` repeats the head every so many rows."""
    document = Document()
    document.add_paragraph(title)
    table = document.add_table(rows=0, cols=4)
    pages = [rows[i : i + page] for i in range(0, len(rows), page)] if page else [rows]
    for part in pages:
        for cell, head in zip(table.add_row().cells, heads, strict=True):
            cell.text = head
        first = len(table.rows)
        for _ in part:
            table.add_row()
        for column in (0, 1):
            for start, end in blocks(part, column):
                text = part[start][column]
                table.cell(first + start, column).text = f"{text[:4]}\n{text[4:]}" if len(text) > 5 else text
                if end > start:
                    table.cell(first + start, column).merge(table.cell(first + end, column))
        for index, row in enumerate(part):
            table.cell(first + index, 2).text = str(row[2])
            table.cell(first + index, 3).text = row[3]
    target = BytesIO()
    document.save(target)
    return target.getvalue()
