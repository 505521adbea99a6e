from django.urls import path

from . import views
from .views import approvals, delegations, objections, push, team

urlpatterns = [
    path("", views.my_week, name="my-week"),
    path("why/<str:week>/", views.why, name="why"),
    path("why/<str:week>/object/", objections.object_to, name="object"),
    path("objections/", objections.mine, name="objections"),
    path("objections/<int:pk>/withdraw/", objections.take_back, name="objection-withdraw"),
    path("automatic/", objections.automatic, name="automatic-decisions"),
    path("requests/", views.my_requests, name="requests"),
    path("requests/new/", views.request_new, name="request-new"),
    path("requests/series/", views.request_series, name="request-series"),
    path("requests/<int:pk>/again/", views.request_again, name="request-again"),
    path("requests/<int:pk>/withdraw/", views.withdraw, name="request-withdraw"),
    path("swaps/new/", views.swap_new, name="swap-new"),
    path("days/<int:pk>/give-back/", views.give_back, name="day-give-back"),
    path("wishes/", views.wishes, name="wishes"),
    path("approvals/", views.inbox, name="approvals"),
    path("approvals/<int:pk>/approve/", views.approve, name="request-approve"),
    path("approvals/<int:pk>/reject/", views.reject, name="request-reject"),
    path("approvals/<int:pk>/return/", approvals.send_back, name="request-return"),
    path("approvals/approve/", approvals.approve_chosen, name="approve-chosen"),
    path("team/", team.week, name="team"),
    path("team/<str:date>/", team.day, name="team-day"),
    path("team/days/<int:pk>/recall/", team.recall, name="day-recall"),
    path("delegations/", delegations.stand_ins, name="delegations"),
    path("delegations/<int:pk>/end/", delegations.end_stand_in, name="delegation-end"),
    path("notices/", views.my_notices, name="notices"),
    path("account/push/", push.switch_on, name="push-on"),
    path("account/push/off/", push.switch_off, name="push-off"),
]
