"""Open log-ins, what tokens may do, and how often a log-in was tried in vain. Nothing of them is versioned: their
beginning and end are events."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils.translation import gettext_lazy as _

from employees.scopes import Scope

from .access import User


class SessionQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own only: where and with what somebody is logged in concerns nobody else."""
        return self.filter(account_id=user.pk)


class Session(AbstractBaseSession):
    """An open log-in. It knows whose it is, so that all of an account's end in one statement, listed or not."""

    account = models.ForeignKey(User, models.CASCADE, null=True, related_name="+", verbose_name=_("account"))

    objects = SessionQuerySet.as_manager()  # type: ignore[misc, assignment]  # the library types its own manager

    class Meta(AbstractBaseSession.Meta):
        abstract = False

    @classmethod
    def get_session_store_class(cls):
        from employees.sessions import SessionStore  # the store needs this model

        return SessionStore


class TokenScopesQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Those of one's own tokens."""
        return self.filter(token__user=user)


class TokenScopes(models.Model):
    """What a token may do beside reading, named when it is made. One without a row only reads."""

    token = models.OneToOneField("knox.AuthToken", models.CASCADE, primary_key=True, related_name="scopes")
    names = ArrayField(models.CharField(max_length=10, choices=Scope), verbose_name=_("scopes"))

    objects = TokenScopesQuerySet.as_manager()

    class Meta:
        verbose_name = _("scopes of a token")
        verbose_name_plural = _("scopes of tokens")

    def __str__(self) -> str:
        return ", ".join(self.names)


class Attempt(models.Model):
    """How often something was tried in vain lately. The key is a keyed digest: no number and no address is kept."""

    key = models.CharField(max_length=64, primary_key=True)
    count = models.IntegerField(default=0)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)  # nothing of this key is tried before

    class Meta:
        indexes = [models.Index(fields=["since"], name="attempt_since")]

    def __str__(self) -> str:
        return f"{self.key[:8]} {self.count}"
