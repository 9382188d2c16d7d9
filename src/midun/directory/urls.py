"""Addresses of the directory."""

from django.urls import path

from midun.directory import views

app_name = "directory"
urlpatterns = [
    path("enterprises/", views.enterprises, name="enterprises"),
    path("enterprises/new/", views.enterprise_new, name="enterprise-new"),
    path("enterprises/import/", views.import_upload, name="import"),
    path("enterprises/import/template/", views.import_template, name="import-template"),
    path("enterprises/import/<int:number>/", views.import_preview, name="import-preview"),
    path("enterprises/import/<int:number>/errors/", views.import_errors, name="import-errors"),
    path("enterprises/<int:number>/", views.enterprise, name="enterprise"),
    path("enterprises/<int:number>/edit/", views.enterprise_edit, name="enterprise-edit"),
    path("units/", views.units, name="units"),
    path("units/<int:number>/new/", views.node_new, name="node-new"),
    path("units/<int:number>/divisions/", views.divisions_add, name="divisions"),
    path("units/<int:number>/edit/", views.node_edit, name="node-edit"),
    path("units/<int:number>/close/", views.node_close, name="node-close"),
    path("units/<int:number>/organisations/new/", views.organisation_new, name="organisation-new"),
    path("organisations/<int:number>/", views.organisation, name="organisation"),
    path("organisations/<int:number>/edit/", views.organisation_edit, name="organisation-edit"),
    path("organisations/<int:number>/close/", views.organisation_close, name="organisation-close"),
    path("logins/", views.login_history, name="logins"),
    path("trail/", views.trail, name="trail"),
    path("trail/<int:number>/", views.entry, name="entry"),
    path("calendar/", views.work_calendar, name="calendar"),
    path("calendar/<int:year>/", views.work_calendar, name="calendar-year"),
]
