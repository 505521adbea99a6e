"""Paths under /api/."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from . import api

urlpatterns = [
    path("v1/me/week/", api.MyWeek.as_view(), name="api-my-week"),
    path("v1/decisions/", api.Decisions.as_view(), name="api-decisions"),
    path("v1/decisions/<uuid:person>~<str:week>/", api.OneDecision.as_view(), name="api-decision"),
    path("v1/wfh-days/", api.WfhDays.as_view(), name="api-wfh-days"),
    path("v1/wfh-days/<int:pk>/recall/", api.RecallDay.as_view(), name="api-wfh-day-recall"),
    path("v1/requests/", api.Requests.as_view(), name="api-requests"),
    path("v1/requests/approve/", api.ApproveMany.as_view(), name="api-requests-approve"),
    path("v1/requests/<int:pk>/", api.OneRequest.as_view(), name="api-request"),
    path("v1/requests/<int:pk>/approve/", api.ApproveRequest.as_view(), name="api-request-approve"),
    path("v1/requests/<int:pk>/reject/", api.RejectRequest.as_view(), name="api-request-reject"),
    path("v1/requests/<int:pk>/return/", api.ReturnRequest.as_view(), name="api-request-return"),
    path("v1/requests/<int:pk>/withdraw/", api.WithdrawRequest.as_view(), name="api-request-withdraw"),
    path("v1/requests/<int:pk>/send/", api.SendRequest.as_view(), name="api-request-send"),
    path("v1/plans/", api.Plans.as_view(), name="api-plans"),
    path("v1/plans/<int:pk>/", api.OnePlan.as_view(), name="api-plan"),
    path("v1/plans/<int:pk>/publish/", api.PublishPlan.as_view(), name="api-plan-publish"),
    path("v1/calendar/<str:token>.ics", api.CalendarFeed.as_view(), name="api-calendar"),
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    # without OPTIONS: its answer would be data, and this page has only a template
    path(
        "docs/",
        SpectacularSwaggerView.as_view(url_name="api-schema", http_method_names=["get", "head"]),
        name="api-docs",
    ),
]
