"""Which enterprise a record is about: found in the directory by name or code, or added on the spot with its code."""

from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Q

from midun.claims.services import enterprise_of
from midun.kernel.orgs import uscc
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Level
from midun.kernel.orgs.models import Organisation

SHOWN = 12
"""How many are shown; one more is fetched, to say that there are more."""

_PUBLIC = "names and codes of enterprises are public register data"
_CODE_LENGTH = 18


def _area(actor: Actor) -> str:
    """Whose enterprises one serves: those of the own subtree, for a station those of the district it stands in."""
    if actor.level < Level.STATION:
        return actor.path
    return actor.path[: actor.path.rstrip(".").rfind(".") + 1]


def find_enterprises(actor: Actor, text: str) -> list[Organisation]:
    """Enterprises of the actor's area whose name contains `text` or whose code begins with it.

    A whole credit code finds its enterprise wherever it is registered: only who knows the code gets the name.
    """
    text = text.strip()
    if not text:
        return []
    code = uscc.normalise(text)
    matches = Q(name__icontains=text) | Q(credit_code__startswith=code) if code else Q(name__icontains=text)
    known = Organisation.objects.unscoped(_PUBLIC).enterprises().active().under(_area(actor))
    found = list(known.filter(matches).order_by("name")[: SHOWN + 1])
    if not found and len(code) == _CODE_LENGTH:
        found = list(Organisation.objects.unscoped(_PUBLIC).enterprises().active().filter(credit_code=code))
    return found


class EnterprisePick(forms.Form):
    """Chosen from what was found (`picked` is its credit code), or new with name and code."""

    picked = forms.CharField(required=False, max_length=18, widget=forms.TextInput(attrs={"hidden": True}))
    picked_name = forms.CharField(required=False, max_length=120, widget=forms.TextInput(attrs={"hidden": True}))
    name = forms.CharField(label="企业名称", max_length=120, required=False)
    credit_code = forms.CharField(
        label="统一社会信用代码",
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"data-uscc": "1", "autocapitalize": "characters", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, needed: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.needed = needed

    @staticmethod
    def initial_of(enterprise: Organisation | None) -> dict[str, Any]:
        """The initial values that show `enterprise` as chosen."""
        return {"picked": enterprise.credit_code, "picked_name": enterprise.name} if enterprise else {}

    @property
    def chosen(self) -> tuple[str, str] | None:
        """Name and code of what is chosen so far, for the page."""
        code, name = self["picked"].value(), self["picked_name"].value()
        return (str(name or code), str(code)) if code else None

    def clean(self) -> dict[str, Any]:
        """A known enterprise, or a name with a valid code, or nothing where none is needed."""
        cleaned: dict[str, Any] = super().clean() or {}
        cleaned["found"] = None
        known = Organisation.objects.unscoped(_PUBLIC).enterprises()
        if picked := cleaned.get("picked"):
            cleaned["found"] = known.filter(credit_code=picked).first()
            if cleaned["found"] is None:
                raise forms.ValidationError("请从查找结果中选择一家企业")
            return cleaned
        code, name = uscc.normalise(cleaned.get("credit_code") or ""), cleaned.get("name", "")
        if not code and not name and not self.needed:
            return cleaned
        if not code or not name:
            raise forms.ValidationError("请查找并选择企业；名录中没有的，填写企业名称和统一社会信用代码")
        if wrong := uscc.problem(code):
            self.add_error("credit_code", wrong)
            return cleaned
        cleaned["credit_code"] = code
        cleaned["found"] = known.filter(credit_code=code).first()
        other = Organisation.objects.unscoped(_PUBLIC).filter(credit_code=code).first()
        if other is not None and cleaned["found"] is None:
            self.add_error("credit_code", f"该代码在名录中是“{other.name}”（{other.get_kind_display()}），不是企业")
        return cleaned

    def enterprise(self, *, unit: Organisation, actor: Actor, at: datetime) -> Organisation | None:
        """What was chosen, added to the directory at the unit's node when it is new; None when nothing was."""
        data = self.cleaned_data
        if data["found"] is not None or not data.get("credit_code"):
            found: Organisation | None = data["found"]
            return found
        return enterprise_of(unit=unit, name=data["name"], credit_code=data["credit_code"], actor=actor, at=at)

    def mismatch(self, found: Organisation | None) -> str:
        """A sentence when the code was known under another name than the one typed, else empty."""
        typed = self.cleaned_data.get("name", "")
        if found is None or self.cleaned_data.get("picked") or not typed or typed == found.name:
            return ""
        return f"该统一社会信用代码已在名录中，登记名称为“{found.name}”，已按名录登记"
