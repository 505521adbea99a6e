"""What somebody types into a search stands in no address: not in a browser's history, a proxy's log or a referrer.

The form posts it (`views.search`), the text stays with the session, a row of PostgreSQL, and the address carries a mark
that means something in this session only. Pages, sorting, filters, pop-ups and "back" carry the mark along; each search
has its own, so two tabs do not mix. `TypedMiddleware` lets no address through that carries anything else.
"""

import secrets
import uuid

SEARCHES = "searches"  # in the session: texts by mark, the oldest first
TYPED = ("q", "actor", "person")  # the parameters somebody types
KEPT, LETTERS = 50, 100


def mark(request, text: str) -> str:
    """Keep a text with the session; what stands for it in an address. "" for an empty one."""
    text = text.replace("\0", "").strip()[:LETTERS]
    kept = dict(request.session.get(SEARCHES, {}))
    if not text or text in kept:  # a form posts the mark of another field again
        return text
    found = next((one for one, known in kept.items() if known == text), None) or secrets.token_urlsafe(6)
    kept.pop(found, None)
    request.session[SEARCHES] = dict([*kept.items(), (found, text)][-KEPT:])
    return found


def typed(request, name: str = "q") -> str:
    """What was typed, by the mark in the address. A person's public number, which names nobody, stands for itself."""
    return _meant(request, request.GET.get(name, ""))


def spelled_out(request) -> list[str]:
    """The parameters of the address that carry a text instead of its mark, or a mark that means nothing here."""
    return [name for name in TYPED if any(one and not _meant(request, one) for one in request.GET.getlist(name))]


def _meant(request, value: str) -> str:
    return request.session.get(SEARCHES, {}).get(value) or (value if _is_public(value) else "")


def _is_public(value: str) -> bool:
    try:
        return len(value) == 36 and bool(uuid.UUID(value))
    except ValueError:
        return False
