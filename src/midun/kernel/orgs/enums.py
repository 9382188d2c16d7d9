"""Closed lists about people and organisations."""

from django.db.models import IntegerChoices, TextChoices


class Level(IntegerChoices):
    """Depth in the tree of authority. A node's level may skip (a zone bureau sits right below its city)."""

    NATION = 1, "国家"
    PROVINCE = 2, "省级"
    CITY = 3, "市级"
    COUNTY = 4, "区县级"
    STATION = 5, "所/站"


class OrganisationKind(TextChoices):
    """What an organisation is here."""

    BUREAU = "bureau", "市场监管部门"
    ENTERPRISE = "enterprise", "企业"
    SERVICE_STATION = "service_station", "服务站点"
    PROTECTION_BASE = "protection_base", "保护基地"
    ASSOCIATION = "association", "行业协会"
    COURT = "court", "人民法院"
    POLICE = "police", "公安机关"
    PROCURATORATE = "procuratorate", "人民检察院"
    NOTARY = "notary", "公证机构"
    LAW_FIRM = "law_firm", "律师事务所"
    UNIVERSITY = "university", "高校院所"
    OTHER = "other", "其他单位"


UNIT_KINDS = (OrganisationKind.BUREAU, OrganisationKind.SERVICE_STATION, OrganisationKind.PROTECTION_BASE)
"""Kinds that stand in the tree themselves and fill in statistics (填报单位)."""


class EnterpriseSize(TextChoices):
    """统计上大中小微型企业划分."""

    LARGE = "large", "大型"
    MEDIUM = "medium", "中型"
    SMALL = "small", "小型"
    MICRO = "micro", "微型"


class Role(TextChoices):
    """What a person is in an organisation."""

    SYSTEM_ADMIN = "system_admin", "系统管理员"
    SECURITY_ADMIN = "security_admin", "安全管理员"
    AUDITOR = "auditor", "审计员"
    LEADER = "leader", "局领导"
    OFFICER = "officer", "经办人"
    LIAISON_OFFICER = "liaison_officer", "联络员"
    STATION_STAFF = "station_staff", "服务站人员"
    ENTERPRISE_ADMIN = "enterprise_admin", "企业管理员"
    CONFIDENTIALITY_OFFICER = "confidentiality_officer", "企业保密员"
    ENTERPRISE_LIAISON = "enterprise_liaison", "企业联络员"
    EXPERT = "expert", "专家"
    NOTARY_OFFICER = "notary_officer", "公证员"
    VISITOR = "visitor", "访客"


class Permission(TextChoices):
    """Every right that a page or service asks for. Alphabetical by area."""

    # anyone with an account
    USE_DESK = "desk.use", "使用工作台"
    # the three administrators (no two share one)
    MANAGE_ORGANISATIONS = "organisations.manage", "维护单位与辖区"
    MANAGE_USERS = "users.manage", "停用与启用账号"
    MANAGE_SETTINGS = "settings.manage", "维护日历与参数"
    GRANT_ROLES = "roles.grant", "授予与终止身份"
    UNLOCK_USERS = "users.unlock", "解锁与重置凭据"
    READ_LOGINS = "logins.read", "查看登录历史"
    READ_TRAIL = "trail.read", "查询与导出留痕"
    # work of bureaus and stations
    READ_WORK = "work.read", "查看本辖区工作"
    RECORD_WORK = "work.record", "登记活动、走访、宣传"
    MANAGE_ENTERPRISES = "enterprises.manage", "维护企业名录"
    MANAGE_CAMPAIGNS = "campaigns.manage", "组织服务月"
    ENTER_PLAN = "plans.enter", "填报活动安排"
    REVIEW_PLAN = "plans.review", "审核活动安排"
    REGISTER_CLAIM = "claims.register", "登记诉求"
    HANDLE_CLAIM = "claims.handle", "办理诉求"
    SUPERVISE_CLAIM = "claims.supervise", "督办诉求"
    REVIEW_CASE = "cases.review", "脱敏复核典型案例"
    FILL_FORM = "forms.fill", "填报统计表"
    REVIEW_FORM = "forms.review", "审核统计表"
    FREEZE_FORM = "forms.freeze", "汇总定稿"
    PUBLISH = "portal.publish", "门户发布"
    READ_BOARD = "boards.read", "查看大屏"
    # enterprises
    RAISE_CLAIM = "claims.raise", "提出诉求"
    MANAGE_OWN_PEOPLE = "people.manage_own", "管理本企业人员"
    READ_OWN_ENTERPRISE = "enterprise.read_own", "查看本企业服务记录"
    READ_DEPOSITS = "evidence.read", "查看本企业存证"
    DEPOSIT = "evidence.deposit", "存证"
    MANAGE_TOKENS = "tokens.manage", "管理接口令牌"
    CONFIRM_DEPOSITS = "evidence.confirm", "核验移交公证的存证"
    # comparison
    APPROVE_COPIES = "marking.approve", "审批密标副本发放"
    COMPARE = "matching.compare", "管理本企业比对项目"
    SCREEN = "matching.screen", "线索筛查与密封比对"
    # experts
    READ_INVITED = "invited.read", "查看受邀事项"


_WORK = frozenset(
    {
        Permission.USE_DESK,
        Permission.READ_WORK,
        Permission.RECORD_WORK,
        Permission.REGISTER_CLAIM,
        Permission.MANAGE_ENTERPRISES,
    },
)

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.SYSTEM_ADMIN: frozenset(
        {Permission.MANAGE_ORGANISATIONS, Permission.MANAGE_USERS, Permission.MANAGE_SETTINGS},
    ),
    Role.SECURITY_ADMIN: frozenset({Permission.GRANT_ROLES, Permission.UNLOCK_USERS}),
    Role.AUDITOR: frozenset({Permission.READ_TRAIL, Permission.READ_LOGINS}),
    Role.LEADER: frozenset(
        {
            Permission.USE_DESK,
            Permission.READ_WORK,
            Permission.REVIEW_PLAN,
            Permission.SUPERVISE_CLAIM,
            Permission.REVIEW_CASE,
            Permission.REVIEW_FORM,
            Permission.FREEZE_FORM,
            Permission.PUBLISH,
            Permission.READ_BOARD,
        },
    ),
    Role.OFFICER: _WORK
    | {
        Permission.MANAGE_CAMPAIGNS,
        Permission.ENTER_PLAN,
        Permission.REVIEW_PLAN,
        Permission.HANDLE_CLAIM,
        Permission.SUPERVISE_CLAIM,
        Permission.REVIEW_CASE,
        Permission.FILL_FORM,
        Permission.REVIEW_FORM,
        Permission.FREEZE_FORM,
        Permission.PUBLISH,
        Permission.READ_BOARD,
        Permission.SCREEN,
    },
    Role.LIAISON_OFFICER: _WORK,
    Role.STATION_STAFF: _WORK | {Permission.ENTER_PLAN, Permission.HANDLE_CLAIM, Permission.FILL_FORM},
    Role.ENTERPRISE_ADMIN: frozenset(
        {
            Permission.USE_DESK,
            Permission.RAISE_CLAIM,
            Permission.MANAGE_OWN_PEOPLE,
            Permission.APPROVE_COPIES,
            Permission.READ_OWN_ENTERPRISE,
            Permission.READ_DEPOSITS,
            Permission.DEPOSIT,
            Permission.MANAGE_TOKENS,
            Permission.COMPARE,
        },
    ),
    Role.CONFIDENTIALITY_OFFICER: frozenset(
        {
            Permission.USE_DESK,
            Permission.RAISE_CLAIM,
            Permission.READ_OWN_ENTERPRISE,
            Permission.READ_DEPOSITS,
            Permission.DEPOSIT,
            Permission.COMPARE,
        },
    ),
    Role.ENTERPRISE_LIAISON: frozenset(
        {Permission.USE_DESK, Permission.RAISE_CLAIM, Permission.READ_OWN_ENTERPRISE, Permission.READ_DEPOSITS},
    ),
    Role.EXPERT: frozenset({Permission.USE_DESK, Permission.READ_INVITED}),
    Role.NOTARY_OFFICER: frozenset({Permission.USE_DESK, Permission.CONFIRM_DEPOSITS}),
    Role.VISITOR: frozenset(),
}
"""What each role may do. The administrators' three sets are disjoint from each other and from all work."""

ADMIN_ROLES = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR})
BUREAU_ROLES = frozenset({Role.LEADER, Role.OFFICER, Role.LIAISON_OFFICER})
WORK_ROLES = BUREAU_ROLES | {Role.STATION_STAFF}
ENTERPRISE_ROLES = frozenset({Role.ENTERPRISE_ADMIN, Role.CONFIDENTIALITY_OFFICER, Role.ENTERPRISE_LIAISON})
OWN_PEOPLE_ROLES = frozenset({Role.CONFIDENTIALITY_OFFICER, Role.ENTERPRISE_LIAISON})
"""Whom an enterprise's administrator invites without asking the bureau."""

_STATION_ROLES = frozenset({Role.STATION_STAFF, Role.LIAISON_OFFICER, Role.EXPERT})
_PARTNER_ROLES = frozenset({Role.EXPERT})
ROLES_OF: dict[str, frozenset[Role]] = {
    **dict.fromkeys(OrganisationKind, _PARTNER_ROLES),
    OrganisationKind.BUREAU: BUREAU_ROLES | ADMIN_ROLES | {Role.EXPERT},
    OrganisationKind.SERVICE_STATION: _STATION_ROLES,
    OrganisationKind.PROTECTION_BASE: _STATION_ROLES,
    OrganisationKind.ENTERPRISE: ENTERPRISE_ROLES,
    OrganisationKind.NOTARY: _PARTNER_ROLES | {Role.NOTARY_OFFICER},
}
"""Which roles exist in which kind of organisation: nobody in an enterprise is given a bureau's view of a subtree."""
