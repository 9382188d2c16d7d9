"""Tables of activities, split by concept."""

from midun.activities.models.activity import Activity, SignIn
from midun.activities.models.certificate import Certificate, CertificateYear
from midun.activities.models.participation import Participation

__all__ = ["Activity", "Certificate", "CertificateYear", "Participation", "SignIn"]
