"""One login per role, and an officer in every unit."""

from midun.config.demo.stage import Stage
from midun.config.demo.tree import DISTRICTS, WITHOUT_CODE, enterprises_of
from midun.kernel.orgs import services as orgs
from midun.kernel.orgs.enums import Role
from midun.kernel.orgs.models import Organisation, User

SHOWN = (
    "nation",
    "city",
    "leader",
    "district",
    "liaison",
    "station",
    "enterprise",
    "secrecy",
    "expert",
    "notary",
    "sysadmin",
    "security",
    "auditor",
)


def build(stage: Stage) -> None:
    """The cast; 李晓梅 also helps at the station, to show how a person changes membership."""
    units = stage.units
    pudong, city = units["浦东新"], units["city"]
    firm = enterprises_of(pudong)[0]
    for username, name, unit, role in (
        ("nation", "林国栋", units["nation"], Role.OFFICER),
        ("city", "陈志远", city, Role.OFFICER),
        ("leader", "周建国", city, Role.LEADER),
        ("district", "李晓梅", pudong, Role.OFFICER),
        ("district2", "王立新", pudong, Role.OFFICER),
        ("liaison", "赵文静", pudong, Role.LIAISON_OFFICER),
        ("station", "孙浩", units["station"], Role.STATION_STAFF),
        ("enterprise", "吴敏", firm, Role.ENTERPRISE_ADMIN),
        ("secrecy", "郑凯", firm, Role.CONFIDENTIALITY_OFFICER),
        ("expert", "钱学仁", units["lawyers"], Role.EXPERT),
        ("notary", "许公证", units["notary"], Role.NOTARY_OFFICER),
        ("sysadmin", "何系统", city, Role.SYSTEM_ADMIN),
        ("security", "吕安全", city, Role.SECURITY_ADMIN),
        ("auditor", "施审计", city, Role.AUDITOR),
    ):
        _person(stage, username, name, unit, role)
    helper = stage.members["district"].user
    orgs.grant(
        user=helper, organisation=units["station"], role=Role.STATION_STAFF, actor=stage.founder, at=stage.opened
    )
    others = [key for key in (*DISTRICTS, *WITHOUT_CODE) if key != "浦东新"]
    for n, key in enumerate(others, 2):
        _person(stage, f"unit{n:02d}", f"{key}经办", units[key], Role.OFFICER)


def _person(stage: Stage, username: str, name: str, unit: Organisation, role: Role) -> None:
    user = User.objects.create(username=username, password=stage.password, name=name)
    stage.members[username] = orgs.grant(user=user, organisation=unit, role=role, actor=stage.founder, at=stage.opened)
