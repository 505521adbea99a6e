import dataclasses

from django.db.models import Case, CharField, Q, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from employees.models import Agency, Placement

from .base import BadPolicy, Context, WeekRule


@dataclasses.dataclass(frozen=True)
class ExcludedLevels(WeekRule):
    """The policy does not cover agencies of these levels of government."""

    levels: tuple[str, ...] = ("TNI", "POLRI", "PERWAKILAN_LN")

    codes = {"R-LINGKUP": gettext_lazy("agency not covered by the policy")}
    label = gettext_lazy("Level of government")
    article = "Perpres 21/2023; PermenPANRB 4/2025 art. 38"
    facts = ("level",)
    needs = ("level",)

    def __post_init__(self):
        object.__setattr__(self, "levels", tuple(self.levels))
        check_choices("ExcludedLevels.levels", self.levels, Agency.Scope.values)

    def passing(self, context: Context) -> Q:
        return Q(level__isnull=False) & ~Q(level__in=self.levels)

    def describe(self):
        names = ", ".join(str(Agency.Scope(level).label) for level in self.levels)
        return _("The agency is none of: %(levels)s.") % {"levels": names}

    def sentence(self, code, facts):
        if code:
            return _("This policy does not cover agencies of this level of government.")
        return _("This policy covers this agency.")


@dataclasses.dataclass(frozen=True)
class ExcludedPosts(WeekRule):
    """Posts that the policy leaves out, by level of government: `{"PROVINSI": ["JPT_MADYA", …]}`."""

    posts: dict | None = None

    codes = {
        "R-JABATAN-DIKECUALIKAN": gettext_lazy("post left out by the policy"),
        "R-JABATAN-BELUM-DIKETAHUI": gettext_lazy("group of post not known"),
    }
    label = gettext_lazy("Posts left out")
    article = "SE Mendagri 800.1.5/3349/SJ"
    facts = ("level", "job_group")
    needs = ("level", "job_group")

    def __post_init__(self):
        check_choices("ExcludedPosts.posts", (self.posts or {}).keys(), Agency.Scope.values)
        for level, groups in (self.posts or {}).items():
            check_choices(f"ExcludedPosts.posts[{level}]", groups, Placement.Group.values)

    def code_expression(self, context: Context):
        left_out = Q(pk__in=[])
        for level, groups in (self.posts or {}).items():
            left_out |= Q(level=level, job_group__in=groups)
        asked = Q(level__in=list(self.posts or {}))
        return Case(
            When(left_out, then=Value("R-JABATAN-DIKECUALIKAN")),
            When(asked & Q(job_group__isnull=True), then=Value("R-JABATAN-BELUM-DIKETAHUI")),
            When(level__isnull=True, then=Value("R-JABATAN-BELUM-DIKETAHUI")),
            default=Value(None),
            output_field=CharField(),
        )

    def describe(self):
        rows = [
            f"{Agency.Scope(level).label}: {', '.join(str(Placement.Group(g).label) for g in groups)}"
            for level, groups in (self.posts or {}).items()
        ]
        return _("The post is none of: %(posts)s.") % {"posts": "; ".join(rows) or "–"}

    def sentence(self, code, facts):
        if code == "R-JABATAN-DIKECUALIKAN":
            return _("This policy leaves out posts of the group “%(group)s”.") % {
                "group": Placement.Group(facts["job_group"]).label
            }
        if code:
            return _("The group of this post is not recorded. HR can record it.")
        return _("This policy covers this post.")


def check_choices(name: str, given, known) -> None:
    """Raises `BadPolicy` where something given is not known."""
    unknown = [str(one) for one in given if one not in known]
    if unknown:
        named = {"name": name, "unknown": ", ".join(unknown), "known": ", ".join(known)}
        raise BadPolicy(_("%(name)s: unknown %(unknown)s; known are %(known)s") % named)
