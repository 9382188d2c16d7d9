"""What publicity puts into the menu."""

from midun.kernel.orgs.enums import Permission
from midun.kernel.web.menu import MenuItem, register

_GROUP = "宣传公示"
register(
    MenuItem("宣传报道", "news", "publicity:news-items", Permission.READ_WORK, _GROUP, 60),
    MenuItem("典型案例", "gavel", "publicity:cases", Permission.READ_WORK, _GROUP, 61),
    MenuItem("问卷发放", "clipboard-list", "publicity:questionnaires", Permission.READ_WORK, _GROUP, 62),
    MenuItem("报送党委政府", "send", "publicity:gov-reports", Permission.READ_WORK, _GROUP, 63),
    MenuItem("资料下载", "download", "publicity:resources", Permission.READ_WORK, _GROUP, 64),
)
