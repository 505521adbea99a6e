"""Sentences about plans: why this day, why none, what clashes. Stored are codes and numbers; words are made here."""

import datetime as dt

from django.utils.formats import date_format, number_format
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from eligibility.models import Correction
from eligibility.rules import label_of, rule_label

from .models import Allotment, UnitPlan, WfhDay

Why = Allotment.Why
FULL = frozenset({"R-KUOTA-UNIT", "R-KEHADIRAN-MINIMUM", "R-POS-WAJIB"})  # others took the places of that day


def days(value) -> str:
    """`1`, `0,5`, in the reader's way of writing numbers."""
    return number_format(value, 0 if value == int(value) else 1)


def dated(date: dt.date, slot: str) -> str:
    """A day as sentences name it, with the half where it is half a day."""
    day = date_format(date, "l, j F")
    return day if slot == WfhDay.Slot.FULL else f"{day} ({WfhDay.Slot(slot).label})"


def outcome(eligible: bool | None, reasons: list[str]) -> str:
    """A decision in a few words, with what is not met; for the person and HR only."""
    if eligible is None:
        return _("no decision")
    if eligible:
        return _("eligible")
    return _("not eligible (%(reasons)s)") % {"reasons": ", ".join(str(label_of(code)) for code in reasons)}


def before_correction(one: Correction) -> str:
    """What counted until then: a decision, or the days that fall away or were lost."""
    if not one.is_of_days:
        return outcome(one.before_eligible, one.before_reasons)
    if one.cause == Correction.Cause.REOPENED:
        return _("a day that is earned is missing")
    return "; ".join(_("WFH on %(day)s") % {"day": _falling(day)} for day in one.days)


def after_correction(one: Correction) -> str:
    """What counts (or would count) from then on, with why where it is about days."""
    if one.cause == Correction.Cause.LEFT:
        return _("these days fall away: the person no longer works there")
    if one.cause == Correction.Cause.CALENDAR:
        return "; ".join(_instead(day) for day in one.days)
    if one.cause == Correction.Cause.REOPENED:
        said = "; ".join(_reopened(day) for day in one.days if "date" in day)
        return "; ".join([said, given(one) or _("a day is given where the limits allow")])
    return "; ".join(filter(None, [outcome(one.after_eligible, one.after_reasons), given(one)]))


def given(one: Correction) -> str:
    """The days that came of a correction, or plainly why none could be given; "" where there was nothing to give."""
    results = [day for day in one.days if "date" not in day]
    if not results:
        return ""
    if results[0]["to"]:
        on = [dated(dt.date.fromisoformat(day["to"]), WfhDay.Slot.FULL) for day in results]
        return _("WFH on %(days)s") % {"days": get_text_list(on, _("and"))}
    return _none_given(results[0])


def _none_given(result: dict) -> str:
    why = {
        "NO_PLAN": _("the plan of that week is not published yet and will count the person in"),
        "OVER": _("no WFH day: no working day of that week lies ahead"),
        "NOT_PLACED": _("no WFH day: the person is placed in no unit in that week"),
        "NOTHING_EARNED": _("no WFH day: no further day is earned in that week"),
        Why.AWAY: _("no WFH day: leave or another unit takes the rest of the week"),
        Why.CLOSED: _("no WFH day: no day of that week is open in the unit; the day is owed"),
        Why.NO_ROOM: _("no WFH day: no place is left in that week; the day is owed"),
    }[result["why"]]
    wanted = dt.date.fromisoformat(result["wanted"]) if result.get("wanted") else None
    stood = Allotment(wanted=wanted, code=result.get("code", ""), used=result.get("used"), cap=result.get("cap"))
    return f"{why} ({against_it.rstrip('.')})" if (against_it := _against(stood)) else why


def _reopened(day: dict) -> str:
    named = {"day": _falling(day), "name": day["name"]}
    return _("%(day)s is no day off any more (%(name)s)") % named


def _instead(day: dict) -> str:
    named = {"day": _falling(day), "name": day["name"]}
    if "to" not in day:
        said = _("%(day)s is a day off (%(name)s): it falls away; another day of the week where the limits allow")
    elif day["to"]:
        named["to"] = dated(dt.date.fromisoformat(day["to"]), day["slot"])
        said = _("%(day)s is a day off (%(name)s): moved to %(to)s")
    else:
        said = _("%(day)s is a day off (%(name)s): no other day was possible, a day is owed")
    return said % named


def _falling(day: dict) -> str:
    return dated(dt.date.fromisoformat(day["date"]), day["slot"])


def choice(one: Allotment) -> str:
    """Why an allotment is as it is, for the person."""
    day = date_format(one.dates[0], "l") if one.dates else ""
    against = _against(one)
    if one.why == Why.CHOICE and len(one.dates) > 1:
        named = get_text_list([date_format(date, "l") for date in one.dates], _("and"))
        said = _("%(days)s: choice number %(rank)s of your wishes is among them.") % {"days": named, "rank": one.rank}
    elif one.why == Why.CHOICE:
        said = _("%(day)s: choice number %(rank)s of your wishes.") % {"day": day, "rank": one.rank}
    elif one.why == Why.SERIES:
        said = _("%(day)s: the fixed weekday that was approved.") % {"day": day}
    elif one.why == Why.FIXED:
        said = _("%(day)s: the policy's weekday; it was your turn.") % {"day": day}
    elif one.why == Why.ROOM:
        said = _("%(day)s: the day with the most room in the unit.") % {"day": day}
    elif one.why == Why.AWAY:
        said = _("No day: leave or another unit takes the whole week. Nothing is earned and nothing owed.")
    elif one.why == Why.CLOSED:
        said = _("No day: no day of this week is open to WFH in the unit. The day is owed.")
    else:
        said = _("No place was left. The day is owed: you come first next week.")
    if one.dates and len(one.dates) < one.earned:
        said += " " + _("A further day was earned but no place was left; it is owed.")
    return f"{against} {said}".strip()


def _against(one: Allotment) -> str:
    """What stood against the day wished for: `Wednesday is full (5 of 5).`"""
    if not one.code or one.wanted is None:
        return ""
    day = date_format(one.wanted, "l")
    if one.cap is not None and one.used is not None and one.code in ("R-KUOTA-UNIT", "R-KEHADIRAN-MINIMUM"):
        return _("%(day)s is full (%(used)s of %(cap)s).") % {"day": day, "used": one.used, "cap": one.cap}
    return _("%(day)s is not possible: %(reason)s.") % {"day": day, "reason": label_of(one.code)}


def against(code: str | None, rule, facts: dict) -> str:
    """Why a day is not possible, as others than the person read it: they learn of no leave (rulings.md 22)."""
    if code == "R-CUTI":
        return _("The person is not available on that day; another day may fit.")
    return rule.sentence(code, facts)


def and_instead(said: str, code: str, wanted: dt.date, fitting: list[dt.date]) -> str:
    """A sentence against a day, and which day of its week still fits: the next one, else the last one before it. Where
    none is left, a full day says that too."""
    later, earlier = [day for day in fitting if day > wanted], [day for day in fitting if day < wanted]
    if later:
        instead = _("The next day that fits is %(day)s.") % {"day": date_format(min(later), "l, j F")}
    elif earlier:
        instead = _("Later in that week no day fits; %(day)s still does.") % {
            "day": date_format(max(earlier), "l, j F")
        }
    elif code in FULL:
        instead = _("No other day of that week fits.")
    else:
        return said
    return f"{said} {instead}"


def turn(one: Allotment) -> str:
    """The person's place in the order of fairness."""
    if not one.place:
        return _("Planned alone, after the week was published; days owed before: %(owed)s.") % {"owed": days(one.owed)}
    named = {"place": one.place, "owed": days(one.owed)}
    return _("Place %(place)s in the unit's order; days owed before: %(owed)s.") % named


def exception(line: UnitPlan) -> str:
    """What HR should look at in a unit."""
    said = {
        "UNDERSTAFFED": _("Leave alone takes more people than the minimum allows."),
        "CLASH": _("Limits clash: somebody is left without a day."),
        "CLOSED": _("No day of the week is open."),
    }.get(line.exception, "")
    if line.exception == "UNDERSTAFFED":
        on = ", ".join(date_format(dt.date.fromisoformat(day), "l") for day in line.clash.get("dates", ()))
        return f"{said} {on}."
    return said


def clash(line: UnitPlan) -> list[str]:
    """The smallest set of limits that clash, each with its number."""
    return [_named(one) for one in line.clash.get("limits", ())]


def proposals(line: UnitPlan) -> list[str]:
    """What would let everybody have a day, one sentence a limit."""
    found = []
    for one in line.clash.get("proposals", ()):
        text = ngettext(
            "If “%(limit)s” let %(n)s more person a day work from home, everybody would have a day.",
            "If “%(limit)s” let %(n)s more people a day work from home, everybody would have a day.",
            one["more"],
        )
        found.append(text % {"limit": _label(one), "n": one["more"]})
    return found


def _named(one: dict) -> str:
    return _("%(limit)s: %(room)s places in the week") % {"limit": _label(one), "room": one["room"]}


def _label(one: dict) -> str:
    label = str(rule_label(one["code"]))
    return f"{label} ({one['post']})" if one.get("post") else label
