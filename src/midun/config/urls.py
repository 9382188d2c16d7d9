"""All addresses."""

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("midun.accounts.account_urls")),
    path("", include("midun.kernel.web.urls")),
    path("directory/", include("midun.accounts.urls")),
    path("directory/", include("midun.directory.urls")),
    path("log/anchors/", include("midun.anchoring.urls")),
    path("", include("midun.evidence.urls")),
    path("campaigns/", include("midun.campaigns.urls")),
    path("deposits/", include("midun.deposits.urls")),
    path("claims/", include("midun.claims.urls")),
    path("marking/", include("midun.marking.urls")),
    path("matching/", include("midun.matching.urls")),
    path("activities/", include("midun.activities.urls")),
    path("visits/", include("midun.visits.urls")),
    path("publicity/", include("midun.publicity.urls")),
    path("reporting/", include("midun.reporting.urls")),
    path("", include("midun.dashboards.urls")),
    path("", include("midun.portal.urls")),
    path("", include("midun.config.health_urls")),
]
