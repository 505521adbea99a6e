"""What a push service is handed: the message sealed for one browser (RFC 8291, aes128gcm), and the proof of who sends
it (VAPID, RFC 8292). Pure: keys, salt and instant come in. `cryptography` is loaded only where a push is sent."""

import base64
import datetime as dt
import json
from urllib.parse import urlsplit

RECORD = 4096
LIFE = dt.timedelta(hours=12)  # of the proof, and of a message that waits for its browser


def decoded(text: str) -> bytes:
    """Base64 as browsers write it: URL-safe, the padding left out. Raises `ValueError`."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def seal(data: bytes, p256dh: str, auth: str, *, salt: bytes, once) -> bytes:
    """Encrypt for the browser with public key `p256dh` and secret `auth`; `once` is a private key for this message
    alone. Raises `ValueError` where the browser's key is none."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    theirs = decoded(p256dh)
    mine = point(once)
    shared = once.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs))
    secret = _derived(shared, decoded(auth), b"WebPush: info\0" + theirs + mine, 32)
    key = _derived(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(secret, salt, b"Content-Encoding: nonce\0", 12)
    head = salt + RECORD.to_bytes(4, "big") + bytes([len(mine)]) + mine
    return head + AESGCM(key).encrypt(nonce, data + b"\x02", None)  # 2: the last record


def proof(endpoint: str, private_key: str, contact: str, at: dt.datetime) -> str:
    """The Authorization header for an endpoint. Raises `ValueError` where the key is none."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, utils

    key = ec.derive_private_key(int.from_bytes(decoded(private_key), "big"), ec.SECP256R1())
    parts = urlsplit(endpoint)
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": int((at + LIFE).timestamp()), "sub": contact}
    text = ".".join(encoded(json.dumps(one).encode()) for one in ({"typ": "JWT", "alg": "ES256"}, claims))
    r, s = utils.decode_dss_signature(key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
    signature = encoded(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return f"vapid t={text}.{signature}, k={encoded(point(key))}"


def new_key():
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.generate_private_key(ec.SECP256R1())


def point(private) -> bytes:
    """A key's public half, uncompressed: 65 bytes."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), length, salt, info).derive(secret)
