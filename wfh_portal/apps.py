from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class PortalConfig(AppConfig):
    name = "wfh_portal"


class PortalAdminConfig(AdminConfig):
    default_site = "wfh_portal.admin_site.PortalAdminSite"
