"""The custom properties that Microsoft-style label tools look for (docs/formats/label.md)."""

import datetime as dt
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from midun.lib.marking.label.grades import HANDLING
from midun.lib.marking.label.model import Label

NAME = re.compile(r"MSIP_Label_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})_(\w{1,40})", re.IGNORECASE)


@dataclass(frozen=True)
class Tenant:
    """The GUIDs of an owner's own label tool, where it has one: its site, and a label for a grade's printed word."""

    site: uuid.UUID | None = None
    labels: Mapping[str, uuid.UUID] = field(default_factory=dict)

    def label_id(self, label: Label) -> uuid.UUID:
        """The GUID of the label's grade."""
        grade = label.grade
        derived = uuid.uuid5(uuid.NAMESPACE_URL, f"urn:midun:label:1:{grade.scheme}/{grade.code}")
        return self.labels.get(grade.word, derived)

    def site_id(self, label: Label) -> uuid.UUID:
        """The GUID of the owner."""
        owner = label.owner.code or label.owner.name
        return self.site or uuid.uuid5(uuid.NAMESPACE_URL, f"urn:midun:owner:{owner}")


def properties(label: Label, tenant: Tenant | None = None) -> dict[str, str]:
    """Names and values, those of other tools and our own readable ones."""
    tenant = tenant or Tenant()
    prefix = f"MSIP_Label_{tenant.label_id(label)}_"
    return {
        "MidunLabelId": str(label.id),
        "MidunGrade": label.grade.printed,
        "MidunOwner": f"{label.owner.name} {label.owner.code or ''}".strip(),
        "MidunTerm": label.term.printed,
        "MidunHandling": "；".join(HANDLING[code] for code in label.handling),
        prefix + "Enabled": "true",
        prefix + "SetDate": label.at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        prefix + "Method": "Privileged" if label.change else "Standard",
        prefix + "Name": label.grade.printed,
        prefix + "SiteId": str(tenant.site_id(label)),
        prefix + "ContentBits": "0",
    }


def belongs_to(name: str, label: Label, tenant: Tenant | None = None) -> bool:
    """Whether a property was written by `properties` for any grade of this owner, so that a new label replaces it."""
    return name.startswith("Midun") or name in properties(label, tenant)
