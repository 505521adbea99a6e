from django.urls import path

from . import views
from .views import devices, factors

urlpatterns = [
    path("account/", views.account, name="account"),
    path("search/", views.search, name="search"),
    path("account/language/", views.language, name="account-language"),
    path("account/notices/", views.notices, name="account-notices"),
    path("account/devices/", devices.devices, name="devices"),
    path("account/devices/end/", devices.device_end, name="device-end"),
    path("account/factors/", factors.factors, name="factors"),
    path("account/factors/app/", factors.app_add, name="factor-app"),
    path("account/factors/passkey/", factors.passkey_add, name="factor-passkey"),
    path("account/factors/codes/", factors.codes_renew, name="factor-codes"),
    path("account/factors/<int:pk>/remove/", factors.factor_remove, name="factor-remove"),
]
