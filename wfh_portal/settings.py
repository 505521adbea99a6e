"""Settings: everything that differs between installations comes from the environment (.env.example lists it all).

Fixed things stand here as plain values. Secrets have no default: without them the start is refused.
"""

import datetime as dt
from pathlib import Path
from urllib.parse import urlsplit

import pgtrigger
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _
from environs import Env

BASE_DIR = Path(__file__).resolve().parent.parent
env = Env()
if not env.bool("EMBEDDED", False):  # demo and tests must never meet the database that .env names
    env.read_env(str(BASE_DIR / ".env"), recurse=False)

# --- what this installation is -------------------------------------------------------------------
DEBUG = env.bool("DEBUG", False)
EMBEDDED = env.bool("EMBEDDED", False)  # set by `make demo` and `make test`; refused in production (wfh.E020)
SECRET_KEY = env.str("SECRET_KEY", "")
if not SECRET_KEY:
    raise ImproperlyConfigured("SECRET_KEY is not set. Set it in the environment; `make demo` makes one by itself.")
PUBLIC_URL = env.str("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
HTTPS = urlsplit(PUBLIC_URL).scheme == "https"
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", []) or [urlsplit(PUBLIC_URL).hostname or "127.0.0.1"]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", 0)  # how many proxies of ours stand before the web server

INSTALLED_APPS = [
    "wfh_portal.apps.PortalConfig",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "wfh_portal.apps.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "pgtrigger",
    "pghistory",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "ledger",
    "employees",
    "performance",
    "eligibility",
    "schedules",
]

MIDDLEWARE = [
    # These three come first, so that what any other answers or raises has its headers too.
    "wfh_portal.middleware.RequestIdMiddleware",
    "wfh_portal.middleware.HeadersMiddleware",
    "wfh_portal.middleware.PolicyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "wfh_portal.middleware.RefusalMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "wfh_portal.middleware.LanguageMiddleware",
    "wfh_portal.middleware.DeniedMiddleware",
    "wfh_portal.middleware.TypedMiddleware",
    "wfh_portal.presence.PresenceMiddleware",
    "wfh_portal.presence.FactorMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "wfh_portal.recorded.RecordedMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "wfh_portal.middleware.BusyMiddleware",
]

ROOT_URLCONF = "wfh_portal.urls"
WSGI_APPLICATION = "wfh_portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "wfh_portal.context.portal",
            ],
        },
    },
]

# --- database: PostgreSQL only --------------------------------------------------------------------
# The web and the workers use the application's own role, which owns no table; migrations run with
# DATABASE_URL set to DATABASE_OWNER_URL.
DATABASES = {"default": env.dj_db_url("DATABASE_URL", "postgres:///wfh", conn_max_age=600, conn_health_checks=True)}
DATABASES["default"]["ENGINE"] = "django.db.backends.postgresql"
DATABASES["default"].setdefault("OPTIONS", {})["options"] = " ".join(
    f"-c {name}={value}"
    for name, value in {
        "statement_timeout": env.str("STATEMENT_TIMEOUT", "30s"),
        "lock_timeout": "5s",
        # A stopped worker that sleeps inside a transaction loses it, so another can continue (reliability F20).
        "idle_in_transaction_session_timeout": "60s",
        "jit": "off",  # wide statements over few rows paid up to a second for being compiled (measured)
    }.items()
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "portal_cache"}}
SESSION_ENGINE = "employees.sessions"  # Django's, with whose session it is

PGHISTORY_LEVEL = pgtrigger.Statement  # row-level triggers are quadratic on bulk inserts (rulings.md 12)
PGHISTORY_MIDDLEWARE_METHODS = ("POST", "PUT", "PATCH", "DELETE")
PGHISTORY_ADMIN_ALL_EVENTS = False

# --- people and log-in ----------------------------------------------------------------------------
AUTH_USER_MODEL = "employees.User"
AUTHENTICATION_BACKENDS = ["employees.login.NipBackend"]
PASSWORD_HASHERS = ["wfh_portal.hashers.PortalArgon2Hasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "employees.passwords.OwnPapersValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "my-week"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "employees.login.ClosedAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # nobody can make the portal write to strangers
ACCOUNT_FORMS = {
    "login": "employees.login.NipLoginForm",
    "reset_password": "employees.login.ForgottenForm",
    "change_password": "employees.login.NewPasswordForm",
}
# The library's own would ask for further addresses of an account, which nobody has here, and write them on a GET.
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105  a name, no secret
ACCOUNT_SESSION_REMEMBER = False
# Wherever a password is asked for, `employees.limits` counts: failures only, atomically (the library's counters in the
# cache are not). An office of 2,000 comes from one address.
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": None, "reauthenticate": None, "change_password": None}
MFA_ADAPTER = "employees.factors.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {"authenticate": "employees.factors.CodeForm", "reauthenticate": "employees.factors.CodeAgainForm"}
MFA_WEBAUTHN_USER_VERIFICATION = "preferred"  # it is the second of two
# Log-in through the agency's own provider: off, and not shown, while these are empty (employees/sso.py)
OIDC_ISSUER = env.str("OIDC_ISSUER", "")
OIDC_CLIENT_ID = env.str("OIDC_CLIENT_ID", "")
OIDC_CLIENT_SECRET = env.str("OIDC_CLIENT_SECRET", "")
OIDC_NIP_CLAIM = env.str("OIDC_NIP_CLAIM", "") or "nip"
if OIDC_ISSUER and urlsplit(OIDC_ISSUER).scheme != "https" and not (EMBEDDED or DEBUG):
    raise ImproperlyConfigured("OIDC_ISSUER must be an https address: who listens there says who people are.")
SOCIALACCOUNT_ADAPTER = "employees.sso.NumberAdapter"
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES  # X-Forwarded-For is believed so far, and no further
SESSION_COOKIE_AGE = 12 * 3600  # without a sign of life; shorter with a role (wfh_portal/presence.py)
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
LANGUAGE_COOKIE_NAME = "language"

# --- words, time ----------------------------------------------------------------------------------
LANGUAGE_CODE = env.str("LANGUAGE_CODE", "id")
LANGUAGES = [("id", "Bahasa Indonesia"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["wfh_portal.formats"]
TIME_ZONE = env.str("TIME_ZONE", "Asia/Jakarta")
USE_TZ = True
USE_THOUSAND_SEPARATOR = True

# --- static files ---------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_MAX_AGE = 3600
WHITENOISE_ALLOW_ALL_ORIGINS = False

# --- security headers -----------------------------------------------------------------------------
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$", r"^api/"]  # pages are led to HTTPS, the API refuses
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS and TRUSTED_PROXIES else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
    }
}
# Two exceptions (rulings.md 36): the admin's Alpine needs eval and inline styles, Swagger's page an inline start.
CONTENT_SECURITY_POLICY_EXCEPTIONS = {
    "/admin/": {"script-src": ["'self'", "'unsafe-eval'"], "style-src": ["'self'", "'unsafe-inline'"]},
    "/api/docs/": {"script-src": ["'self'", "'unsafe-inline'"], "style-src": ["'self'", "'unsafe-inline'"]},
}
DATA_UPLOAD_MAX_NUMBER_FIELDS = 12_000  # the admin's "select all" posts one field a row
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
IMPORT_UPLOAD_MAX_BYTES = 5 * 1024 * 1024
IMPORT_UPLOAD_MAX_ROWS = 20_000  # for the browser; commands have no limit (rulings.md 37)

# --- API ------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "employees.tokens.AccountToken",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated", "employees.tokens.InScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_THROTTLE_CLASSES": ["ledger.throttle.TokenThrottle"],
    "NUM_PROXIES": TRUSTED_PROXIES,
    "DEFAULT_PAGINATION_CLASS": "wfh_portal.problems.Pages",
    "PAGE_SIZE": 100,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "wfh_portal.problems.problem",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
}
API_LIMITS = {  # so many calls in so many seconds (ledger/throttle.py)
    "read": (600, 60),
    "write": (60, 60),
    "export": (5, 3600),
    "anonymous": (60, 60),
    "calendar": (30, 60),
    "guess": (60, 60),
}
REST_KNOX = {"TOKEN_TTL": dt.timedelta(days=90), "AUTH_HEADER_PREFIX": "Token", "TOKEN_LIMIT_PER_USER": 10}
SPECTACULAR_SETTINGS = {
    "TITLE": "Portal WFH ASN",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "ENUM_NAME_OVERRIDES": {
        "RequestStateEnum": "schedules.models.Request.State",
        "PlanStateEnum": "schedules.models.Plan.State",
        "WfhDayStateEnum": "schedules.models.WfhDay.State",
    },
}

# --- mail -----------------------------------------------------------------------------------------
_mail = env.dj_email_url("EMAIL_URL", "console:" if EMBEDDED or DEBUG else "smtp://localhost:25")
EMAIL_BACKEND, EMAIL_HOST, EMAIL_PORT = _mail["EMAIL_BACKEND"], _mail["EMAIL_HOST"], _mail["EMAIL_PORT"]
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail["EMAIL_HOST_USER"], _mail["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS, EMAIL_USE_SSL, EMAIL_TIMEOUT = _mail["EMAIL_USE_TLS"], _mail["EMAIL_USE_SSL"], 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "Portal WFH ASN <portal@localhost>")

# --- web push: without the keys it is off, and nothing of it is shown ------------------------------
WEBPUSH_PUBLIC_KEY = env.str("WEBPUSH_PUBLIC_KEY", "")
WEBPUSH_PRIVATE_KEY = env.str("WEBPUSH_PRIVATE_KEY", "")
WEBPUSH_CONTACT = env.str("WEBPUSH_CONTACT", "") or f"mailto:{DEFAULT_FROM_EMAIL.rpartition('<')[2].rstrip('>')}"
# The only hosts the portal ever posts to; one that begins with a dot stands for the hosts under it.
WEBPUSH_HOSTS = env.list("WEBPUSH_HOSTS", []) or [
    "fcm.googleapis.com",
    "updates.push.services.mozilla.com",
    "web.push.apple.com",
    ".notify.windows.com",
]

# --- jobs: Redis carries messages only; what is due stands in PostgreSQL --------------------------
CELERY_BROKER_URL = env.str("REDIS_URL", "redis://127.0.0.1:6379/0")
CELERY_TIMEZONE = "UTC"
COMPARE_SECONDS = env.int("COMPARE_SECONDS", 300)  # published weeks are compared with what changed since
JOB_CHUNK = env.int("JOB_CHUNK", 50_000)  # ids a chunk; tests make it small
JOB_CHUNK_SECONDS = env.int("JOB_CHUNK_SECONDS", 60)  # a chunk running longer is taken over
TICK_SECONDS = env.int("TICK_SECONDS", 30)  # how often beat asks PostgreSQL what is due
OUTBOX_SECONDS = env.float("OUTBOX_SECONDS", 1.0)  # how often the outbox is drained

# --- trail ----------------------------------------------------------------------------------------
DENIED_PER_MINUTE = 600  # events an account and process; what is refused beyond it stands in the log alone
EXPORT_MAX_ROWS = 20_000  # rows of one export; whoever needs more narrows it and takes several
EXPORTS_AN_HOUR = 20  # files an account may take
EXPORTS_A_DAY = 10  # each further one within a day is an alarm in the trail and the log

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "ledger.request_id.RequestIdFilter"}},
    "formatters": {
        "line": {
            "()": "ledger.logs.Discreet",
            "format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s",
        }
    },
    "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request_id"]}},
    "root": {"handlers": ["out"], "level": "INFO"},
    # Django's and gunicorn's own ways around it (a mail to ADMINS holds settings and variables) are closed.
    "loggers": {
        name: {"handlers": [], "level": "INFO", "propagate": True}
        for name in ("django", "django.server", "gunicorn.error", "gunicorn.access")
    },
}

UNFOLD = {
    "SITE_TITLE": _("WFH Portal"),
    "SITE_HEADER": _("WFH Portal"),
    "SITE_SYMBOL": "home_work",
    "SITE_SUBHEADER": "wfh_portal.navigation.agency_name",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("icons/portal.svg")},
    ],
    "STYLES": [lambda request: static("css/admin.css")],
    "THEME": "light",  # the portal's own pages have one look too
    "SHOW_HISTORY": False,
    "SHOW_BACK_BUTTON": True,
    "DASHBOARD_CALLBACK": "schedules.admin.waiting",
    "COLORS": {
        "primary": {
            "50": "#eaf4fb",
            "100": "#d3e8f6",
            "200": "#a6d0ec",
            "300": "#73b4de",
            "400": "#3d94ca",
            "500": "#0063a8",
            "600": "#0063a8",
            "700": "#005492",
            "800": "#00457a",
            "900": "#06264d",
            "950": "#041a36",
        }
    },
}
