"""What HR's queues have in common: rows about people they cover, the most urgent first, each with a clock, answered in
words on its own page. A subclass names the states, the two answers and the action."""

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from employees.admin import ActionAdmin, UnitFilter
from employees.models import Employee
from employees.models.access import READS_SCORES
from employees.permissions import holds_any


class AnswerForm(forms.Form):
    answer = forms.CharField(
        label=gettext_lazy("Answer (the person reads it)"),
        max_length=4_000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        error_messages={"required": gettext_lazy("Write an answer: the person reads why.")},
    )


class AboutPersonAdmin(ActionAdmin):
    """Read by HR and the auditor about the people they cover; one's own are on one's own pages."""

    list_filter: Any = [UnitFilter]
    search_fields = ["employee__name", "employee__nip"]
    search_help_text = gettext_lazy("Name or NIP")

    def may_read(self, user):
        return holds_any(user, READS_SCORES)

    def scope(self, user):
        covered = Employee.objects.none().granted(user, READS_SCORES, employee="employee_id")
        return self.model.objects.visible_to(user).filter(covered)

    @display(description=gettext_lazy("employee"), ordering="employee__name", header=True)
    def person(self, row):
        return [row.employee.full_name, row.employee.nip]


class QueueAdmin(AboutPersonAdmin):
    """A queue with a clock and a page on which each row is answered, with one of two outcomes."""

    change_form_outer_before_template = "admin/portal/answer.html"
    waits: ClassVar[str]  # the state in which a row waits for an answer
    yes: ClassVar[tuple[str, str | Promise]]  # what the form sends, and the button's words
    no: ClassVar[tuple[str, str | Promise]]
    consequence: ClassVar[str | Promise]  # what each answer does
    choose: ClassVar[str | Promise]  # said where neither was chosen
    answered: ClassVar[str | Promise]  # said afterwards
    denied: ClassVar[type[Exception]]
    refused: ClassVar[type[Exception]]
    soon: ClassVar[int]  # so much left is urgent

    def check_may_answer(self, user, one) -> None:
        """Raises `denied` with the reason."""
        raise NotImplementedError

    def act(self, pk: int, *, yes: bool, **known) -> None:
        """The action: `answer`, `version`, `by`, `at`. Raises `denied`, `refused`."""
        raise NotImplementedError

    def left(self, one) -> int:
        """How much of the term is left, in the unit of `clock_words`; negative when it is over."""
        raise NotImplementedError

    def clock_words(self, left: int) -> str:
        raise NotImplementedError

    @display(description=gettext_lazy("clock"), label={"LATE": "danger", "SOON": "warning", "RUNS": "info"})
    def clock(self, one):
        if one.state != self.waits:
            return None
        left = self.left(one)
        return ("LATE" if left < 0 else "SOON" if left < self.soon else "RUNS"), self.clock_words(left)

    def get_urls(self):
        view, name = (
            self.admin_site.admin_view(self.answer_view),
            f"{self.opts.app_label}_{self.opts.model_name}_answer",
        )
        return [path("<int:pk>/answer/", view, name=name), *super().get_urls()]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if not self.may_read(request.user):
            raise PermissionDenied
        one = self.get_object(request, object_id)
        context = {
            "answer_form": AnswerForm(auto_id="answer_%s"),
            "answer_address": self._address("answer", one.pk),
            "queue": self,
            "answerable": False,
            "why_not": "",
        }
        if one.state == self.waits:
            try:
                self.check_may_answer(request.user, one)
                context["answerable"] = True
            except self.denied as denied:
                context["why_not"] = str(denied)
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def answer_view(self, request, pk):
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.may_read(request.user):
            raise PermissionDenied
        get_object_or_404(self.get_queryset(request), pk=pk)
        version, do = request.POST.get("version", ""), request.POST.get("do", "")
        page = HttpResponseRedirect(self._address("change", pk))
        if do not in (self.yes[0], self.no[0]):
            messages.error(request, str(self.choose))
            return page
        try:
            self.act(
                pk,
                yes=do == self.yes[0],
                answer=request.POST.get("answer", ""),
                version=int(version) if version.isascii() and version.isdecimal() and len(version) < 10 else -1,
                by=request.user,
                at=timezone.now(),
            )
            messages.success(request, str(self.answered))
        except self.denied as denied:
            raise PermissionDenied(str(denied)) from denied
        except self.refused as refused:
            messages.error(request, str(refused))
        return page

    def _address(self, what: str, pk: int) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{what}", args=[pk])
