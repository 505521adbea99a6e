"""What must never be, as SQL that returns no row (reliability.md §3). `manage.py verify` asks all of it; tests too."""

NEVER: dict[str, str] = {
    "an event without a time or a verb": """
        SELECT id FROM ledger_event WHERE verb = '' OR at IS NULL""",
    "seals that leave events out": """
        SELECT b.id FROM ledger_seal a JOIN ledger_seal b ON b.previous = a.digest
        WHERE EXISTS (SELECT FROM ledger_event e WHERE e.id > a.to_id AND e.id < b.from_id)""",
    "a chunk done more than once, or by nobody": """
        SELECT id FROM ledger_jobchunk WHERE state = 'DONE' AND (fence < 1 OR done_at IS NULL)""",
    "a job that is over with chunks left": """
        SELECT j.id FROM ledger_jobrun j JOIN ledger_jobchunk c ON c.job_id = j.id
        WHERE j.state = 'DONE' AND c.state <> 'DONE'""",
    "something that must follow, given up": """
        SELECT id FROM ledger_outbox WHERE dead_at IS NOT NULL""",
}
