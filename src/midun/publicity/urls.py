"""Addresses of publicity: the same pages for each kind of record."""

from django.urls import path

from midun.publicity import views
from midun.publicity.kinds import KINDS

app_name = "publicity"
urlpatterns = [path("cases/<int:number>/steps/<str:step>/", views.case_step, name="case-step")]
for slug in KINDS:
    kind = {"slug": slug}
    urlpatterns += [
        path(f"{slug}s/", views.records, kind, name=f"{slug}s"),
        path(f"{slug}s/new/", views.new, kind, name=f"{slug}-new"),
        path(f"{slug}s/<int:number>/", views.detail, kind, name=slug),
        path(f"{slug}s/<int:number>/edit/", views.edit, kind, name=f"{slug}-edit"),
        path(f"{slug}s/<int:number>/void/", views.void, kind, name=f"{slug}-void"),
        path(f"{slug}s/<int:number>/portal/", views.portal, kind, name=f"{slug}-portal"),
    ]
