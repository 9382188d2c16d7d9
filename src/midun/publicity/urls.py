"""Addresses of publicity: the same pages for each kind of record."""

from django.urls import path

from midun.publicity.kinds import KINDS
from midun.publicity.views import cases, records

app_name = "publicity"
urlpatterns = [path("cases/<int:number>/steps/<str:step>/", cases.case_step, name="case-step")]
for slug, found in KINDS.items():
    kind = {"slug": slug}
    urlpatterns += [
        path(f"{slug}s/", records.records, kind, name=f"{slug}s"),
        path(f"{slug}s/new/", records.new, kind, name=f"{slug}-new"),
        path(f"{slug}s/<int:number>/", records.detail, kind, name=slug),
        path(f"{slug}s/<int:number>/edit/", records.edit, kind, name=f"{slug}-edit"),
        path(f"{slug}s/<int:number>/void/", records.void, kind, name=f"{slug}-void"),
        path(f"{slug}s/<int:number>/restore/", records.restore, kind, name=f"{slug}-restore"),
        path(f"{slug}s/<int:number>/files/<int:file>/", records.show_file, kind, name=f"{slug}-file"),
        path(f"{slug}s/<int:number>/files/<int:file>/remove/", records.remove_file, kind, name=f"{slug}-file-remove"),
    ]
    if found.portal:
        urlpatterns.append(path(f"{slug}s/<int:number>/portal/", records.portal, kind, name=f"{slug}-portal"))
