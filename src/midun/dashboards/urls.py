"""Addresses of the desk and the big screen."""

from django.urls import path

from midun.dashboards import views

app_name = "dashboards"
urlpatterns = [
    path("desk/", views.desk, name="desk"),
    path("desk/figures/", views.desk_figures, name="desk-figures"),
    path("board/", views.board, name="board"),
    path("board/<int:number>/", views.board, name="board-of"),
    path("board/<int:number>/data/", views.board_data, name="board-data"),
    path("board/<int:number>/figures/<str:name>/", views.figure, name="figure"),
    path("board/<int:number>/units/", views.units, name="units"),
    path("board/<int:number>/days/", views.days, name="days"),
    path("board/<int:number>/latest/", views.latest, name="latest"),
]
