"""★19 The leak scan: canaries go through every door of the running portal; no log, message, address or refusal has one.

Real processes: web server, worker and timetable with their own logs, and the broker's own store, read whole.
"""

import datetime as dt
import http.cookiejar
import re
import urllib.error
import urllib.parse
import urllib.request

import pytest
from django.db import connections
from django.db.models import F
from django.utils import timezone

from eligibility.actions import load_policies, put_in_force
from eligibility.models import Decision
from employees.actions import create_token, renew_calendar
from employees.models import User
from schedules.models import Notice
from tests import factories
from tests.entering import SECRET, an_app, shown
from tests.rig import rig, until
from tests.schedules.pages import asked

NAME, WORD, SCORE, PASSWORD = "Kenari Xiphias", "KENARI-KATA", "87.13", "kenari-sandi-rahasia-9"
HEADER = "nip,jenis,tahun,periode,rezim,hasil_kerja,perilaku_kerja,catatan,nilai\n"


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None


class Visitor:
    """A browser without eyes: keeps cookies, sends tokens of forms, remembers every address and every refusal."""

    def __init__(self, address):
        self.address, self.addresses, self.refusals = address, [], []
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(jar, NoRedirect)

    def ask(self, path, data=None, headers=None, own=False):
        """`own`: the address itself is one the visitor typed, or a secret of theirs. Where it leads, and every link of
        what it shows, is ours and is looked at too."""
        body = urllib.parse.urlencode(data).encode() if isinstance(data, dict) else data
        request = urllib.request.Request(self.address + path, body, {"Referer": self.address, **(headers or {})})
        try:
            answer = self.opener.open(request, timeout=30)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            text = answer.read().decode(errors="replace")
            self.addresses += (
                [answer.headers.get("Location", "")] if own else [path, answer.headers.get("Location", "")]
            )
            self.addresses += re.findall(r'(?:href|src|action)="([^"]*)"', text)
            if answer.status >= 400 and answer.status not in (409, 422):  # those are one's own page with the form again
                self.refusals.append((path, text))
        return answer.status, text

    def post(self, page, data, path=None, own=False):
        _status, text = self.ask(page, own=own)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', text)[1]
        return self.ask(path or page, {"csrfmiddlewaretoken": token, **data}, own=own)

    def search(self, page, **typed):
        """As the form of a list does: posted, and led to the address of what was found, which is opened."""
        status, _text = self.post(page, {"here": page, **typed}, path="/search/")
        assert status == 302
        return self.ask(next(one for one in reversed(self.addresses) if one.startswith(f"{page}?")))

    def enter(self, person, password):
        return self.post("/accounts/login/", {"login": person.nip, "password": password})[0]

    def upload(self, page, agency, text):
        """A file of scores, as the admin's form posts it."""
        _status, form = self.ask(page)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)[1]
        parts = f'--x\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n{token}\r\n'
        parts += f'--x\r\nContent-Disposition: form-data; name="agency"\r\n\r\n{agency.pk}\r\n'
        parts += '--x\r\nContent-Disposition: form-data; name="file"; filename="nilai.csv"\r\n'
        parts += f"Content-Type: text/csv\r\n\r\n{text}\r\n--x--\r\n"
        return self.ask(page, parts.encode(), {"Content-Type": "multipart/form-data; boundary=x"})


@pytest.fixture
def ministry(transactional_db, settings):
    settings.PASSWORD_HASHERS = ["wfh_portal.hashers.PortalArgon2Hasher"]
    cast = factories.cast()
    for person, user in ((cast.sari, cast.sari_user), (cast.dewi, cast.dewi_user), (cast.budi, cast.budi_user)):
        type(person).objects.filter(pk=person.pk).update(name=NAME)
        user.set_password(PASSWORD)
        user.email = "kenari@contoh.test"
        user.save()
    load_policies(by=None, at=timezone.now())
    put_in_force(agency=cast.agency, policy_code="REWARD-2019", since=dt.date(2026, 1, 1), by=None, at=timezone.now())
    User.objects.update(quiet_until=F("quiet_from"), quiet_days_off=False)  # the mail comes at any hour
    type(cast.agency).objects.filter(pk=cast.agency.pk).update(run_weekday=1, run_hour=0)
    cast.asked = asked(cast, cast.sari, (now := timezone.localtime()).date() + dt.timedelta(days=9), now, reason=WORD)
    factories.numeric(cast.sari, SCORE, note=WORD)
    return cast


def employee_journey(address, cast, secret, token):
    sari = Visitor(address)
    assert sari.enter(cast.sari, f"{PASSWORD}-salah") == 200
    assert sari.enter(cast.sari, PASSWORD) == 302
    for path in ("/", "/requests/", "/requests/new/", "/account/", "/account/connections/", "/notices/", "/no-such/"):
        sari.ask(path)
    sari.post("/requests/new/", {"date": "x", "reason": WORD})
    sari.post("/account/", {"language": WORD, "next": "/"}, path="/account/language/")
    for path in (f"/{WORD}/{cast.sari.nip}/", f"/?q={WORD}", f"/accounts/login/?next=//{WORD}"):
        sari.ask(path, own=True)
    sari.ask(f"/api/v1/calendar/{secret}.ics", own=True)
    sari.ask(f"/api/v1/calendar/{secret}x.ics", own=True)
    sari.ask(f"/accounts/password/reset/key/1-{secret}/", own=True)
    key = {"Authorization": f"Token {token}", "Content-Type": "application/json"}
    sari.ask("/api/v1/me/week/", headers=key)
    sari.ask("/api/v1/requests/", b'{"date": "' + WORD.encode() + b'", "reason": "' + WORD.encode() + b'"}', key)
    sari.ask("/api/v1/requests/", b"{" + WORD.encode(), key)
    sari.ask("/api/v1/me/week/", headers={"Authorization": f"Token {token}x"})
    sari.ask("/account/", {"csrfmiddlewaretoken": WORD, "password": PASSWORD})
    return sari


def supervisor_journey(address, cast):
    budi = Visitor(address)
    assert budi.enter(cast.budi, PASSWORD) == 302
    decide = f"/approvals/{cast.asked.pk}/reject/"
    assert budi.post("/approvals/", {"reason": "", "version": 1}, path=decide)[0] >= 400
    assert budi.post("/approvals/", {"reason": WORD, "version": 1}, path=decide)[0] == 302
    budi.ask("/team/")
    budi.search("/delegations/", q=NAME)
    budi.ask(f"/approvals/{cast.asked.pk}/approve/", {"reason": WORD})
    return budi


def officer_journey(address, cast):
    dewi = Visitor(address)
    an_app(cast.dewi_user)
    assert dewi.enter(cast.dewi, PASSWORD) == 302
    assert dewi.post("/accounts/code/", {"code": WORD})[0] == 200
    assert dewi.post("/accounts/code/", {"code": shown()})[0] == 302
    year = timezone.now().year - 1
    rows = f"{cast.sari.nip},TAHUNAN,{year},,P6,ATAS,ATAS,{NAME},{SCORE}\n"
    rows += f"{cast.budi.nip},{WORD},{year},,P6,ATAS,ATAS,,{SCORE}\n"
    dewi.upload("/admin/performance/importbatch/upload/", cast.agency, HEADER + rows)
    for path in ("/admin/", "/admin/employees/employee/", "/admin/performance/appraisal/", "/admin/ledger/event/"):
        dewi.ask(path)
    for page in ("/admin/employees/employee/", "/admin/performance/appraisal/", "/delegations/"):
        status, _text = dewi.search(page, q=cast.sari.nip)
        assert status == 200
        dewi.ask(f"{page}?q={cast.sari.nip}", own=True)
    assert cast.sari.nip in dewi.search("/admin/employees/employee/", q=cast.sari.nip)[1]
    dewi.search("/admin/ledger/event/", actor=cast.sari.nip, person=cast.sari.nip)
    dewi.ask(f"/admin/autocomplete/?term={cast.sari.nip}", own=True)
    dewi.ask(f"/admin/employees/employee/?name__startswith={WORD}", own=True)
    dewi.ask(f"/admin/employees/employee/{cast.sari.pk}/change/")
    dewi.ask(f"/admin/employees/employee/{cast.stranger.pk}/change/")
    return dewi


def everything_in(broker) -> str:
    """Every key and every value of the broker's store."""
    found = []
    for key in broker.scan_iter(count=1000):
        kind = broker.type(key).decode()
        read = {
            "list": lambda key: broker.lrange(key, 0, -1),
            "set": broker.smembers,
            "hash": broker.hgetall,
            "zset": lambda key: broker.zrange(key, 0, -1),
            "string": broker.get,
            "none": lambda key: "",  # it ended meanwhile
        }[kind]
        found.append(f"{key} {read(key)}")
    return "\n".join(found)


def leaks(canaries, logs, stored, visitors) -> list[tuple[str, str]]:
    """Where which canary was seen: in a log, the broker's store, an address of ours, or the words of a refusal."""
    places = [*logs.items(), ("broker", stored)]
    places += [("address", one) for visitor in visitors for one in visitor.addresses]
    places += [refusal for visitor in visitors for refusal in visitor.refusals]
    return [(place, canary) for place, text in places for canary in canaries if canary in text]


def test_the_scan_sees_a_canary_in_every_place():
    sari = Visitor("http://127.0.0.1:1")
    sari.addresses, sari.refusals = ["/x/?q=KENARI"], [("/y/", "<p>KENARI</p>")]
    seen = leaks(["KENARI", "87.13"], {"web.log": "GET KENARI"}, "job 87.13", [sari])
    assert [place for place, _canary in seen] == ["web.log", "broker", "address", "/y/"]


def test_no_canary_leaves_through_a_side_door(ministry, tmp_path):
    secret = renew_calendar(by=ministry.sari_user, at=timezone.now())
    token = create_token(user=ministry.sari_user, by=None, at=timezone.now(), scopes=["write"])
    canaries = [NAME, "Xiphias", SCORE, PASSWORD, secret, token, WORD, SECRET]
    canaries += [person.nip for person in (ministry.sari, ministry.dewi, ministry.budi, ministry.stranger)]
    with rig(tmp_path, EMAIL_URL="dummy:") as processes:
        address = processes.web()
        visitors = [employee_journey(address, ministry, secret, token)]
        visitors += [supervisor_journey(address, ministry), officer_journey(address, ministry)]
        processes.beat()
        with processes.broker() as broker:
            stored = until(lambda: "drain_mail" in (text := everything_in(broker)) and text, "tasks wait")
            processes.worker("default,mail", name="short")
            mailed = Notice.objects.filter(receiver=ministry.sari, mailed_at__isnull=False)
            until(mailed.exists, "the mail is handed over", log=processes.log)
            stored += until(lambda: "job_id" in (text := everything_in(broker)) and text, "the run waits")
            processes.worker("bulk", name="bulk")
            until(Decision.objects.filter(employee=ministry.sari).exists, "decided", log=processes.log)
        logs = {path.name: path.read_text() for path in tmp_path.glob("*.log")}
    connections.close_all()
    assert "Not Found" in logs["web.log"]
    assert "Task drain" in logs["short.log"]
    assert "Task work" in logs["bulk.log"]
    assert leaks(canaries, logs, stored, visitors) == []
