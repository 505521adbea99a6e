"""Writing people and placements set-based: staged once, then one statement a table (rulings.md 12)."""
# ruff: noqa: S608 (only our own column names are put into the statements)

import datetime as dt

from employees.models import Agency
from employees.staging import analyze, execute, staged

PERSON = {
    "name": "text",
    "title_before": "text",
    "title_after": "text",
    "sex": "text",
    "kind": "text",
    "grade": "text",
    "legal_status": "text",
    "duty_outside_office": "boolean",
    "duty_no_special_room": "boolean",
    "duty_uses_ict": "boolean",
    "duty_little_face_to_face": "boolean",
    "duty_no_constant_supervision": "boolean",
    "special_until": "date",
    "email": "text",
    "phone": "text",
}
PLACE = {"job_group": "text", "job_title": "text", "in_post_since": "date", "direct_service": "boolean"}
STAGED = {
    "nip": "text",
    "fresh": "boolean",
    "placed": "boolean",  # whether the placement changes
    "starts": "date",  # when the present one began; NULL: there is none
    "unit_id": "bigint",
    "supervisor": "text",
    **PERSON,
    **PLACE,
}


def write_people(
    agency: Agency, new: list[dict], changed: list[dict], *, units: dict[str, int], on: dt.date, by, at: dt.datetime
) -> None:
    """Write new and changed people (fields of `PERSON` and `PLACE`, unit code, supervisor's number).

    Special circumstances that are new or last until another day count as verified by `by`, who brings them.
    """
    with staged("staged_people", STAGED, _staged_rows(new, changed, units)):
        params = {"agency": agency.pk, "on": on, "by": by.pk, "at": at}
        _write_persons(params)
        _write_placements(params)
    analyze("employees_employee", "employees_placement", rows=len(new) + len(changed))


def _staged_rows(new, changed, units):
    for fresh, rows in ((True, new), (False, changed)):
        for row in rows:
            values = row | {"fresh": fresh, "unit_id": units.get(row["unit"])}
            yield [values[column] for column in STAGED]


def _write_persons(params: dict) -> None:
    names = ", ".join(PERSON)
    execute(
        f"""INSERT INTO employees_employee
              (public_id, agency_id, nip, version, {names}, special_verified_by_id, special_verified_at)
            SELECT gen_random_uuid(), %(agency)s, nip, 1, {names}, {_verified("%(by)s::bigint")},
              {_verified("%(at)s::timestamptz")}
            FROM staged_people s WHERE fresh""",
        params,
    )
    execute(
        f"""UPDATE employees_employee e SET version = e.version + 1, {", ".join(f"{n} = s.{n}" for n in PERSON)},
              special_verified_by_id = {_verified("%(by)s::bigint", "e.special_verified_by_id")},
              special_verified_at = {_verified("%(at)s::timestamptz", "e.special_verified_at")}
            FROM staged_people s WHERE s.nip = e.nip AND NOT s.fresh AND e.agency_id = %(agency)s
              AND ({", ".join(f"e.{n}" for n in PERSON)}) IS DISTINCT FROM ({", ".join(f"s.{n}" for n in PERSON)})""",
        params,
    )


def _verified(now: str, before: str = "") -> str:
    """SQL for who verified the special circumstances, or when: `before` where they are as they were."""
    unchanged = f"WHEN s.special_until = e.special_until THEN {before}" if before else ""
    return f"CASE WHEN s.special_until IS NULL THEN NULL {unchanged} ELSE {now} END"


def _write_placements(params: dict) -> None:
    """End the present placement and begin another; one that began on the same day is simply corrected."""
    places = ", ".join(PLACE)
    execute(
        """UPDATE employees_placement p SET valid = daterange(lower(p.valid), %(on)s)
           FROM staged_people s JOIN employees_employee e ON e.nip = s.nip
           WHERE p.employee_id = e.id AND s.placed AND s.starts < %(on)s AND p.valid @> %(on)s::date""",
        params,
    )
    execute(
        f"""UPDATE employees_placement p SET unit_id = s.unit_id, supervisor_id = b.id,
              {", ".join(f"{n} = s.{n}" for n in PLACE)}
            FROM staged_people s JOIN employees_employee e ON e.nip = s.nip
              LEFT JOIN employees_employee b ON b.nip = s.supervisor
            WHERE p.employee_id = e.id AND s.placed AND s.starts = %(on)s AND p.valid @> %(on)s::date""",
        params,
    )
    execute(
        f"""INSERT INTO employees_placement (employee_id, agency_id, unit_id, supervisor_id, valid, {places})
            SELECT e.id, %(agency)s, s.unit_id, b.id, daterange(%(on)s, NULL),
              {", ".join(f"s.{n}" for n in PLACE)}
            FROM staged_people s JOIN employees_employee e ON e.nip = s.nip
              LEFT JOIN employees_employee b ON b.nip = s.supervisor
            WHERE s.placed AND (s.starts IS NULL OR s.starts < %(on)s)""",
        params,
    )
