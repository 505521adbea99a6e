"""Web push: sealed for one browser, sent to known services only, off without a key, and nobody else's to switch."""

import datetime as dt
import http.server
import json
import threading
import types

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

from employees.models import User
from ledger import outbox
from ledger.models import Event, Outbox
from schedules import tasks
from schedules.actions.pushes import MOST, subscribe, unsubscribe
from schedules.actions.refused import Refused
from schedules.models import Notice, PushSubscription, WfhDay
from schedules.notices import deliver_push, post_push, tell
from schedules.notices.devices import NotTaken
from schedules.notices.push import allowed
from schedules.notices.sealing import _derived, decoded, encoded, new_key, point, proof, seal
from tests import factories

PLACE = "https://updates.push.services.mozilla.com/wpush/v2/abc"
DAY = dt.date(2026, 12, 2)


def browser():
    """The keys of a browser: the private one, and what it tells the portal."""
    key, secret = new_key(), b"0123456789abcdef"
    return key, secret, {"p256dh": encoded(point(key)), "auth": encoded(secret)}


def opened(body, key, secret):
    """What the browser makes of a sealed message (RFC 8188, 8291)."""
    salt, size, mine = body[:16], body[20], body[21 : 21 + body[20]]
    assert size == 65
    shared = key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), mine))
    common = _derived(shared, secret, b"WebPush: info\0" + point(key) + mine, 32)
    cek, nonce = (
        _derived(common, salt, b"Content-Encoding: aes128gcm\0", 16),
        _derived(common, salt, b"Content-Encoding: nonce\0", 12),
    )
    text = AESGCM(cek).decrypt(nonce, body[21 + size :], None)
    assert text[-1:] == b"\x02"
    return text[:-1]


@pytest.fixture
def on(settings):
    key = new_key()
    settings.WEBPUSH_PRIVATE_KEY = encoded(key.private_numbers().private_value.to_bytes(32, "big"))
    settings.WEBPUSH_PUBLIC_KEY = encoded(point(key))
    settings.WEBPUSH_CONTACT = "mailto:portal@contoh.test"
    return settings


@pytest.fixture
def device(cast, on, at):
    return subscribe(by=cast.sari_user, endpoint=PLACE, at=at, **browser()[2])


def told(cast, at, key=""):
    day = WfhDay.objects.filter(employee=cast.sari).first() or WfhDay.objects.create(
        employee=cast.sari, agency=cast.agency, unit=cast.general, date=DAY, track="REWARD"
    )
    tell("day-lost", day, cast.sari.pk, at, key=key, facts={"reason": "Rahasia"})
    return {"notice": Notice.objects.order_by("-pk")[0].key}


# --- sealing --------------------------------------------------------------------------------------


def test_the_example_of_rfc_8291():
    """Appendix A, byte for byte."""
    once = ec.derive_private_key(
        int.from_bytes(decoded("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big"), ec.SECP256R1()
    )
    body = seal(
        b"When I grow up, I want to be a watermelon",
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "BTBZMqHH6r4Tts7J_aSIgg",
        salt=decoded("DGv6ra1nlYgDCS1FRnbzlw"),
        once=once,
    )
    assert encoded(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7"
        "A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def test_the_proof_names_the_service_and_is_signed(on, at):
    header = proof(PLACE, on.WEBPUSH_PRIVATE_KEY, on.WEBPUSH_CONTACT, at)
    text, _space, key = header.removeprefix("vapid t=").partition(", k=")
    head, claims, signature = text.split(".")
    said = json.loads(decoded(claims))
    assert said == {
        "aud": "https://updates.push.services.mozilla.com",
        "exp": int((at + dt.timedelta(hours=12)).timestamp()),
        "sub": "mailto:portal@contoh.test",
    }
    raw = decoded(signature)
    pair = (int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decoded(key))
    public.verify(utils.encode_dss_signature(*pair), f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    assert key == on.WEBPUSH_PUBLIC_KEY


def test_a_push_service_on_this_machine_gets_what_only_the_browser_can_read(on, at):
    key, secret, keys = browser()
    seen = []

    class Service(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            seen.append(
                (
                    {name.lower(): value for name, value in self.headers.items()},
                    self.rfile.read(int(self.headers["Content-Length"])),
                )
            )
            self.send_response(302 if self.path == "/away" else 201)
            if self.path == "/away":
                self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *args):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Service) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        where = f"http://127.0.0.1:{server.server_port}"
        one = types.SimpleNamespace(endpoint=f"{where}/push", **keys)
        assert post_push(one, b'{"title": "x"}', at=at) == 201
        one.endpoint = f"{where}/away"
        assert post_push(one, b"{}", at=at) == 302  # not followed
        server.shutdown()
    headers, body = seen[0]
    assert len(seen) == 2
    assert opened(body, key, secret) == b'{"title": "x"}'
    assert headers["content-encoding"] == "aes128gcm"
    assert headers["authorization"].startswith("vapid t=")
    assert int(headers["ttl"]) > 0
    assert b"title" not in body


# --- who and where --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("endpoint", "yes"),
    [
        (PLACE, True),
        ("https://fcm.googleapis.com/fcm/send/x", True),
        ("https://FCM.googleapis.com:443/x", True),
        ("https://db5p.notify.windows.com/w/?token=x", True),
        ("http://fcm.googleapis.com/x", False),
        ("https://fcm.googleapis.com:8443/x", False),
        ("https://fcm.googleapis.com@127.0.0.1/x", False),
        ("https://fcm.googleapis.com.contoh.test/x", False),
        ("https://evilnotify.windows.com/x", False),
        ("https://127.0.0.1/x", False),
        ("https://[::1]/x", False),
        ("https://169.254.169.254/latest", False),
        ("https://fcm.googleapis.com:x/", False),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
def test_the_portal_posts_to_known_services_only(endpoint, yes):
    assert allowed(endpoint) is yes


def test_a_strange_address_is_refused_and_not_kept(cast, on, at):
    with pytest.raises(Refused) as refused:
        subscribe(by=cast.sari_user, endpoint="https://127.0.0.1/x", at=at, **browser()[2])
    assert refused.value.code == "UNKNOWN_HOST"
    assert not PushSubscription.objects.exists()


def test_without_a_key_nothing_is_there(cast, at, client):
    with pytest.raises(Refused) as refused:
        subscribe(by=cast.sari_user, endpoint=PLACE, at=at, **browser()[2])
    assert refused.value.code == "PUSH_OFF"
    client.force_login(cast.sari_user)
    assert client.post("/account/push/", {}).status_code == 404
    assert client.post("/account/push/off/", {}).status_code == 404
    assert "push" not in client.get("/account/").content.decode().lower()
    PushSubscription.objects.create(user=cast.sari_user, endpoint=PLACE, created_at=at, **browser()[2])
    told(cast, at)
    assert not Outbox.objects.filter(kind="PUSH").exists()


# --- telling --------------------------------------------------------------------------------------


def test_a_notice_is_pushed_outside_quiet_hours_digest_or_not(cast, device, at):
    User.objects.filter(pk=cast.sari_user.pk).update(digest=True)
    told(cast, at)
    told(cast, at + dt.timedelta(hours=11), key="x")
    rows = Outbox.objects.filter(kind="PUSH").order_by("due_at").values_list("due_at", flat=True)
    assert list(rows) == [at, at + dt.timedelta(hours=22)]


def test_the_worker_pushes_the_heading_only(cast, device, at, monkeypatch):
    seen = []
    monkeypatch.setattr(tasks.timezone, "now", lambda: at)
    monkeypatch.setattr(tasks, "post_push", lambda one, data, at: seen.append((one.pk, json.loads(data))) or 201)
    payload = told(cast, at)
    assert outbox.drain(kind="PUSH", handle=tasks._push, at=at) == 1
    ((pk, said),) = seen
    assert pk == device.pk
    assert set(said) == {"title", "path", "tag"}
    assert "Rahasia" not in str(said)
    assert said["path"] == "/"
    assert said["tag"] == payload["notice"]


@pytest.mark.parametrize(("status", "left"), [(201, 1), (404, 0), (410, 0), (400, 1), (413, 1)])
def test_a_device_that_is_gone_is_forgotten(cast, device, at, status, left):
    assert deliver_push(payload=told(cast, at), at=at, send=lambda *_: status) == (status == 201)
    assert PushSubscription.objects.count() == left


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_service_that_cannot_now_is_asked_again(cast, device, at, status, monkeypatch):
    told(cast, at)
    with pytest.raises(NotTaken):
        deliver_push(payload=told(cast, at), at=at, send=lambda *_: status)
    monkeypatch.setattr(tasks.timezone, "now", lambda: at)
    monkeypatch.setattr(tasks, "post_push", lambda *_a, **_k: status)
    outbox.drain(kind="PUSH", handle=tasks._push, at=at)
    entry = Outbox.objects.get(kind="PUSH")
    assert (entry.attempts, entry.done_at, entry.error) == (1, None, "NotTaken")


def test_no_answer_is_asked_again_and_a_bad_key_is_gone(cast, device, at):
    def silent(one, data):
        raise TimeoutError

    with pytest.raises(NotTaken):
        deliver_push(payload=told(cast, at), at=at, send=silent)
    PushSubscription.objects.update(p256dh=encoded(b"\x04" + b"\1" * 64))  # no point of the curve
    deliver_push(payload=told(cast, at), at=at, send=lambda one, data: post_push(one, data, at=at))
    assert not PushSubscription.objects.exists()


def test_a_wrong_key_of_the_portal_itself_forgets_no_device(cast, device, on, at):
    on.WEBPUSH_PRIVATE_KEY = "AAAA"
    with pytest.raises(ImproperlyConfigured, match="push_keys"):
        deliver_push(payload=told(cast, at), at=at, send=lambda one, data: post_push(one, data, at=at))
    assert PushSubscription.objects.count() == 1


def test_an_address_no_longer_allowed_gets_nothing(cast, device, on, at):
    on.WEBPUSH_HOSTS = ["fcm.googleapis.com"]
    seen = []
    deliver_push(payload=told(cast, at), at=at, send=lambda *one: seen.append(one) or 201)
    assert not seen
    assert not PushSubscription.objects.exists()


def test_a_closed_account_gets_nothing(cast, device, at):
    payload = told(cast, at)
    User.objects.filter(pk=cast.sari_user.pk).update(is_active=False)
    assert deliver_push(payload=payload, at=at, send=lambda *_: 201) == 0


# --- switching ------------------------------------------------------------------------------------


def test_switched_on_and_off_on_the_account_page(cast, on, client):
    client.force_login(cast.sari_user)
    page = client.get("/account/").content.decode()
    assert f'data-push-key="{on.WEBPUSH_PUBLIC_KEY}"' in page
    assert on.WEBPUSH_PRIVATE_KEY not in page
    assert client.post("/account/push/", {"endpoint": PLACE, **browser()[2]})["Location"] == "/account/"
    assert PushSubscription.objects.get().user == cast.sari_user
    assert client.post("/account/push/off/", {"endpoint": PLACE})["Location"] == "/account/"
    assert not PushSubscription.objects.exists()
    assert list(Event.objects.order_by("pk").values_list("verb", flat=True)) == ["push.on", "push.off"]
    assert client.get("/account/push/").status_code == 405


@pytest.mark.parametrize(
    "wrong", [{"endpoint": ""}, {"endpoint": "x"}, {"p256dh": "a b"}, {"auth": "x" * 400}, {"auth": ""}]
)
def test_what_no_browser_says_is_refused_in_words(cast, on, client, wrong):
    client.force_login(cast.sari_user)
    answer = client.post("/account/push/", {"endpoint": PLACE, **browser()[2]} | wrong, follow=True)
    assert answer.status_code == 200
    assert "notice-error" in answer.content.decode()
    assert not PushSubscription.objects.exists()


@pytest.mark.parametrize("who", ["budi_user", "eko_user", "ratna_user", "dewi_user"])
def test_nobody_switches_off_somebody_elses(cast, device, at, who):
    stranger = getattr(cast, who)
    assert unsubscribe(by=stranger, endpoint=PLACE, at=at) == 0
    assert unsubscribe(by=stranger, at=at) == 0
    assert not PushSubscription.objects.visible_to(stranger).exists()
    assert PushSubscription.objects.count() == 1


def test_a_shared_browser_belongs_to_whoever_switched_it_on_last(cast, device, at):
    subscribe(by=cast.budi_user, endpoint=PLACE, at=at, **browser()[2])
    assert PushSubscription.objects.get().user == cast.budi_user


def test_an_account_has_so_many_devices(cast, on, at):
    for n in range(MOST + 2):
        later = at + dt.timedelta(minutes=n)
        subscribe(by=cast.sari_user, endpoint=f"{PLACE}{n}", at=later, **browser()[2])
    left = set(PushSubscription.objects.values_list("endpoint", flat=True))
    assert left == {f"{PLACE}{n}" for n in range(2, MOST + 2)}


def test_an_account_without_a_person_has_nothing_to_push(on, at, db):
    with pytest.raises(Refused) as refused:
        subscribe(by=factories.account(username="mesin"), endpoint=PLACE, at=at, **browser()[2])
    assert refused.value.code == "NO_PERSON"


def test_the_keys_that_are_printed_fit_each_other(capsys, at):
    call_command("push_keys")
    public, private = (line.partition("=")[2] for line in capsys.readouterr().out.split())
    assert proof(PLACE, private, "mailto:x@contoh.test", at).endswith(f"k={public}")
