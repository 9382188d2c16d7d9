"""Django's settings, built from the environment."""

import os
from pathlib import Path

from csp.constants import NONE, SELF

from midun.config.environment import read

ENVIRONMENT = read(os.environ)
PACKAGE = Path(__file__).resolve().parent.parent

MIDUN_HOME = ENVIRONMENT.home
MIDUN_BASE_URL = ENVIRONMENT.base_url
MIDUN_SITE = ENVIRONMENT.site
MIDUN_PROXIES = ENVIRONMENT.proxies
MIDUN_LOG_ORIGIN = ENVIRONMENT.log_origin
MIDUN_EMAIL_NOTICES = bool(ENVIRONMENT.email)
MIDUN_CONTENT = next(p for p in (PACKAGE / "content", PACKAGE.parent.parent / "content") if p.is_dir())

DEBUG = False
SECRET_KEY = ENVIRONMENT.secret_key
ALLOWED_HOSTS = ENVIRONMENT.hosts
CSRF_TRUSTED_ORIGINS = [ENVIRONMENT.base_url] if ENVIRONMENT.production else []
ROOT_URLCONF = "midun.config.urls"
WSGI_APPLICATION = "midun.config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "midun.kernel.trail",
    "midun.kernel.orgs",
    "midun.kernel.jobs",
    "midun.kernel.notify",
    "midun.kernel.files",
    "midun.kernel.search",
    "midun.kernel.workflow",
    "midun.kernel.statistics",
    "midun.kernel.web",
    "midun.accounts",
    "midun.directory",
    "midun.evidence",
    "midun.deposits",
    "midun.anchoring",
    "midun.campaigns",
    "midun.claims",
    "midun.marking",
    "midun.matching",
    "midun.activities",
    "midun.visits",
    "midun.publicity",
    "midun.reporting",
    "midun.dashboards",
    "midun.portal",
    "midun.config.apps.OperationsConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
]
MIDDLEWARE = [
    "midun.config.headers.HeadersMiddleware",
    "midun.config.proxy.ProxyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "midun.kernel.web.middleware.ActorMiddleware",
    "midun.accounts.middleware.SessionMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "midun.config.refusals.RefusalMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "midun.kernel.web.context.house",
            ],
            "builtins": ["midun.kernel.web.templatetags.midun"],
        },
    },
]

DATABASES = {"default": ENVIRONMENT.database}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": str(MIDUN_HOME / "cache" / "django"),
        # Counters of attempts live here: few entries would let a flood of addresses push a counter out.
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    },
}

LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True
DATE_INPUT_FORMATS = ["%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日"]

STATIC_URL = "static/"
STATIC_ROOT = MIDUN_HOME / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_TEMP_DIR = None
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

AUTH_USER_MODEL = "orgs.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/desk/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "midun.accounts.passwords.LongEnough", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "midun.accounts.passwords.ThreeKinds"},
]
SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
MIDUN_IDLE_MINUTES = 30
MIDUN_ADMINS_NEED_SECOND_FACTOR = True
ACCOUNT_ADAPTER = "midun.accounts.adapter.Adapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = bool(ENVIRONMENT.email)
# Wrong passwords are counted by directory/services/logins.py; the library's counter serves the second factor alone.
ACCOUNT_RATE_LIMITS = {"login_failed": "5/5m/key"}
PASSWORD_RESET_TIMEOUT = 24 * 3600
MFA_ADAPTER = "midun.accounts.secondfactor.SecondFactor"
MFA_FORMS = {"authenticate": "midun.accounts.account_forms.CodeForm"}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "秘盾"

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}
if ENVIRONMENT.production:
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^health/$"]
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    # The prefix makes browsers refuse such a cookie from a neighbouring subdomain.
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_NAME = "__Host-csrf"
if ENVIRONMENT.proxies:
    # Safe to believe: ProxyMiddleware drops the header unless it comes from such a proxy.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend"
    if ENVIRONMENT.email
    else "django.core.mail.backends.dummy.EmailBackend"
)
globals().update(ENVIRONMENT.email)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {"django.request": {"level": "ERROR"}},
}
