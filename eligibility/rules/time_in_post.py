import dataclasses

from django.db.models import Case, CharField, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .base import Context, WeekRule, whole_number
from .months import after_months, as_date, latest_reaching, said


@dataclasses.dataclass(frozen=True)
class TimeInPost(WeekRule):
    """In the present post for at least `months` months: new by recruitment, promotion, transfer or rotation is new."""

    months: int = 6

    codes = {
        "R-PEGAWAI-BARU": gettext_lazy("new in the post"),
        "R-MASA-JABATAN-BELUM-DIKETAHUI": gettext_lazy("not known since when in the post"),
    }
    label = gettext_lazy("Time in the post")
    article = "PermenPANRB 4/2025 art. 25"
    facts = ("in_post_since",)
    needs = ("in_post_since",)

    def __post_init__(self):
        whole_number("TimeInPost.months", self.months, 1, 120)

    def code_expression(self, context: Context):
        return Case(
            When(in_post_since__lte=latest_reaching(context.as_of, self.months), then=Value(None)),
            When(in_post_since__isnull=True, then=Value("R-MASA-JABATAN-BELUM-DIKETAHUI")),
            default=Value("R-PEGAWAI-BARU"),
            output_field=CharField(),
        )

    def describe(self):
        return _("In the present post for at least %(months)s months.") % {"months": self.months}

    def sentence(self, code, facts):
        if code == "R-PEGAWAI-BARU":
            since = as_date(facts["in_post_since"])
            named = {"since": said(since), "until": said(after_months(since, self.months))}
            return _("In this post since %(since)s; this policy counts from %(until)s on.") % named
        if code:
            return _("It is not recorded since when this post is held. HR can record it.")
        return _("In this post since %(since)s, long enough.") % {"since": said(facts.get("in_post_since"))}
