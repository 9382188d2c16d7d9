"""The health endpoint."""

from django.urls import path

from midun.config import health

urlpatterns = [path("health/", health.health, name="health")]
