"""The copy of one's own data: as JSON for programmes, as PDF for people; both signed, both recorded."""

import datetime as dt
import json
from pathlib import Path

import typst
from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from employees.models import User
from ledger import exports
from ledger.trail import record
from schedules.queries import my_data

LETTER = Path(__file__).parent / "my_data.typ"
FORMS = ("json", "pdf")


def take_copy(*, form: str, by: User, at: dt.datetime) -> exports.Export:
    """Everything held about the account's person, as `json` or `pdf`. Writes an event; call it outside a transaction.
    Raises `ledger.exports.TooManyExports`."""
    person = by.employee
    if form not in FORMS or person is None:
        raise ValueError("a copy is json or pdf, of a person")
    exports.count_one("my-data", by=by, at=at)
    with transaction.atomic():
        parts, changed, read = my_data.held(by), my_data.changes(by), my_data.readings(by)
        rows = sum(len(one.rows) for one in parts) + len(changed) + len(read)
        make = _json if form == "json" else _pdf
        made = make(by, at, parts, changed, read, rows)
        after = {"form": form, "rows": rows, "sha256": made.digest, "file": made.number}
        record(verb="data.copy", subject=person, by=by, at=at, agency_id=person.agency_id, after=after)
    return made


def _json(user, at, parts, changed, read, rows) -> exports.Export:
    def touches(found):
        return [{"at": one.at.isoformat(), "what": one.code, "by": one.by} for one in found]

    held: dict[str, list] = {}
    for one in parts:
        held.setdefault(one.part.of.replace(" ", "."), []).extend(one.raw)
    content = {
        "about": str(user.employee.public_id),
        "made_at": at.isoformat(),
        "held": held,
        "changes": touches(changed),
        "readings": touches(read),
    }
    return exports.signed_json(json.loads(json.dumps(content, default=str)), rows=rows)


def _pdf(user, at, parts, changed, read, rows) -> exports.Export:
    """Texts reach the letter as data: nothing in a name or a reason is markup."""
    person = user.employee
    groups = [
        {
            "title": str(title),
            "parts": [
                {"title": str(one.part.title), "rows": [[list(pair) for pair in row] for row in one.rows]}
                for one in parts
                if one.part.group == name
            ],
        }
        for name, title in my_data.GROUPS.items()
    ]
    touches = [
        {"title": title, "rows": [[one.at.isoformat(sep=" ", timespec="minutes"), one.what, one.by] for one in found]}
        for title, found in ((_("Who changed it"), changed), (_("Who read it"), read))
    ]
    words = {
        "title": _("What is held about you"),
        "whose": f"{person.full_name} · {person.nip} · {person.agency}",
        "made": _("Made on %(when)s (UTC).") % {"when": at.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M")},
        "law": _("A copy under articles 31 and 32 of UU 27/2022. Of others it names role and unit."),
        "head": [_("When"), _("What"), _("Who")],
        "page": _("page"),
        "nothing": _("Nothing."),
        "language": (get_language() or "id")[:2],
    }
    data = json.dumps({"words": words, "groups": [one for one in groups if one["parts"]], "touches": touches})
    made = typst.compile(
        LETTER.read_bytes(),
        format="pdf",
        sys_inputs={"data": data},
        pdf_standards="ua-1",
        timestamp=at.replace(microsecond=0),
    )
    return exports.signed_pdf(made, rows=rows)
