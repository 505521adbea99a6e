"""What people were told: one notice a transition and person, and the devices that want a push."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from employees.models import Employee, User


class NoticeQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own; what others were told is nobody's to read."""
        return self.filter(receiver=user.reach.me)


class Notice(models.Model):
    """One thing told to one person. Ids only; the words are made in the reader's language when it is read or mailed."""

    receiver = models.ForeignKey(Employee, models.CASCADE, related_name="notices", verbose_name=_("receiver"))
    agency_id = models.BigIntegerField()
    kind = models.CharField(_("kind"), max_length=24)
    key = models.CharField(_("key"), max_length=120, unique=True)  # the same thing is never told twice
    subject_id = models.BigIntegerField(_("subject id"))
    facts = models.JSONField(default=dict)
    at = models.DateTimeField(_("when"))
    mailed_at = models.DateTimeField(_("mailed at"), null=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["receiver", "-at"], name="notice_receiver")]

    def __str__(self) -> str:
        return self.key


class PushSubscriptionQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own devices."""
        return self.filter(user=user)


class PushSubscription(models.Model):
    """A browser that wants to be told at once; the address is the push service's own."""

    user = models.ForeignKey(User, models.CASCADE, related_name="pushes")
    endpoint = models.URLField(max_length=500, unique=True)
    p256dh = models.CharField(max_length=120)
    auth = models.CharField(max_length=40)
    created_at = models.DateTimeField()

    objects = PushSubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("push subscription")
        verbose_name_plural = _("push subscriptions")

    def __str__(self) -> str:
        return str(self.user_id)
