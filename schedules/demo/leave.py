"""Leave for about one person in thirty around the demo's weeks, as the file an agency would send."""

import datetime as dt
import random

from .people import AgencySpec, cast_of

SHARE = 0.03
KINDS = ("Cuti tahunan", "Cuti tahunan", "Cuti tahunan", "Cuti sakit", "Cuti karena alasan penting", "Cuti melahirkan")


def leave(spec: AgencySpec, people: list[dict], week: dt.date, chance: random.Random) -> list[dict]:
    """Rows of the leave file around a week (its Monday); the cast stays at work."""
    cast = {one.nip for one in cast_of(spec.code).values()}
    rows = []
    for person in people:
        if person["nip"] in cast or chance.random() >= SHARE:
            continue
        kind = chance.choice(KINDS)
        first = week + dt.timedelta(days=chance.randint(-5, 16))
        length = 90 if kind == "Cuti melahirkan" else chance.randint(1, 10)
        last = first + dt.timedelta(days=length - 1)
        rows.append({"nip": person["nip"], "mulai": str(first), "akhir": str(last), "jenis": kind})
    return rows
