"""Addresses of visits."""

from django.urls import path

from midun.visits.views import baseline, records

app_name = "visits"
urlpatterns = [
    path("", records.visits, name="visits"),
    path("new/", records.new, name="new"),
    path("baseline/", baseline.baseline, name="baseline"),
    path("<int:number>/", records.visit, name="visit"),
    path("<int:number>/findings/", records.findings, name="findings"),
    path("<int:number>/edit/", records.edit, name="edit"),
    path("<int:number>/void/", records.void, name="void"),
    path("<int:number>/restore/", records.restore, name="restore"),
    path("<int:number>/files/<int:file>/remove/", records.remove_file, name="remove-file"),
]
