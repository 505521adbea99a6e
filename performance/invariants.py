"""What must never be among appraisals, as SQL that returns no row (reliability.md §3)."""

NEVER: dict[str, str] = {
    "two versions in force of a person and period": """
        SELECT employee_id FROM performance_appraisal WHERE state = 'APPROVED' AND superseded_at IS NULL
        GROUP BY employee_id, kind, year, period HAVING count(*) > 1""",
    "approved by the person it is about": """
        SELECT a.id FROM performance_appraisal a JOIN employees_user u ON u.id = a.decided_by_id
        WHERE u.employee_id = a.employee_id AND a.state = 'APPROVED'""",
    "approved by whoever brought it in, where the agency forbids that": """
        SELECT a.id FROM performance_appraisal a JOIN employees_agency g ON g.id = a.agency_id
        WHERE g.four_eyes_import AND a.state = 'APPROVED' AND a.decided_by_id = a.imported_by_id""",
    "approved without a rating": """
        SELECT id FROM performance_appraisal WHERE state = 'APPROVED' AND rating IS NULL""",
}
