"""The floor: what nobody can beat. The same joins, rules and evidence as the engine's, written by hand as plain SQL; it
reads and judges everybody and writes nothing. Kept apart from the engine on purpose: it must not share its code."""

import datetime as dt

from django.db import connection

# Every column of the evidence is read and counted (a count is the cheapest thing to do with a value).
COUNTED = {
    "REWARD-2019": """placement_id unit_id kind legal_status direct_service number_type appraisal_id rating score regime
      appraisal_year appraisal_number approved_by approved_at pending elsewhere appraised""",
    "REWARD-2025": """placement_id unit_id kind legal_status direct_service number_type appraisal_id rating score regime
      appraisal_year appraisal_number approved_by approved_at pending elsewhere appraised in_post_since level outside
      no_room ict little_contact no_supervision special special_until special_by serving serving_until in_process
      imposed_on absences quarter_id quarter_rating quarter_by quarter quarter_of""",
}
PLACED = """e.id, e.kind, e.legal_status, p.id AS placement_id, p.unit_id,
  coalesce(p.direct_service, u.serves_public) AS direct_service,
  CASE WHEN substr(e.nip, 13, 2) BETWEEN '21' AND '29' THEN 'PPPK' ELSE 'PNS' END AS number_type,
  a.id AS appraisal_id, a.rating, a.score, a.regime, a.year AS appraisal_year, a.number AS appraisal_number,
  a.decided_by_id AS approved_by, a.decided_at AS approved_at, 2025 AS appraised,
  CASE WHEN a.id IS NULL THEN coalesce((SELECT true FROM performance_appraisal w WHERE w.employee_id = e.id
    AND w.kind = 'TAHUNAN' AND w.year = 2025 AND (w.state IN ('DRAFT', 'SUBMITTED', 'RETURNED', 'OBJECTED')
    AND w.superseded_at IS NULL OR w.state = 'APPROVED' AND w.decided_at > %(at)s) LIMIT 1), false) END AS pending,
  CASE WHEN a.id IS NULL THEN coalesce((SELECT true FROM performance_appraisal w WHERE w.employee_id = e.id
    AND w.kind = 'TAHUNAN' AND w.year <> 2025 LIMIT 1), false) END AS elsewhere"""
JOINED = """FROM employees_employee e
JOIN employees_placement p ON p.employee_id = e.id AND p.valid @> %(week)s::date
  AND p.employee_id > %(lo)s AND p.employee_id <= %(hi)s
JOIN employees_unit u ON u.id = p.unit_id
LEFT JOIN performance_appraisal a ON a.employee_id = e.id AND a.kind = 'TAHUNAN' AND a.year = 2025
  AND a.state = 'APPROVED' AND a.decided_at <= %(at)s AND (a.superseded_at IS NULL OR a.superseded_at > %(at)s)
  AND a.employee_id > %(lo)s AND a.employee_id <= %(hi)s"""
ASKED = """WHERE e.agency_id = %(agency)s AND e.id > %(lo)s AND e.id <= %(hi)s
  AND NOT EXISTS (SELECT FROM eligibility_suspension s WHERE s.employee_id = e.id AND s.agency_id = %(agency)s
    AND s.valid @> %(week)s::date)"""
MORE = """, p.in_post_since,
  (SELECT scope FROM employees_agency WHERE id = %(agency)s) AS level,
  e.duty_outside_office AS outside, e.duty_no_special_room AS no_room,
  e.duty_uses_ict AS ict, e.duty_little_face_to_face AS little_contact,
  e.duty_no_constant_supervision AS no_supervision,
  coalesce(e.special_until >= %(week)s, false) AS special, e.special_until, e.special_verified_by_id AS special_by,
  d.serving, d.serving_until, d.in_process, d.imposed_on, coalesce(ab.days, 0) AS absences,
  q.id AS quarter_id, q.rating AS quarter_rating, q.decided_by_id AS quarter_by, 3 AS quarter, 2026 AS quarter_of"""
MORE_JOINED = """LEFT JOIN performance_appraisal q ON q.employee_id = e.id AND q.kind = 'TRIWULAN' AND q.year = 2026
  AND q.period = 3 AND q.state = 'APPROVED' AND q.decided_at <= %(at)s
  AND (q.superseded_at IS NULL OR q.superseded_at > %(at)s) AND q.employee_id > %(lo)s AND q.employee_id <= %(hi)s
LEFT JOIN (
  SELECT employee_id, max(id) FILTER (WHERE status = 'DIJATUHKAN' AND "end" >= %(week)s) AS serving,
    max("end") FILTER (WHERE status = 'DIJATUHKAN' AND "end" >= %(week)s) AS serving_until,
    max(id) FILTER (WHERE status = 'DALAM_PROSES' AND ("end" IS NULL OR "end" >= %(week)s)) AS in_process,
    max(start) FILTER (WHERE status = 'DIJATUHKAN') AS imposed_on
  FROM employees_discipline WHERE start <= %(week)s AND status <> 'DIBATALKAN'
    AND employee_id > %(lo)s AND employee_id <= %(hi)s GROUP BY employee_id
) d ON d.employee_id = e.id
LEFT JOIN (
  SELECT employee_id, count(*) AS days FROM employees_absence WHERE kind = 'ALPA' AND date >= '2026-01-01'
    AND date <= %(week)s AND employee_id > %(lo)s AND employee_id <= %(hi)s GROUP BY employee_id
) ab ON ab.employee_id = e.id"""
ABSENT = """WHEN pending THEN 'R-PENILAIAN-BELUM-FINAL' WHEN elsewhere THEN 'R-PENILAIAN-KEDALUWARSA'
  ELSE 'R-PENILAIAN-TIDAK-ADA' END"""
RATED = """CASE WHEN appraisal_id IS NOT NULL THEN CASE WHEN score > 120 OR score < 0 THEN 'R-DATA-TIDAK-VALID'
  WHEN rating >= {minimum} THEN NULL ELSE 'R-PREDIKAT' END """
BASE = """CASE WHEN number_type = 'PNS' AND kind IN ('PNS', 'CPNS') OR number_type = 'PPPK' AND kind LIKE 'PPPK%%'
  THEN NULL ELSE 'R-NIP' END,
CASE WHEN legal_status = 'AKTIF' THEN NULL ELSE 'R-AKTIF' END"""
RULES = {
    "REWARD-2019": f"""{BASE}, CASE WHEN kind = 'PNS' THEN NULL ELSE 'R-STATUS-ASN' END,
CASE WHEN direct_service = false THEN NULL WHEN direct_service THEN 'R-LAYANAN-LANGSUNG'
  ELSE 'R-LAYANAN-BELUM-DIKETAHUI' END,
{RATED.format(minimum=5)}{ABSENT}""",
    "REWARD-2025": f"""{BASE},
CASE WHEN kind IN ('PNS', 'CPNS', 'PPPK', 'PPPK_PARUH_WAKTU') THEN NULL ELSE 'R-STATUS-ASN' END,
CASE WHEN outside AND no_room AND ict AND little_contact AND no_supervision THEN NULL
  WHEN outside = false OR no_room = false OR ict = false OR little_contact = false OR no_supervision = false
  THEN 'R-TUGAS' ELSE 'R-TUGAS-BELUM-DIKETAHUI' END,
CASE WHEN in_post_since <= (%(week)s::date - interval '6 months')::date THEN NULL
  WHEN in_post_since IS NULL THEN 'R-MASA-JABATAN-BELUM-DIKETAHUI' ELSE 'R-PEGAWAI-BARU' END,
CASE WHEN serving IS NULL THEN NULL ELSE 'R-HUKDIS' END,
CASE WHEN in_process IS NULL THEN NULL ELSE 'R-HUKDIS-PROSES' END,
CASE WHEN imposed_on IS NULL OR imposed_on <= (%(week)s::date - interval '12 months')::date THEN NULL
  ELSE 'R-HUKDIS-MASA-BERSIH' END,
CASE WHEN absences <= 2 THEN NULL ELSE 'R-ALPA' END,
{RATED.format(minimum=4)}{ABSENT},
CASE WHEN quarter_rating >= 4 THEN NULL WHEN quarter_id IS NULL THEN 'R-PERIODIK-BELUM-FINAL'
  ELSE 'R-PERIODIK-PREDIKAT' END""",
}


def statement(policy: str) -> str:
    """SQL: one row with everybody counted, those eligible, and every column of the evidence."""
    more, more_joined = (MORE, MORE_JOINED) if policy == "REWARD-2025" else ("", "")
    counts = ", ".join(f"count({name})" for name in COUNTED[policy].split())
    return f"""SELECT count(*), count(*) FILTER (WHERE cardinality(array_remove(ARRAY[{RULES[policy]}]::varchar[], NULL)) = 0),
      {counts} FROM (SELECT {PLACED}{more} {JOINED} {more_joined} {ASKED} OFFSET 0) facts"""  # noqa: E501 - our own text


def read(policy: str, agency_id: int, week: dt.date, at: dt.datetime, edges: list[int]) -> tuple[int, int]:
    """Everybody of an agency judged, in id ranges with these edges: how many they are, and how many eligible."""
    sql, people, eligible = statement(policy), 0, 0
    with connection.cursor() as cursor:
        # One process, as a worker is; and what makes the floor lower: compiling so wide a statement does not pay.
        cursor.execute("SET max_parallel_workers_per_gather = 0; SET jit = off")
        for lo, hi in zip(edges[:-1], edges[1:], strict=True):
            cursor.execute(sql, {"agency": agency_id, "week": week, "at": at, "lo": lo, "hi": hi})
            row = cursor.fetchone()
            people, eligible = people + row[0], eligible + row[1]
        cursor.execute("RESET max_parallel_workers_per_gather; RESET jit")
    return people, eligible
