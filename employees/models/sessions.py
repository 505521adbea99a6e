"""Open log-ins, and how often a log-in was tried in vain. Both are their own history: nothing of them is versioned."""

from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils.translation import gettext_lazy as _

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
