from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class PortalConfig(AppConfig):
    name = "wfh_portal"

    def ready(self) -> None:
        """Shared tasks belong to our Celery app in every process."""
        from wfh_portal import celery  # noqa: F401


class PortalAdminConfig(AdminConfig):
    default_site = "wfh_portal.admin_site.PortalAdminSite"
