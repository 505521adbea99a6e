"""What must never be among people and units, as SQL that returns no row (reliability.md §3)."""

NEVER: dict[str, str] = {
    "a person placed twice on a day": """
        SELECT a.employee_id FROM employees_placement a JOIN employees_placement b
          ON a.employee_id = b.employee_id AND a.id < b.id AND a.valid && b.valid""",
    "a placement in another agency's unit": """
        SELECT p.id FROM employees_placement p JOIN employees_unit u ON u.id = p.unit_id
        WHERE u.agency_id <> p.agency_id""",
    "a record of a person under another agency": """
        SELECT r.id FROM employees_discipline r JOIN employees_employee e ON e.id = r.employee_id
        WHERE e.agency_id <> r.agency_id
        UNION ALL SELECT r.id FROM employees_absence r JOIN employees_employee e ON e.id = r.employee_id
        WHERE e.agency_id <> r.agency_id""",
    "a circle of supervisors": """
        WITH RECURSIVE up(start, here, steps) AS (
          SELECT employee_id, supervisor_id, 1 FROM employees_placement
          WHERE valid @> current_date AND supervisor_id IS NOT NULL
          UNION SELECT up.start, p.supervisor_id, up.steps + 1 FROM up JOIN employees_placement p
            ON p.employee_id = up.here AND p.valid @> current_date AND p.supervisor_id IS NOT NULL
          WHERE up.here <> up.start AND up.steps < 50
        ) SELECT start FROM up WHERE here = start""",
    "a unit whose path is not its parent's and its own": """
        SELECT u.id FROM employees_unit u LEFT JOIN employees_unit p ON p.id = u.parent_id
        WHERE u.path::text <> CASE WHEN p.id IS NULL THEN u.id::text ELSE p.path::text || '.' || u.id END""",
}
