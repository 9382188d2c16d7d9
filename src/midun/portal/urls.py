"""Addresses of the portal."""

from django.urls import path

from midun.portal import views

app_name = "portal"
urlpatterns = [
    path("", views.home, name="home"),
    path("column/activities/", views.section, {"slug": "activities"}, name="activities"),
    path("column/activities/<int:number>/", views.article, {"slug": "activities"}, name="activity"),
    path("column/news/", views.section, {"slug": "news"}, name="news"),
    path("column/news/<int:number>/", views.article, {"slug": "news"}, name="news-item"),
    path("column/cases/", views.section, {"slug": "cases"}, name="cases"),
    path("column/cases/<int:number>/", views.article, {"slug": "cases"}, name="case"),
    path("column/downloads/", views.section, {"slug": "downloads"}, name="downloads"),
    path("column/downloads/<int:number>/", views.article, {"slug": "downloads"}, name="resource"),
    path("search/", views.search, name="search"),
    path("feed.xml", views.feed, name="feed"),
    path("about/", views.plain, {"name": "about"}, name="about"),
    path("accessibility/", views.plain, {"name": "accessibility"}, name="accessibility"),
    path("site-map/", views.plain, {"name": "site-map"}, name="site-map"),
]
