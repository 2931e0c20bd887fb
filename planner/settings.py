"""Settings of the Django project. Every value can come from the environment; a fresh clone runs with none set.

What the project writes stays under one folder, `HEADROOM_DATA`: database, secret key, uploads, traces, runs and logs.
"""

from __future__ import annotations

from pathlib import Path

from engine.replay.snapshot_slice import MAX_TURN_S, TURN_S
from engine.replay.splitting import MOST_PLAYERS
from planner import env
from planner.secret_key import secret_key

BASE_DIR = Path(__file__).resolve().parent.parent

# Headroom's own
HEADROOM_DATA = Path(env.text("HEADROOM_DATA", str(BASE_DIR / "var"))).resolve()
HEADROOM_UPLOAD_MAX_BYTES = env.number("HEADROOM_UPLOAD_MAX_BYTES", 2 * 1024**3, low=1)
HEADROOM_UPLOAD_MAX_FILES = env.number("HEADROOM_UPLOAD_MAX_FILES", 64, low=1)
HEADROOM_ENGINE = env.text("HEADROOM_ENGINE", "") or None
HEADROOM_PLAYERS = env.number("HEADROOM_PLAYERS", 1, low=1, high=MOST_PLAYERS)
HEADROOM_SNAPSHOT_TURN_S = env.number("HEADROOM_SNAPSHOT_TURN_S", TURN_S, high=MAX_TURN_S)
HEADROOM_BROKER_URL = env.text("HEADROOM_BROKER_URL", "redis://127.0.0.1:6379/0")
HEADROOM_EXTERNAL_ALLOW = env.text("HEADROOM_EXTERNAL_ALLOW", "")
HEADROOM_WEB_PORT = env.number("HEADROOM_WEB_PORT", 0)
HEADROOM_LOG_LEVEL = env.text("HEADROOM_LOG_LEVEL", "WARNING").upper()
HEADROOM_DATA.mkdir(parents=True, exist_ok=True, mode=0o700)  # parents=True gives parents the usual mode, this one ours
for _folder in ("uploads", "traces", "runs", "prices", "log"):
    (HEADROOM_DATA / _folder).mkdir(parents=True, exist_ok=True, mode=0o700)

# Django
DEBUG = env.flag("HEADROOM_DEBUG", False)
SECRET_KEY = env.text("HEADROOM_SECRET_KEY", "") or secret_key(HEADROOM_DATA / "secret-key")
ALLOWED_HOSTS = [host.strip() for host in env.text("HEADROOM_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",")]
ROOT_URLCONF = "planner.urls"
WSGI_APPLICATION = "planner.wsgi.application"
DEFAULT_EXCEPTION_REPORTER_FILTER = "planner.debugging.AlwaysDiscreet"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "planner.apps.PlannerConfig",
    "planner.accounts",
    "planner.jobs",
    "planner.prices",
    "planner.traces",
    "planner.runs",
    "planner.external",
    "planner.estimates",
    "planner.wizard",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "planner.security.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

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
            ],
        },
    }
]

# One writer at a time is SQLite's nature; WAL lets readers go on meanwhile, and IMMEDIATE makes a transaction that will
# write wait at its start, where the busy timeout counts, instead of failing in its middle.
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": HEADROOM_DATA / "headroom.sqlite3",
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }
}

# Signing in
LOGIN_URL = "accounts:sign-in"
LOGIN_REDIRECT_URL = "/"

# What a browser is told
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME = "headroom_session"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "headroom_csrf"

# Uploads go to disk as they arrive, beside their later home, so that keeping one is a rename.
FILE_UPLOAD_HANDLERS = ["planner.uploads.BoundedUploadHandler"]
FILE_UPLOAD_TEMP_DIR = HEADROOM_DATA / "uploads"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024**2
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
DATA_UPLOAD_MAX_NUMBER_FILES = (
    4 * HEADROOM_UPLOAD_MAX_FILES
)  # up to here the form says it in words, beyond it is an attack

# Static files
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("HEADROOM_STATIC_ROOT", str(BASE_DIR / "staticfiles"))).resolve()
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "planner.staticfiles.PlotlyFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# Language and time
LANGUAGE_CODE = "en-gb"
USE_I18N = False
TIME_ZONE = "UTC"
USE_TZ = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": HEADROOM_LOG_LEVEL},
    "loggers": {"django": {"handlers": ["console"], "level": HEADROOM_LOG_LEVEL, "propagate": False}},
}
