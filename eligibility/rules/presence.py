"""What holds in every unit whatever the policy says: cover first. The numbers are the unit's own or inherited."""

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .base import DayFacts, DayRule


class NotOnLeave(DayRule):
    """Nobody has a WFH day on a day of leave: leave is not work from home."""

    codes = {"R-CUTI": gettext_lazy("on leave")}
    label = gettext_lazy("Not on leave")
    article = "PP 11/2017"

    def code(self, facts: DayFacts):
        return "R-CUTI" if facts.on_leave else None

    def sentence(self, code, facts):
        if code:
            return _("That day is a day of leave (%(kind)s).") % {"kind": facts["on_leave"]}
        return _("No leave is recorded on that day.")


class NotTaken(DayRule):
    """One WFH day a date."""

    codes = {"R-SUDAH-WFH": gettext_lazy("already a WFH day")}
    label = gettext_lazy("No WFH day yet")
    article = ""

    def code(self, facts: DayFacts):
        return "R-SUDAH-WFH" if facts.taken else None

    def sentence(self, code, facts):
        if code:
            return _("That day is a WFH day already.")
        return _("That day is not a WFH day yet.")


class OpenDay(DayRule):
    """The unit has not closed the date to WFH (*black-out*), for instance for an audit or a visit."""

    codes = {"R-HARI-DITUTUP": gettext_lazy("unit closed to WFH on that day")}
    label = gettext_lazy("Open day")
    article = ""

    def code(self, facts: DayFacts):
        return "R-HARI-DITUTUP" if facts.closed else None

    def sentence(self, code, facts):
        if code:
            return _("The unit is closed to WFH on that day: %(reason)s.") % {"reason": facts["closed"]}
        return _("The unit has not closed that day to WFH.")


class NoAnchorDay(DayRule):
    """The date is no day on which the whole unit meets at the office."""

    codes = {"R-HARI-BERSAMA": gettext_lazy("the unit meets at the office on that day")}
    label = gettext_lazy("No anchor day")
    article = ""

    def code(self, facts: DayFacts):
        return "R-HARI-BERSAMA" if facts.anchor else None

    def sentence(self, code, facts):
        named = {"day": date_format(facts["date"], "l"), "reason": facts.get("anchor", "")}
        if code:
            return _("On %(day)s everybody of the unit is at the office: %(reason)s.") % named
        return _("%(day)s is no day on which the whole unit meets at the office.") % named


class MinimumPresent(DayRule):
    """So many of the unit stay at the office; whoever is at home or on leave is not there (rulings.md 20)."""

    codes = {"R-KEHADIRAN-MINIMUM": gettext_lazy("too few would be at the office")}
    label = gettext_lazy("Minimum at the office")
    article = ""

    def room(self, facts: DayFacts):
        # `present` leaves the person out: while they are here, present + 1 are at the office
        return facts.present + 1 - facts.minimum if facts.minimum else None

    def code(self, facts: DayFacts):
        return "R-KEHADIRAN-MINIMUM" if facts.minimum and facts.present < facts.minimum else None

    def sentence(self, code, facts):
        named = {"present": facts.get("present", 0), "minimum": facts.get("minimum", 0)}
        if code:
            return (
                _("Only %(present)s others would be at the office on that day; at least %(minimum)s must be.") % named
            )
        if not named["minimum"]:
            return _("The unit has set no minimum at the office.")
        return _("Enough stay at the office on that day (%(present)s, at least %(minimum)s).") % named


class StaffedPost(DayRule):
    """The post stays staffed."""

    codes = {"R-POS-WAJIB": gettext_lazy("the post must stay staffed")}
    label = gettext_lazy("Staffed posts")
    article = ""

    def code(self, facts: DayFacts):
        return "R-POS-WAJIB" if facts.post and facts.post_present < facts.post_minimum else None

    def sentence(self, code, facts):
        named = {
            "post": facts.get("post", ""),
            "present": facts.get("post_present", 0),
            "minimum": facts.get("post_minimum", 0),
        }
        if code:
            text = _("The post %(post)s must be staffed by %(minimum)s; only %(present)s others are there on that day.")
            return text % named
        if not named["post"]:
            return _("This post need not be staffed every day.")
        return _("The post %(post)s stays staffed on that day (%(present)s, at least %(minimum)s).") % named
