"""What a token may do beside reading. Every token reads what its account sees; each further thing is named. Pure."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Scope(models.TextChoices):
    WRITE = "write", _("ask, decide, withdraw")
    PUBLISH = "publish", _("publish plans")
