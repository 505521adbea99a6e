"""What must never be among policies, runs and decisions, as SQL that returns no row (reliability.md §3, 1–24)."""

LAST = 2147483647  # later than every run
HOLDS = f"""d.agency_id = r.agency_id AND d.track = r.track AND d.from_run <= r.number
  AND coalesce(d.until_run, {LAST}) > r.number"""

NEVER: dict[str, str] = {
    "two decisions of a person and track that hold at once": f"""
        SELECT a.id FROM eligibility_decision a JOIN eligibility_decision b ON a.employee_id = b.employee_id
          AND a.agency_id = b.agency_id AND a.track = b.track AND a.id < b.id
          AND a.from_run < coalesce(b.until_run, {LAST}) AND b.from_run < coalesce(a.until_run, {LAST})""",  # noqa: S608  our own parts
    "a decision by a run that is not there": """
        SELECT d.id FROM eligibility_decision d LEFT JOIN eligibility_run r ON r.agency_id = d.agency_id
          AND r.track = d.track AND r.number = d.from_run WHERE r.id IS NULL OR r.state IN ('WITHDRAWN', 'MISSED')""",
    "an outcome that its reasons do not say": """
        SELECT id FROM eligibility_decision WHERE eligible <> (cardinality(reasons) = 0)""",
    "rests on a score that was not approved, another's, or not the latest at the cut-off": """
        SELECT d.id FROM eligibility_decision d JOIN eligibility_run r ON r.agency_id = d.agency_id
          AND r.track = d.track AND r.number = d.from_run
        LEFT JOIN performance_appraisal a ON a.id = d.appraisal_id
        WHERE d.appraisal_id IS NOT NULL AND (a.id IS NULL OR a.employee_id <> d.employee_id
          OR a.decided_at IS NULL OR a.decided_at > r.cutoff_at OR a.state NOT IN ('APPROVED', 'OBJECTED', 'RESCINDED')
          OR EXISTS (SELECT FROM performance_appraisal b WHERE b.employee_id = a.employee_id AND b.kind = a.kind
            AND b.year = a.year AND b.period = a.period AND b.state = 'APPROVED' AND b.number > a.number
            AND b.decided_at > a.decided_at AND b.decided_at <= r.cutoff_at))""",
    "two open runs, or two published ones of a week": """
        SELECT min(id) FROM eligibility_run WHERE state IN ('COMPUTING', 'WAITING')
        GROUP BY agency_id, track HAVING count(*) > 1
        UNION ALL SELECT min(id) FROM eligibility_run WHERE state = 'PUBLISHED'
        GROUP BY agency_id, track, week HAVING count(*) > 1""",
    "counts of a run that do not balance": f"""
        SELECT r.id FROM eligibility_run r LEFT JOIN LATERAL (
          SELECT count(*) AS everybody, count(*) FILTER (WHERE d.eligible) AS yes FROM eligibility_decision d
          WHERE {HOLDS}) n ON true
        WHERE r.state IN ('WAITING', 'PUBLISHED') AND (r.in_scope <> n.everybody OR r.eligible <> n.yes)""",  # noqa: S608  our own parts
    "problems of a run that are not on its list": """
        SELECT r.id FROM eligibility_run r WHERE r.state IN ('WAITING', 'PUBLISHED')
          AND r.problems <> (SELECT count(*) FROM eligibility_runproblem p WHERE p.run_id = r.id)""",
    "a later week published under an earlier number": """
        SELECT a.id FROM eligibility_run a JOIN eligibility_run b ON a.agency_id = b.agency_id AND a.track = b.track
          AND a.number < b.number AND a.week > b.week AND a.state = 'PUBLISHED' AND b.state = 'PUBLISHED'""",
    "a publication that is not recorded once": """
        SELECT r.id FROM eligibility_run r LEFT JOIN ledger_event e ON e.subject_type = 'eligibility.run'
          AND e.subject_id = r.id AND e.verb = 'run.publish'
        WHERE r.state = 'PUBLISHED' GROUP BY r.id HAVING count(e.id) <> 1""",
    "a policy approved by its drafter": """
        SELECT id FROM eligibility_policy WHERE approved_by_id = drafted_by_id""",
    "in force without being approved, or another agency's": """
        SELECT f.id FROM eligibility_policyinforce f JOIN eligibility_policy p ON p.id = f.policy_id
        WHERE p.state <> 'APPROVED' OR p.agency_id <> f.agency_id""",
    "a correction that is not recorded once, by whom and why": """
        SELECT c.id FROM eligibility_correction c LEFT JOIN ledger_event e ON e.subject_type = 'eligibility.correction'
          AND e.subject_id = c.id AND e.verb IN ('correction.apply', 'correction.dismiss')
        WHERE c.state IN ('APPLIED', 'DISMISSED') GROUP BY c.id HAVING count(e.id) <> 1""",
    "a correction applied by the person it is about": """
        SELECT c.id FROM eligibility_correction c JOIN employees_user u ON u.id = c.decided_by_id
        WHERE u.employee_id = c.employee_id AND c.state = 'APPLIED'""",
    "a correction applied by who proposed it by hand": """
        SELECT c.id FROM eligibility_correction c JOIN LATERAL (SELECT e.actor_id FROM ledger_event e
          WHERE e.subject_type = 'eligibility.correction' AND e.subject_id = c.id AND e.verb = 'correction.propose'
          ORDER BY e.id DESC LIMIT 1) p ON p.actor_id = c.decided_by_id
        WHERE c.state = 'APPLIED' AND c.cause = 'BY_HAND'""",
    "an objection answered by the person or by who published the week": """
        SELECT o.id FROM eligibility_objection o JOIN eligibility_run r ON r.id = o.run_id
          JOIN employees_user u ON u.id = o.decided_by_id
        WHERE o.state IN ('UPHELD', 'REJECTED') AND (u.employee_id = o.employee_id OR u.id = r.published_by_id)""",
}
