"""The closed lists of this app."""

from django.db.models import TextChoices


class Kind(TextChoices):
    """What was held."""

    PUBLICITY = "publicity", "宣传活动"
    SYMPOSIUM = "symposium", "座谈会"
    GUIDANCE = "guidance", "行政指导会"
    TRAINING = "training", "培训"
    LECTURE = "lecture", "讲座"
    SALON = "salon", "沙龙"
    EXHIBITION = "exhibition", "展示"
    OPEN_DAY = "open_day", "开放日"
    FORUM = "forum", "论坛"
    PROMOTION = "promotion", "推进会"


class Mode(TextChoices):
    """Where it took place."""

    ON_SITE = "on_site", "现场"
    ONLINE = "online", "线上"
    HYBRID = "hybrid", "线上线下结合"


class Group(TextChoices):
    """The heading of the statistics form under which a kind counts (`headings.py` says which)."""

    PUBLICITY = "publicity", "宣传"
    MEETING = "meeting", "座谈指导"
    TRAINING = "training", "培训"


class Method(TextChoices):
    """How a participation came into the list."""

    QR = "qr", "扫码签到"
    STAFF = "staff", "逐人登记"
    PASTE = "paste", "粘贴名单"
    EXCEL = "excel", "导入表格"
