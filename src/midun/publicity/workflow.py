"""The way of a typical case: drafted, checked for secrets by a second person, published, withdrawn."""

from midun.kernel.orgs.enums import Permission
from midun.kernel.trail.verbs import Verb
from midun.kernel.workflow.definition import Step, Workflow
from midun.publicity.models import CaseState

CASE = Workflow(
    "typical_case",
    CaseState,
    CaseState.DRAFT,
    (
        Step(
            "submit",
            "提交复核",
            (CaseState.DRAFT, CaseState.RETURNED, CaseState.WITHDRAWN),
            CaseState.SUBMITTED,
            Permission.RECORD_WORK,
            Verb.SUBMITTED,
            stamp="submitted_at",
        ),
        Step(
            "return_",
            "退回修改",
            (CaseState.SUBMITTED,),
            CaseState.RETURNED,
            Permission.REVIEW_CASE,
            Verb.RETURNED,
            needs_reason=True,
            stamp="reviewed_at",
        ),
        Step(
            "publish",
            "复核通过并公布",
            (CaseState.SUBMITTED,),
            CaseState.PUBLISHED,
            Permission.REVIEW_CASE,
            Verb.PUBLISHED,
            stamp="published_at",
        ),
        Step(
            "withdraw",
            "撤下",
            (CaseState.PUBLISHED,),
            CaseState.WITHDRAWN,
            Permission.REVIEW_CASE,
            Verb.UNPUBLISHED,
            needs_reason=True,
        ),
    ),
)

REDACTION = (
    ("parties", "当事人、权利人及员工姓名已作匿名处理（某公司、张某）"),
    ("points", "未写出秘点内容：配方、参数、图纸、代码、客户名单等均已概括表述"),
    ("identifiers", "无统一社会信用代码、身份证号、电话、地址、文书中的内部编号"),
    ("combination", "各处细节合在一起也不能推知当事人或秘密内容"),
    ("consent", "依法可以公开，不涉及国家秘密、个人隐私；需要时已征求权利人意见"),
)
"""What the second person confirms, one by one (Order 126 art. 21; 行政处罚信息公示规定 art. 6)."""
