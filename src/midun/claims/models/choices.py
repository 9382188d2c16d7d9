"""Closed lists of the ledger."""

from django.db import models


class Source(models.TextChoices):
    """How a claim or suggestion reached us."""

    ENTERPRISE = "enterprise", "企业自行提出"
    VISIT = "visit", "走访调研"
    ACTIVITY = "activity", "座谈培训等活动"
    STATION = "station", "服务站点"
    PHONE = "phone", "电话"
    OTHER = "other", "其他"


class Topic(models.TextChoices):
    """What it is about."""

    SYSTEM = "system", "制度建设"
    CLASSIFICATION = "classification", "识别与定密"
    PERSONNEL = "personnel", "涉密人员与竞业限制"
    TECHNOLOGY = "technology", "技术防护"
    DEPOSIT = "deposit", "存证与确权"
    TRAINING = "training", "培训宣传"
    RIGHTS = "rights", "维权援助"
    OVERSEAS = "overseas", "涉外保护"
    FINANCE = "finance", "融资与保险"
    OTHER = "other", "其他"


class ClaimState(models.TextChoices):
    """登记 → 受理 → 办理 → 办结, with 不予受理 and 转办."""

    REGISTERED = "registered", "待受理"
    ACCEPTED = "accepted", "已受理"
    IN_PROGRESS = "in_progress", "办理中"
    CLOSED = "closed", "已办结"
    REFUSED = "refused", "不予受理"


OPEN = (ClaimState.REGISTERED, ClaimState.ACCEPTED, ClaimState.IN_PROGRESS)
"""States in which somebody still has to act."""


class Urgency(models.TextChoices):
    """How soon it must be handled; the working days stand in `content/claims/pledges.yaml`."""

    NORMAL = "normal", "一般"
    URGENT = "urgent", "紧急"
