"""The numbers of a campaign side by side: unit by unit, and with the campaign before."""

from collections.abc import Sequence
from dataclasses import dataclass

from midun.campaigns.models import Campaign
from midun.kernel.orgs.actor import Actor
from midun.kernel.statistics.body import Body, Numbers, parse
from midun.kernel.statistics.cells import children_of, newest_snapshot
from midun.kernel.statistics.models import FormState, StatForm
from midun.kernel.statistics.templates import Line
from midun.reporting.services import forms_of, is_summary_of


@dataclass(frozen=True)
class UnitNumbers:
    """What one form states, in the order of the lines; None where it was not handed in."""

    form: StatForm
    values: list[int | None]


@dataclass(frozen=True)
class Against:
    """A line of this campaign beside the same line of the one before."""

    line: Line
    now: int | None
    before: int | None

    @property
    def change(self) -> int | None:
        """The difference; None where one of them is missing."""
        return None if self.now is None or self.before is None else self.now - self.before

    @property
    def percent(self) -> str:
        """The change in per cent of the number before; "" where there is none to compare with."""
        if self.change is None or not self.before:
            return ""
        return f"{100 * self.change / self.before:+.1f}%"


def values_of(body: Body | None, lines: Sequence[Line]) -> list[int | None]:
    """The reported numbers in the order of `lines`."""
    numbers: dict[str, Numbers] = body.numbers if body else {}
    return [numbers[line.figure].reported if line.figure in numbers else None for line in lines]


def stated(form: StatForm) -> Body | None:
    """What a form handed in states; None while it is open."""
    snapshot = None if form.is_editable else newest_snapshot(form)
    return parse(snapshot.body) if snapshot else None


def summary_for(campaign: Campaign, actor: Actor) -> StatForm | None:
    """The form whose numbers the actor compares: the summary, for others the form of their own unit."""
    forms = forms_of(campaign, actor)
    own = [f for f in forms if f.unit_id == actor.organisation_id and not f.own_only]
    return next((f for f in forms if is_summary_of(f, campaign)), own[0] if own else None)


def by_unit(form: StatForm) -> list[UnitNumbers]:
    """The forms that go into this one, with what they state. Two queries, however many there are."""
    lines = form.content.lines
    return [UnitNumbers(child.form, values_of(child.body, lines)) for child in children_of(form)]


def form_before(form: StatForm) -> StatForm | None:
    """The newest settled form of the same unit and kind whose days ended before this one's began."""
    known = StatForm.objects.unscoped("the same unit's earlier form").filter(
        template=form.template, unit=form.unit_id, own_only=form.own_only, end__lt=form.start
    )
    settled = known.filter(state__in=(FormState.ACCEPTED, FormState.FROZEN))
    found: StatForm | None = settled.order_by("-end", "-pk").select_related("unit__jurisdiction").first()
    return found


def against_before(form: StatForm, body: Body | None, before: StatForm) -> list[Against]:
    """Every line beside the same figure of the form before."""
    lines, earlier = form.content.lines, stated(before)
    return [
        Against(line, now, then)
        for line, now, then in zip(lines, values_of(body, lines), values_of(earlier, lines), strict=True)
    ]
