"""What the desk says to each role: a lead, and what an empty list of things to do means for them."""

from dataclasses import dataclass

from midun.kernel.orgs.enums import Role


@dataclass(frozen=True)
class RoleDesk:
    """The words of a role's desk. `action` names the address offered where there is nothing to do."""

    lead: str
    nothing: str
    action: str = ""
    action_label: str = ""


_DESKS = {
    Role.OFFICER: RoleDesk("登记工作、填报安排和统计表、办理诉求", "需要您填报、审核、办理和回访的事项会出现在这里"),
    Role.LEADER: RoleDesk("审核安排和统计表、复核案例、掌握进度", "等您审核的安排、统计表和典型案例会出现在这里"),
    Role.LIAISON_OFFICER: RoleDesk("登记活动、走访和企业诉求", "需要您补充名单、回访企业的事项会出现在这里"),
    Role.STATION_STAFF: RoleDesk(
        "登记本站活动、走访，办理转来的诉求", "转到本站的诉求、待补充的名单和回访会出现在这里"
    ),
    Role.ENTERPRISE_ADMIN: RoleDesk(
        "向市场监管部门反映困难、查看答复", "诉求有了答复、等您评价时会出现在这里", "claims:own-new", "反映诉求"
    ),
    Role.CONFIDENTIALITY_OFFICER: RoleDesk(
        "向市场监管部门反映困难、查看答复", "诉求有了答复、等您评价时会出现在这里", "claims:own-new", "反映诉求"
    ),
    Role.ENTERPRISE_LIAISON: RoleDesk(
        "向市场监管部门反映困难、查看答复", "诉求有了答复、等您评价时会出现在这里", "claims:own-new", "反映诉求"
    ),
    Role.EXPERT: RoleDesk("参与受邀的诊断、评审", "受邀参与的事项会出现在这里；现在没有需要您参与的事项"),
    Role.NOTARY_OFFICER: RoleDesk("接收企业移交的存证，登记核验结果", "企业移交的存证会出现在这里"),
    Role.SYSTEM_ADMIN: RoleDesk("维护单位与辖区、工作日历", "节假日安排需要录入时会出现在这里"),
    Role.SECURITY_ADMIN: RoleDesk("授予和终止身份、解除锁定", "授予身份、处理邀请和解除锁定，请从上方入口进入"),
    Role.AUDITOR: RoleDesk("查询和导出操作留痕、登录历史", "每天自动核验留痕，发现异常会立即通知您"),
}
_VISITOR = RoleDesk("", "")


def desk_of(role: Role) -> RoleDesk:
    """The words for a role."""
    return _DESKS.get(role, _VISITOR)
