"""What changes plans, WFH days and requests. Each: keyword-only, atomic, `by=` who and `at=` when, recorded once."""
