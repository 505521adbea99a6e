"""`make bench`, first part: the weekly run beside the floor, two workers, `explain`, and the usual ORM ways.

python -m benchmarks.engine [people …] [policy …] [agency]      (default 100,000; on a throw-away database, see `fresh`)
    agency: people of one agency only, which halves the time of five million

All in one run on one server, so that the ratios mean something; a time by itself proves nothing. Prints a table with
the goals and adds a line a policy to `history.csv`.
"""

import csv
import dataclasses
import datetime as dt
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wfh_portal.settings")
django.setup()

from django.conf import settings  # noqa: E402  after setup
from django.db import connection, transaction  # noqa: E402

from eligibility import engine  # noqa: E402
from eligibility.actions import publish_run, put_in_force, start_run, work_run  # noqa: E402
from eligibility.models import Decision, Policy, Run  # noqa: E402
from employees.models import Agency, Employee  # noqa: E402
from schedules.explaining import explain  # noqa: E402

from . import floor, usual  # noqa: E402
from .people import NATION, WEEK, change, load, tidy  # noqa: E402

POLICIES = ("REWARD-2025", "REWARD-2019")
HISTORY = Path(__file__).with_name("history.csv")
USUAL_SAMPLE, LOOP_SAMPLE = 10_000, 200  # people; multiplied, for each costs the same
WEEKS = 3  # changed weeks a way; the median counts
ASKED = 50  # explanations; the median counts


@dataclasses.dataclass
class Figures:
    """What was measured under one policy, in seconds unless the name says otherwise."""

    people: int
    policy: str
    floor: float = 0  # one agency, the faster of one statement and ranges
    floor_nation: float = 0  # the same people in 600 agencies, a statement an agency
    read_nation: float = 0  # the engine reading and judging the same, writing nothing
    read: float = 0  # the engine reading and judging one agency, writing nothing
    first: float = 0
    changed: float = 0
    changed_share: float = 0
    changed_ratio: float = 0  # to the floor read just before, so that a busy machine spoils it less
    two: float = 0
    same: float = 0  # a week in which nothing changes
    same_bytes: int = 0
    explain_ms: float = 0
    explain_now_ms: float = 0
    usual_bulk: float = 0  # ORM iterator, prefetch and bulk_create, for all of `people`
    usual_loop: float = 0  # update_or_create one by one


def timed(call):
    begin = time.perf_counter()
    result = call()
    return result, time.perf_counter() - begin


def median(call, times: int) -> float:
    return statistics.median(timed(call)[1] for _n in range(times))


def at(week: dt.date) -> dt.datetime:
    """The weekly run's instant: the Friday before."""
    return dt.datetime.combine(week - dt.timedelta(days=3), dt.time(8), dt.UTC)


# --- one thing after the other ---


def nation(people: int, found: dict[str, Figures]) -> None:
    """600 agencies: what it costs that people are not all in one."""
    agencies = load(people, NATION)
    part = 1 if people > 100_000 else 4  # of small ones every fourth is enough
    some = list(zip(agencies, _id_ranges(), strict=True))[::part]
    for code, figures in found.items():
        policy = Policy.objects.get(code=code)

        def by_hand(code=code):
            return [floor.read(code, agency.pk, WEEK, at(WEEK), [lo, hi]) for agency, (lo, hi) in some]

        def by_engine(policy=policy):
            return [judged(policy, agency) for agency, _range in some]

        said, seconds = timed(by_hand)
        ours, engine_seconds = timed(by_engine)
        figures.floor_nation, figures.read_nation = seconds * part, engine_seconds * part
        agreed(said, ours)


def judged(policy: Policy, agency: Agency, edges: tuple[int, ...] = (0, 2**62)) -> tuple[int, int]:
    """The engine's own statement, its columns counted as the floor's and thrown away."""
    people = eligible = 0
    for lo, hi in zip(edges[:-1], edges[1:], strict=True):
        with transaction.atomic(), connection.cursor() as cursor:
            scope = engine.prepare(policy, engine.Scope(agency.pk, WEEK, at(WEEK), lo, hi))
            rows = engine.verdicts(policy, scope)
            columns = ", ".join(f"count({name})" for name in rows.columns if name != "reasons")
            eligible_sql = "count(*) FILTER (WHERE cardinality(reasons) = 0)"
            cursor.execute(f"SELECT count(*), {eligible_sql}, {columns} FROM ({rows.sql}) rows")
            row = cursor.fetchone()
        people, eligible = people + row[0], eligible + row[1]
    return people, eligible


def agreed(floor_says, engine_says) -> None:
    if floor_says != engine_says:
        sys.exit(f"the floor and the engine do not judge alike: {str(floor_says)[:80]} / {str(engine_says)[:80]}")


def _id_ranges() -> list[tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(id) - 1, max(id) FROM employees_employee GROUP BY agency_id ORDER BY agency_id")
        return cursor.fetchall()


def one_agency(people: int, found: dict[str, Figures]) -> None:
    (agency,) = load(people, 1)
    every = (*range(0, people, settings.JOB_CHUNK), people)
    turn = 0
    for code, figures in found.items():
        anew(agency, code)
        policy = Policy.objects.get(code=code)
        times = 3 if people <= 1_000_000 else 2
        whole = median(lambda code=code: floor.read(code, agency.pk, WEEK, at(WEEK), [0, people]), times)
        ranges = median(lambda code=code: floor.read(code, agency.pk, WEEK, at(WEEK), list(every)), times)
        figures.floor = min(whole, ranges)
        figures.read = median(lambda policy=policy: judged(policy, agency, every), times)
        agreed(floor.read(code, agency.pk, WEEK, at(WEEK), list(every)), judged(policy, agency, every))
        turn = weeks(agency, figures, turn)
        explanations(figures)
        if code == POLICIES[0]:
            usual_ways(agency, figures)


def anew(agency: Agency, code: str) -> None:
    """No decision yet, and this policy in force."""
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE eligibility_decision, eligibility_run, eligibility_policyinforce, ledger_jobrun CASCADE"
        )
    put_in_force(agency=agency, policy_code=code, since=dt.date(2026, 1, 1), by=None, at=at(WEEK))


def weeks(agency: Agency, figures: Figures, turn: int) -> int:
    """The first fill, changed weeks by one worker and by two, and one in which nothing changes. The next turn."""
    run, figures.first = computed(agency, WEEK, alone)
    tidy("eligibility_decision")
    seconds: dict[str, list[float]] = {"one": [], "two": []}
    week, shares, ratios = WEEK, [], []
    every = [*range(0, figures.people, settings.JOB_CHUNK), figures.people]
    with Workers(2) as workers:
        for _n in range(WEEKS):
            for name, way in (("one", alone), ("two", workers.work)):
                week += dt.timedelta(days=7)
                change(turn)
                turn += 1
                _count, beside = timed(lambda week=week: floor.read(figures.policy, agency.pk, week, at(week), every))
                run, took = computed(agency, week, way)
                seconds[name].append(took)
                ratios += [took / beside] if name == "one" else []
                shares.append(run.changed / figures.people)
    figures.changed, figures.two = statistics.median(seconds["one"]), statistics.median(seconds["two"])
    figures.changed_share, figures.changed_ratio = statistics.mean(shares), statistics.median(ratios)
    before = stored()
    run, figures.same = computed(agency, week + dt.timedelta(days=7), alone)
    figures.same_bytes = stored() - before
    if run.changed or run.in_scope != figures.people:
        sys.exit(f"a week in which nothing changes changed {run.changed} of {run.in_scope}")
    return turn


def computed(agency: Agency, week: dt.date, way) -> tuple[Run, float]:
    """A week's run from its start to its end, then published (not timed: one row's change)."""

    def run():
        started = start_run(agency=agency, track="REWARD", week=week, by=None, at=at(week), by_hand=True)
        way(started.job_id, at(week))
        return started.pk

    pk, took = timed(run)
    done = Run.objects.get(pk=pk)
    return publish_run(run_id=pk, by=None, at=at(week), version=done.version), took


def alone(job_id: int, moment: dt.datetime) -> None:
    work_run(job_id=job_id, at=moment)


class Workers:
    """Processes that wait for a run, as those of the queue do."""

    def __init__(self, number: int):
        command = [sys.executable, "-m", "benchmarks.engine", "--worker"]
        pipe = subprocess.PIPE
        self.all = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _n in range(number)]

    def __enter__(self):
        for one in self.all:
            one.stdout.readline()  # it is up and connected
        return self

    def work(self, job_id: int, moment: dt.datetime) -> None:
        for one in self.all:
            print(job_id, moment.isoformat(), file=one.stdin, flush=True)
        for one in self.all:
            if one.stdout.readline().strip() != "done":
                sys.exit("a worker failed")

    def __exit__(self, *_error):
        for one in self.all:
            one.communicate()


def worker() -> None:
    connection.ensure_connection()
    print("ready", flush=True)
    for line in sys.stdin:
        job_id, moment = line.split()
        work_run(job_id=int(job_id), at=dt.datetime.fromisoformat(moment))
        print("done", flush=True)


def stored() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_total_relation_size('eligibility_decision')")
        return cursor.fetchone()[0]


def explanations(figures: Figures) -> None:
    """One person explained: what was published, and what it would be now."""
    some = range(1, figures.people + 1, max(1, figures.people // ASKED))[:ASKED]
    for name, now in (("explain_ms", None), ("explain_now_ms", at(WEEK))):
        explain(Employee.objects.get(pk=some[0]), WEEK, viewer=None, now=now)
        times = [
            timed(lambda pk=pk, now=now: explain(Employee.objects.get(pk=pk), WEEK, viewer=None, now=now))[1]
            for pk in some
        ]
        setattr(figures, name, 1000 * statistics.median(times))


def usual_ways(agency: Agency, figures: Figures) -> None:
    """The ORM ways, on a part and multiplied; their answers are compared with the engine's."""
    week = Run.objects.published().latest("week").week
    took, made, eligible = usual.by_bulk_create(agency, week, min(USUAL_SAMPLE, figures.people))
    figures.usual_bulk = took * figures.people / made
    last = Employee.objects.filter(agency=agency).order_by("pk")[made - 1].pk
    ours = Decision.objects.filter(track="REWARD", until_run=None, eligible=True, employee_id__lte=last)
    if eligible != set(ours.values_list("employee_id", flat=True)):
        sys.exit("the ORM way and the engine do not judge alike")
    figures.usual_loop = usual.by_loop(agency, week, LOOP_SAMPLE) * figures.people / LOOP_SAMPLE


# --- telling ---


def table(one: Figures) -> str:
    """Each figure beside the floor, and the goals."""
    lines = [f"{one.policy}, {one.people:,} people: seconds, people a second, times the floor"]

    def line(name: str, seconds: float, note: str = "", beside: float = 0) -> None:
        ratio = seconds / (beside or one.floor)
        lines.append(f"  {name:<46}{seconds:>10.2f}{one.people / seconds:>12,.0f}{ratio:>8.2f} x  {note}")

    line("floor: plain SQL reads and judges, one agency", one.floor)
    line("engine reads and judges, writes nothing", one.read)
    line("first fill, every row new", one.first)
    line(
        f"a week in which {one.changed_share:.1%} change",
        one.changed,
        goal(one.changed_ratio, 1.5, "{} x the floor just before"),
    )
    line("the same by two workers", one.two, goal(one.changed / one.two, 1.6, "{} x one worker", least=True))
    line("a week in which nothing changes", one.same, f"{one.same_bytes:,} bytes more stored (goal 0)")
    if one.floor_nation:
        line("floor in 600 agencies", one.floor_nation)
        line("engine reads and judges 600 agencies", one.read_nation, "beside the floor of 600", one.floor_nation)
    if one.usual_bulk:
        ratio = one.usual_bulk / one.first
        sampled = f"(from {USUAL_SAMPLE:,} people)"
        reached = goal(ratio, 40, "{} x the first fill", least=True)
        line("ORM: iterator, prefetch, bulk_create", one.usual_bulk, f"{reached} {sampled}")
        line("ORM: update_or_create in a loop", one.usual_loop, f"(from {LOOP_SAMPLE} people)")
    lines.append(f"  explain, median of {ASKED}: {goal(one.explain_ms, 20, '{} ms')}")
    lines.append(f"  explain --now, median of {ASKED}: {goal(one.explain_now_ms, 20, '{} ms')}")
    return "\n".join(lines)


def goal(value: float, wanted: float, words: str, *, least: bool = False) -> str:
    """The value beside its goal, at most (or at least) that much."""
    reached = value >= wanted if least else value <= wanted
    return f"{words.format(f'{value:.2f}')}, goal {'≥' if least else '≤'} {wanted}: {'ok' if reached else 'MISSED'}"


def growth(smaller: Figures, larger: Figures) -> str:
    ratio = larger.changed / smaller.changed
    wanted = 5.5 * larger.people / smaller.people / 5  # from one million to five
    return f"{larger.policy}: {smaller.people:,} → {larger.people:,} people {goal(ratio, wanted, '{} x')}"


def keep(all_figures: list[Figures]) -> None:
    """Add to the history: date, commit, processors, then the figures."""
    told = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    head = {"date": f"{dt.datetime.now(dt.UTC):%Y-%m-%d}", "commit": told.stdout.strip(), "processors": os.cpu_count()}
    names = [field.name for field in dataclasses.fields(Figures)]
    is_new = not HISTORY.exists()
    with HISTORY.open("a", newline="", encoding="utf-8") as file:
        rows = csv.DictWriter(file, [*head, *names], lineterminator="\n")
        if is_new:
            rows.writeheader()
        for one in all_figures:
            rounded = {k: round(v, 4) if isinstance(v, float) else v for k, v in dataclasses.asdict(one).items()}
            rows.writerow(head | rounded)


def main() -> None:
    sizes = [int(word) for word in sys.argv[1:] if word.isdigit()] or [100_000]
    codes = [code for code in POLICIES if code in sys.argv] or POLICIES
    done: list[dict[str, Figures]] = []
    for people in sizes:
        found = {code: Figures(people, code) for code in codes}
        if "agency" not in sys.argv:
            nation(people, found)
        one_agency(people, found)
        for figures in found.values():
            print(table(figures), flush=True)
        done.append(found)
        keep(list(found.values()))
    for smaller, larger in zip(done[:-1], done[1:], strict=True):
        for code in codes:
            print(growth(smaller[code], larger[code]))


if __name__ == "__main__":
    worker() if "--worker" in sys.argv else main()
