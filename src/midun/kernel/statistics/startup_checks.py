"""At start-up: every form of the content can be read and asks only for figures that some app counts."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from midun.kernel.statistics.figures import all_figures
from midun.kernel.statistics.templates import BadTemplate, load_forms


@register()
def forms_make_sense(**_kwargs: Any) -> list[CheckMessage]:
    """Errors in the content, each a sentence that names the file or the figure."""
    try:
        forms = load_forms(Path(settings.MIDUN_CONTENT) / "forms")
    except BadTemplate as error:
        return [Error(str(error), id="midun.statistics.E001")]
    known = {figure.name for figure in all_figures()}
    return [
        Error(f"统计表 {form.id} 第 {form.version} 版引用了没有登记的指标 {name}", id="midun.statistics.E002")
        for form in forms.values()
        for name in form.figures
        if name not in known
    ]
