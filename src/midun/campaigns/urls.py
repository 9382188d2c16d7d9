"""Addresses of campaigns."""

from django.urls import path

from midun.campaigns import views

app_name = "campaigns"
urlpatterns = [
    path("", views.campaign_list, name="list"),
    path("new/", views.campaign_new, name="new"),
    path("plan/", views.current_plan, name="current-plan"),
    path("mine/", views.current_mine, name="current-mine"),
    path("<int:number>/", views.campaign_page, name="detail"),
    path("<int:number>/edit/", views.campaign_edit, name="edit"),
    path("<int:number>/units/", views.campaign_units, name="units"),
    path("<int:number>/step/<slug:step>/", views.campaign_step, name="step"),
    path("<int:number>/documents/", views.campaign_documents, name="documents"),
    path("<int:number>/calendar.ics", views.campaign_calendar, name="calendar"),
    path("<int:number>/plan/", views.plan_page, name="plan"),
    path("<int:number>/plan/review/", views.plan_review, name="review"),
    path("<int:number>/plan/export/<slug:kind>/", views.plan_export, name="export"),
    path("<int:number>/mine/", views.mine, name="mine"),
    path("<int:number>/mine/add/", views.line_add, name="line-add"),
    path("<int:number>/import/", views.import_new, name="import"),
    path("imports/<int:number>/", views.import_preview, name="preview"),
    path("lines/<int:number>/", views.line_page, name="line"),
    path("lines/<int:number>/edit/", views.line_edit, name="line-edit"),
    path("lines/<int:number>/act/<slug:act>/", views.line_act, name="line-act"),
    path("lines/<int:number>/finish/", views.line_finish, name="line-finish"),
    path("lines/<int:number>/unfinish/", views.line_unfinish, name="line-unfinish"),
]
