"""Addresses of reporting."""

from django.urls import path

from midun.reporting import views

app_name = "reporting"
urlpatterns = [
    path("", views.boards, name="boards"),
    path("query/", views.query, name="query"),
    path("query/cells/<str:name>/", views.query_drill, name="query-drill"),
    path("campaigns/<int:number>/", views.board, name="board"),
    path("campaigns/<int:number>/figures/", views.comparison, name="comparison"),
    path("forms/<int:number>/", views.form, name="form"),
    path("forms/<int:number>/cells/<str:name>/", views.drill, name="drill"),
    path("forms/<int:number>/summary/", views.summary, name="summary"),
    path("forms/<int:number>/sealed/", views.sealed, name="sealed"),
    path("forms/<int:number>/form.<str:kind>", views.form_paper, name="paper"),
    path("forms/<int:number>/<str:step>/", views.act, name="act"),
]
