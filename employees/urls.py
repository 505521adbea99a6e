from django.urls import path

from . import views

urlpatterns = [
    path("account/", views.account, name="account"),
    path("account/language/", views.language, name="account-language"),
    path("account/notices/", views.notices, name="account-notices"),
]
