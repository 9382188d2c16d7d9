"""The tree of authority, the units in it and the enterprises."""

from typing import Any

from midun.config.demo.stage import Stage, code_of
from midun.kernel.orgs import services as orgs
from midun.kernel.orgs.enums import EnterpriseSize, Level, OrganisationKind
from midun.kernel.orgs.models import Jurisdiction, Organisation

DISTRICTS = {
    "浦东新": "310115",
    "黄浦": "310101",
    "静安": "310106",
    "徐汇": "310104",
    "长宁": "310105",
    "普陀": "310107",
    "虹口": "310109",
    "杨浦": "310110",
    "宝山": "310113",
    "闵行": "310112",
    "嘉定": "310114",
    "金山": "310116",
    "松江": "310117",
    "青浦": "310118",
    "奉贤": "310120",
    "崇明": "310151",
}
"""Districts in the order of the annex, with their division codes."""

WITHOUT_CODE = {"临港新片区": "临港新片区市场监管局", "机场": "机场分局", "执法总队": "市局执法总队"}
"""Units that stand at a level of the tree without a division of their own."""

_PER_DISTRICT = 6
_NAMES = (
    *("星河", "云帆", "启明", "恒泰", "锐科", "博远", "晨光", "华实"),
    *("中联", "瑞丰", "新锐", "思源", "海纳", "凌云", "鼎新", "天衡"),
)
_TRADES = (
    ("精密仪器", "40"),
    ("生物医药", "27"),
    ("智能装备", "35"),
    ("新材料", "26"),
    ("信息技术", "65"),
    ("新能源", "38"),
    ("汽车零部件", "36"),
    ("食品科技", "14"),
    ("检测技术", "74"),
    ("工业设计", "74"),
)
_SIZES = (EnterpriseSize.MEDIUM, EnterpriseSize.SMALL, EnterpriseSize.LARGE, EnterpriseSize.MICRO)
_PARKS = ("科技园", "", "产业园", "")
_PARTNERS = (
    ("notary", "上海市浦江公证处", OrganisationKind.NOTARY),
    ("lawyers", "申正律师事务所", OrganisationKind.LAW_FIRM),
    ("association", "上海市先进制造业协会", OrganisationKind.ASSOCIATION),
)


def build(stage: Stage) -> None:
    """国家 → 上海市 → districts and units without a code of their own → an office and stations."""
    nation = _node(stage, "国家", Level.NATION, None)
    city = _node(stage, "上海市", Level.PROVINCE, nation, "310000")
    stage.units["nation"] = _add(
        stage, "国家市场监督管理总局", OrganisationKind.BUREAU, nation, short_name="市场监管总局"
    )
    stage.units["city"] = _add(stage, "上海市市场监督管理局", OrganisationKind.BUREAU, city, short_name="市市场监管局")
    for order, (name, code) in enumerate(DISTRICTS.items(), 1):
        _district(stage, city, name, code, order)
    for order, (key, short) in enumerate(WITHOUT_CODE.items(), len(DISTRICTS) + 1):
        node = _node(stage, key, Level.COUNTY, city)
        full = f"上海市市场监督管理局{short.removeprefix('市局').removesuffix('市场监管局')}"
        stage.units[key] = _add(stage, full, OrganisationKind.BUREAU, node, short_name=short, order=order)
    _below_pudong(stage)
    for key, name, kind in _PARTNERS:
        stage.units[key] = _add(stage, name, kind, city)


def enterprises_of(unit: Organisation) -> list[Organisation]:
    """The enterprises in a unit's subtree, in the order they were entered."""
    known = Organisation.objects.unscoped("demonstration").enterprises()
    return list(known.filter(jurisdiction__path__startswith=unit.jurisdiction.path).order_by("pk"))


def _district(stage: Stage, city: Jurisdiction, name: str, code: str, order: int) -> None:
    node = _node(stage, f"{name}区", Level.COUNTY, city, code)
    stage.units[name] = _add(
        stage,
        f"上海市{name}区市场监督管理局",
        OrganisationKind.BUREAU,
        node,
        short_name=f"{name}区市场监管局",
        order=order,
    )
    for n in range(_PER_DISTRICT):
        trade, sector = _TRADES[(order * 3 + n) % len(_TRADES)]
        park = _PARKS[n % len(_PARKS)]
        _add(
            stage,
            f"上海{_NAMES[(order + n) % len(_NAMES)]}{trade}有限公司",
            OrganisationKind.ENTERPRISE,
            node,
            credit_code=code_of(order * 10 + n),
            size=_SIZES[n % len(_SIZES)],
            sector=sector,
            park=f"{name}区{park}" if park else "",
            address=f"上海市{name}区创新路{order * 100 + n * 8}号",
        )


def _below_pudong(stage: Stage) -> None:
    district = stage.units["浦东新"].jurisdiction
    office = _node(stage, "张江市场监管所", Level.STATION, district)
    stage.units["office"] = _add(
        stage,
        "上海市浦东新区市场监督管理局张江市场监督管理所",
        OrganisationKind.BUREAU,
        office,
        short_name="张江市场监管所",
    )
    for key, name, kind in (
        ("station", "张江商业秘密保护服务站", OrganisationKind.SERVICE_STATION),
        ("base", "金桥商业秘密保护基地", OrganisationKind.PROTECTION_BASE),
    ):
        stage.units[key] = _add(stage, name, kind, _node(stage, name, Level.STATION, district))


def _node(stage: Stage, name: str, level: Level, parent: Jurisdiction | None, code: str = "") -> Jurisdiction:
    return orgs.add_jurisdiction(
        actor=stage.founder, at=stage.opened, name=name, level=level, parent=parent, division_code=code
    )


def _add(stage: Stage, name: str, kind: OrganisationKind, node: Jurisdiction, **more: Any) -> Organisation:
    return orgs.add_organisation(actor=stage.founder, at=stage.opened, name=name, kind=kind, jurisdiction=node, **more)
