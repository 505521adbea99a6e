"""What must never be among plans, WFH days and requests, as SQL that returns no row (reliability.md §3)."""

NEVER: dict[str, str] = {
    "two active days in one slot": """
        SELECT a.id FROM schedules_wfhday a JOIN schedules_wfhday b ON a.employee_id = b.employee_id AND a.date = b.date
          AND a.id < b.id AND a.state = 'ACTIVE' AND b.state = 'ACTIVE'
          AND (a.slot = b.slot OR 'FULL' IN (a.slot, b.slot))""",
    "an active day of somebody who is placed nowhere": """
        SELECT w.id FROM schedules_wfhday w WHERE w.state = 'ACTIVE' AND 1 <> (
          SELECT count(*) FROM employees_placement p WHERE p.employee_id = w.employee_id AND p.valid @> w.date)""",
    "an active day on a day off of everybody or the agency, declared before the day": """
        SELECT w.id FROM schedules_wfhday w JOIN employees_holiday h ON h.date = w.date
          AND (h.agency_id IS NULL OR h.agency_id = w.agency_id)
        WHERE w.state = 'ACTIVE' AND w.date > current_date""",
    "a planned day of somebody who is not eligible in that week": """
        SELECT w.id FROM schedules_wfhday w WHERE w.state = 'ACTIVE' AND w.origin = 'PLAN' AND w.date > current_date
          AND NOT EXISTS (
            SELECT FROM eligibility_run r JOIN eligibility_decision d ON d.agency_id = r.agency_id
              AND d.track = r.track AND d.from_run <= r.number AND coalesce(d.until_run, 2147483647) > r.number
            LEFT JOIN LATERAL (SELECT c.after_eligible FROM eligibility_correction c WHERE c.run_id = r.id
              AND c.employee_id = d.employee_id AND c.state = 'APPLIED' AND c.after_eligible IS NOT NULL
              ORDER BY c.decided_at DESC, c.id DESC LIMIT 1) c ON true
            WHERE r.agency_id = w.agency_id AND r.state = 'PUBLISHED' AND r.week = date_trunc('week', w.date)::date
              AND d.employee_id = w.employee_id AND coalesce(c.after_eligible, d.eligible))""",
    "decided by the person who asked": """
        SELECT r.id FROM schedules_request r JOIN employees_user u ON u.id = r.decided_by_id
        WHERE u.employee_id = r.employee_id AND r.state IN ('APPROVED', 'REJECTED', 'RETURNED', 'RECALLED')""",
    "decided in the name of the person who asked": """
        SELECT id FROM schedules_request WHERE decided_for_id = employee_id""",
    "an open request that the clock does not look at": """
        SELECT id FROM schedules_request WHERE state IN ('DRAFT', 'SENT', 'RETURNED')
          AND (next_at IS NULL OR next_at > due_at)""",
    "a version that is not one more than the transitions": """
        SELECT r.id FROM schedules_request r JOIN ledger_event e ON e.subject_id = r.id
          AND e.subject_type = 'schedules.request' AND e.verb NOT IN ('request.remind', 'request.escalate')
        GROUP BY r.id, r.version HAVING count(*) <> r.version""",
    "an approval without a day that came of it": """
        SELECT r.id FROM schedules_request r WHERE r.state = 'APPROVED' AND r.kind IN ('MOVE', 'EXTRA', 'SWAP')
          AND NOT EXISTS (SELECT FROM schedules_wfhday w WHERE w.employee_id = r.employee_id AND w.date = r.date
                          AND w.origin IN ('REQUEST', 'SWAP'))""",
    "a published plan that is not what was looked at": r"""
        SELECT p.id FROM schedules_plan p LEFT JOIN LATERAL (
          SELECT string_agg(concat_ws(E'\t', a.plan_id, a.agency_id, a.week, a.unit_id, a.track, a.employee_id,
            a.earned, '{' || array_to_string(a.dates, ',') || '}', a.why, coalesce(a.rank::text, '\N'), a.place,
            a.owed, coalesce(a.wanted::text, '\N'), a.code, coalesce(a.used::text, '\N'),
            coalesce(a.cap::text, '\N')) || E'\n', '' ORDER BY a.id) AS text
          FROM schedules_allotment a WHERE a.plan_id = p.id) a ON true
        WHERE p.state <> 'DRAFT' AND p.revision = 1 AND p.digest <> ''
          AND p.digest <> encode(sha256(convert_to(coalesce(a.text, ''), 'UTF8')), 'hex')""",
    "a revision of a published week that is not recorded once, by whom and why": """
        SELECT p.id FROM schedules_plan p LEFT JOIN ledger_event e ON e.subject_type = 'schedules.plan'
          AND e.subject_id = p.id AND e.verb = 'plan.revise' AND e.actor_id IS NOT NULL AND e.reason <> ''
        WHERE p.revision > 1 AND p.state <> 'DRAFT' GROUP BY p.id HAVING count(e.id) <> 1""",
    "a planned day that no plan gave, or one given that is not there": """
        SELECT w.id FROM schedules_wfhday w WHERE w.origin = 'PLAN' AND NOT EXISTS (SELECT FROM schedules_allotment a
          WHERE a.plan_id = w.plan_id AND a.employee_id = w.employee_id AND w.date = ANY(a.dates))
        UNION ALL SELECT a.id FROM schedules_allotment a JOIN schedules_plan p ON p.id = a.plan_id
          AND p.state <> 'DRAFT' CROSS JOIN LATERAL unnest(a.dates) AS given(date)
        WHERE NOT EXISTS (SELECT FROM schedules_wfhday w WHERE w.plan_id = a.plan_id
          AND w.employee_id = a.employee_id AND w.date = given.date AND w.origin = 'PLAN')""",
    "a planned day that has ended and nothing says by what": """
        SELECT w.id FROM schedules_wfhday w WHERE w.origin = 'PLAN' AND w.slot = 'FULL' AND w.state <> 'ACTIVE'
          AND NOT EXISTS (SELECT FROM schedules_wfhday n WHERE n.replaces_id = w.id)
          AND NOT EXISTS (SELECT FROM schedules_request r WHERE w.id IN (r.gives_up_id, r.takes_id))
          AND NOT EXISTS (SELECT FROM ledger_event e WHERE e.subject_type = 'schedules.wfhday' AND e.subject_id = w.id)
          AND NOT (w.state = 'LOST' AND EXISTS (SELECT FROM schedules_plan p WHERE p.agency_id = w.agency_id
            AND p.week = date_trunc('week', w.date)::date AND p.revision > 1))""",
    "a plan that gives more days than the limits of a unit had room for": """
        SELECT u.id FROM schedules_unitplan u JOIN (
          SELECT a.plan_id, a.unit_id, a.track, given.date, count(*) AS days
          FROM schedules_allotment a CROSS JOIN LATERAL unnest(a.dates) AS given(date) GROUP BY 1, 2, 3, 4
        ) g ON g.plan_id = u.plan_id AND g.unit_id = u.unit_id
        WHERE g.days > (u.room -> g.track ->> g.date::text)::int""",
    "two plans of a week that count": """
        SELECT min(id) FROM schedules_plan WHERE state = 'PUBLISHED' GROUP BY agency_id, week HAVING count(*) > 1""",
}
