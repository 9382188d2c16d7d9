"""The closed lists of this app, and which kind of event counts under which heading of the statistics form."""

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
    """The heading of the statistics form under which a kind counts."""

    PUBLICITY = "publicity", "宣传"
    MEETING = "meeting", "座谈指导"
    TRAINING = "training", "培训"


class Method(TextChoices):
    """How a participation came into the list."""

    QR = "qr", "扫码签到"
    STAFF = "staff", "逐人登记"
    PASTE = "paste", "粘贴名单"
    EXCEL = "excel", "导入表格"


# The form names only its headings (专题宣传活动; 座谈会、行政指导会; 能力提升培训活动). Where the other kinds belong is
# this product's reading of it; the figures' rules show it to the users.
GROUP_OF: dict[Kind, Group] = {
    Kind.PUBLICITY: Group.PUBLICITY,
    Kind.EXHIBITION: Group.PUBLICITY,
    Kind.OPEN_DAY: Group.PUBLICITY,
    Kind.FORUM: Group.PUBLICITY,
    Kind.SYMPOSIUM: Group.MEETING,
    Kind.GUIDANCE: Group.MEETING,
    Kind.PROMOTION: Group.MEETING,
    Kind.TRAINING: Group.TRAINING,
    Kind.LECTURE: Group.TRAINING,
    Kind.SALON: Group.TRAINING,
}


def kinds_of(group: Group) -> list[Kind]:
    """The kinds that count under a heading."""
    return [kind for kind in Kind if GROUP_OF[kind] == group]


def group_words(group: Group) -> str:
    """宣传活动、展示、开放日、论坛."""
    return "、".join(kind.label for kind in kinds_of(group))
