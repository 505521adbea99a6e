"""Paths under /api/."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from . import api

urlpatterns = [
    path("v1/me/week/", api.MyWeek.as_view(), name="api-my-week"),
    path("v1/wfh-days/", api.WfhDays.as_view(), name="api-wfh-days"),
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("docs/", SpectacularSwaggerView.as_view(url_name="api-schema"), name="api-docs"),
]
