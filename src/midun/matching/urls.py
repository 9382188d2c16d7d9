"""Addresses of the comparison pages."""

from django.urls import path

from midun.matching.views import projects, screening, sessions

app_name = "matching"
urlpatterns = [
    path("projects/", projects.projects, name="projects"),
    path("projects/new/", projects.project_new, name="project-new"),
    path("projects/<uuid:project>/", projects.project, name="project"),
    path("projects/<uuid:project>/edit/", projects.project_edit, name="project-edit"),
    path("projects/<uuid:project>/submit/", projects.submit, name="submit"),
    path("reports/<int:number>/", projects.report, name="report"),
    path("screenings/", screening.screenings, name="screenings"),
    path("screenings/new/", screening.screening_new, name="screening-new"),
    path("screenings/<int:number>/", screening.screening, name="screening"),
    path("screenings/<int:number>/void/", screening.screening_void, name="screening-void"),
    path("sealed/", sessions.sessions, name="sessions"),
    path("sealed/new/", sessions.session_new, name="session-new"),
    path("sealed/<uuid:session>/", sessions.session, name="session"),
    path("sealed/<uuid:session>/session.json", sessions.session_file, name="session-file"),
    path("sealed/<uuid:session>/receive/<str:side>/", sessions.receive, name="receive"),
    path("sealed/<uuid:session>/compare/", sessions.compare, name="compare"),
    path("sealed/<uuid:session>/report/<str:form>/", sessions.report, name="session-report"),
    path("sealed/<uuid:session>/close/", sessions.close, name="close"),
]
