"""Login, second factor, password reset: the account library's pages in our clothes."""

from django.urls import include, path

urlpatterns = [path("", include("allauth.urls"))]
