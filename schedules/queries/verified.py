"""What `manage.py verify` counts again with the policies' own numbers."""

from django.db import connection

from eligibility.models import Run

from .days import weekly_maximum

_MORE = """
WITH maximum AS (
  SELECT r.agency_id, r.week, max(m.days) AS days FROM eligibility_run r
  JOIN unnest(%(policies)s::bigint[], %(days)s::int[]) AS m(policy_id, days) ON m.policy_id = r.policy_id
  WHERE r.state = 'PUBLISHED' GROUP BY 1, 2
)
SELECT min(w.id) FROM schedules_wfhday w
JOIN maximum m ON m.agency_id = w.agency_id AND m.week = date_trunc('week', w.date)::date
WHERE w.state = 'ACTIVE' GROUP BY w.employee_id, m.week, m.days
HAVING sum(CASE WHEN w.slot = 'FULL' THEN 2 ELSE 1 END) > 2 * m.days
"""


def over_the_weekly_maximum() -> list[int]:
    """A WFH day of everybody who has more of them in a week than any policy it was decided under allows: each policy
    in the version of its run. Where an exception may lift the maximum, nothing is said. A few queries."""
    runs = Run.objects.published().select_related("policy").order_by("policy_id").distinct("policy_id")
    found = {run.policy_id: weekly_maximum(run.computed_under) for run in runs}
    with connection.cursor() as cursor:
        cursor.execute(_MORE, {"policies": list(found), "days": list(found.values())})
        return [row[0] for row in cursor.fetchall()]
