from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class PortalConfig(AppConfig):
    name = "wfh_portal"

    def ready(self) -> None:
        """Shared tasks belong to our Celery app in every process, and our checks are known to all commands."""
        from wfh_portal import celery, checks  # noqa: F401

        checks.register()


class PortalAdminConfig(AdminConfig):
    default_site = "wfh_portal.admin_site.PortalAdminSite"
