"""The kinds of notices, the page each link opens, and which of them do not wait for the morning."""

# kind → the page its link opens
PAGES = {
    "request-sent": "approvals",
    "request-reminder": "approvals",
    "request-escalated": "approvals",
    "request-missed": "approvals",
    "request-withdrawn": "approvals",
    "request-dropped": "approvals",
    "request-approved": "my-week",
    "request-rejected": "requests",
    "request-returned": "requests",
    "request-expired": "requests",
    "request-ended": "requests",
    "swap-asked": "approvals",
    "swap-agreed": "approvals",
    "day-recalled": "my-week",
    "day-repaired": "my-week",
    "day-lost": "my-week",
    "day-freed": "my-week",
    "plan-published": "my-week",
    "decision-corrected": "my-week",
    "decision-dismissed": "objections",
    "decision-unapplied": "admin:eligibility_correction_changelist",
    "delegation-given": "approvals",
    "delegation-ended": "approvals",
    "objection-filed": "admin:eligibility_objection_changelist",
    "objection-silent": "admin:eligibility_objection_changelist",
    "objection-answered": "objections",
    "objection-granted": "objections",
    "suspension-asked": "admin:eligibility_suspension_changelist",
    "data-asked": "admin:employees_datarequest_changelist",
    "data-answered": "data-requests",
}
# They change tomorrow's way to work: when their day is today or the next working day they go out at once, by night too.
URGENT = frozenset({"day-recalled", "day-repaired", "day-lost", "decision-corrected", "swap-asked"})
