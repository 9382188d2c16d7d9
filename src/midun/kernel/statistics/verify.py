"""Whether the stored snapshots are still what the trail says they were."""

import json
from collections.abc import Iterator

from midun.kernel.statistics.body import BadBody, digest_of, parse
from midun.kernel.statistics.models import FormSnapshot, StatForm
from midun.kernel.trail.models import Entry


def faults() -> Iterator[str]:
    """A sentence for every snapshot that was changed, removed or put in past the program."""
    forms = StatForm.objects.unscoped("verify snapshots").select_related("unit").order_by("pk")
    for form in forms.iterator(500):
        yield from _faults_of(form)


def _faults_of(form: StatForm) -> Iterator[str]:
    noted = [digest for entry in Entry.objects.about(form) if (digest := _digest_in(entry))]
    snapshots = list(FormSnapshot.objects.unscoped("verify snapshots").filter(form=form).order_by("pk"))
    held = [snapshot.digest for snapshot in snapshots]
    if held != noted or form.digest != (held[-1] if held else ""):
        yield f"{form}：快照与留痕中记下的摘要不一致（有快照缺失、增加或被替换）"
    previous = ""
    for snapshot in snapshots:
        if digest_of(snapshot.body) != snapshot.digest:
            yield f"{form}：{snapshot.words}快照的内容与摘要不符"
            return
        try:
            body = parse(snapshot.body)
        except BadBody as error:
            yield f"{form}：{error}"
            return
        if body.data["previous"] != previous:
            yield f"{form}：{snapshot.words}快照与上一个快照不衔接"
        previous = snapshot.digest


def _digest_in(entry: Entry) -> str:
    after = json.loads(entry.after) if entry.after else {}
    return str(after.get("digest", ""))
