"""Settings and options that a library does not have: a misspelt `SESSION_COOKIE_SECUR` or `httponly` is ignored without a
word, and the protection that it asked for is not there.

Told is only what is close to a name that the library reads, or what bears a prefix that is the library's own. The names of
Django's settings come from the installed Django where there is one. Those of others are facts of their documentation.
"""

import difflib
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import islice
from typing import NamedTuple

from tree_sitter import Node

from clearance.scan.code.properties.invented import Invented
from clearance.scan.code.properties.libraries import Libraries
from clearance.scan.code.source import Source

_MOST = 40
_CLOSE = 0.86
_NEAREST = 0.5


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_DJANGO = _words(
    """
    ABSOLUTE_URL_OVERRIDES ADMINS ALLOWED_HOSTS APPEND_SLASH AUTHENTICATION_BACKENDS AUTH_PASSWORD_VALIDATORS
    AUTH_USER_MODEL CACHES CACHE_MIDDLEWARE_ALIAS CACHE_MIDDLEWARE_KEY_PREFIX CACHE_MIDDLEWARE_SECONDS CSRF_COOKIE_AGE
    CSRF_COOKIE_DOMAIN CSRF_COOKIE_HTTPONLY CSRF_COOKIE_MASKED CSRF_COOKIE_NAME CSRF_COOKIE_PATH CSRF_COOKIE_SAMESITE
    CSRF_COOKIE_SECURE CSRF_FAILURE_VIEW CSRF_HEADER_NAME CSRF_TRUSTED_ORIGINS CSRF_USE_SESSIONS DATABASES
    DATABASE_ROUTERS DATA_UPLOAD_MAX_MEMORY_SIZE DATA_UPLOAD_MAX_NUMBER_FIELDS DATA_UPLOAD_MAX_NUMBER_FILES
    DATETIME_FORMAT DATETIME_INPUT_FORMATS DATE_FORMAT DATE_INPUT_FORMATS DEBUG DEBUG_PROPAGATE_EXCEPTIONS
    DECIMAL_SEPARATOR DEFAULT_AUTO_FIELD DEFAULT_CHARSET DEFAULT_EXCEPTION_REPORTER DEFAULT_EXCEPTION_REPORTER_FILTER
    DEFAULT_FILE_STORAGE DEFAULT_FROM_EMAIL DEFAULT_INDEX_TABLESPACE DEFAULT_TABLESPACE DISALLOWED_USER_AGENTS
    EMAIL_BACKEND EMAIL_HOST EMAIL_HOST_PASSWORD EMAIL_HOST_USER EMAIL_PORT EMAIL_SSL_CERTFILE EMAIL_SSL_KEYFILE
    EMAIL_SUBJECT_PREFIX EMAIL_TIMEOUT EMAIL_USE_LOCALTIME EMAIL_USE_SSL EMAIL_USE_TLS
    FILE_UPLOAD_DIRECTORY_PERMISSIONS FILE_UPLOAD_HANDLERS FILE_UPLOAD_MAX_MEMORY_SIZE FILE_UPLOAD_PERMISSIONS
    FILE_UPLOAD_TEMP_DIR FIRST_DAY_OF_WEEK FIXTURE_DIRS FORCE_SCRIPT_NAME FORMAT_MODULE_PATH
    FORMS_URLFIELD_ASSUME_HTTPS FORM_RENDERER IGNORABLE_404_URLS INSTALLED_APPS INTERNAL_IPS LANGUAGES LANGUAGES_BIDI
    LANGUAGE_CODE LANGUAGE_COOKIE_AGE LANGUAGE_COOKIE_DOMAIN LANGUAGE_COOKIE_HTTPONLY LANGUAGE_COOKIE_NAME
    LANGUAGE_COOKIE_PATH LANGUAGE_COOKIE_SAMESITE LANGUAGE_COOKIE_SECURE LOCALE_PATHS LOGGING LOGGING_CONFIG
    LOGIN_REDIRECT_URL LOGIN_URL LOGOUT_REDIRECT_URL MANAGERS MEDIA_ROOT MEDIA_URL MESSAGE_STORAGE MIDDLEWARE
    MIGRATION_MODULES MONTH_DAY_FORMAT NUMBER_GROUPING PASSWORD_HASHERS PASSWORD_RESET_TIMEOUT PREPEND_WWW SECRET_KEY
    SECRET_KEY_FALLBACKS SECURE_CONTENT_TYPE_NOSNIFF SECURE_CROSS_ORIGIN_OPENER_POLICY SECURE_HSTS_INCLUDE_SUBDOMAINS
    SECURE_HSTS_PRELOAD SECURE_HSTS_SECONDS SECURE_PROXY_SSL_HEADER SECURE_REDIRECT_EXEMPT SECURE_REFERRER_POLICY
    SECURE_SSL_HOST SECURE_SSL_REDIRECT SERVER_EMAIL SESSION_CACHE_ALIAS SESSION_COOKIE_AGE SESSION_COOKIE_DOMAIN
    SESSION_COOKIE_HTTPONLY SESSION_COOKIE_NAME SESSION_COOKIE_PATH SESSION_COOKIE_SAMESITE SESSION_COOKIE_SECURE
    SESSION_ENGINE SESSION_EXPIRE_AT_BROWSER_CLOSE SESSION_FILE_PATH SESSION_SAVE_EVERY_REQUEST SESSION_SERIALIZER
    SHORT_DATETIME_FORMAT SHORT_DATE_FORMAT SIGNED_COOKIE_LEGACY_SALT_FALLBACK SIGNING_BACKEND SILENCED_SYSTEM_CHECKS
    STATICFILES_DIRS STATICFILES_FINDERS STATICFILES_STORAGE STATIC_ROOT STATIC_URL STORAGES TEMPLATES
    TEST_NON_SERIALIZED_APPS TEST_RUNNER THOUSAND_SEPARATOR TIME_FORMAT TIME_INPUT_FORMATS TIME_ZONE
    USE_DEPRECATED_PYTZ USE_I18N USE_L10N USE_THOUSAND_SEPARATOR USE_TZ USE_X_FORWARDED_HOST USE_X_FORWARDED_PORT
    WSGI_APPLICATION X_FRAME_OPTIONS YEAR_MONTH_FORMAT
    """
)
# Not in every version, or read by what comes with Django and not by its core.
_ALSO = _words(
    """
    ROOT_URLCONF ASGI_APPLICATION SITE_ID BASE_DIR MIDDLEWARE_CLASSES TEMPLATE_DEBUG SECURE_BROWSER_XSS_FILTER SECURE_CSP
    SECURE_CSP_REPORT_ONLY PASSWORD_RESET_TIMEOUT_DAYS USE_DEPRECATED_PYTZ CSRF_COOKIE_MASKED SESSION_COOKIE_PARTITIONED
    LOGIN_REDIRECT_URLNAME LOGOUT_URL
    """
)
_SETS_UP_DJANGO = ("INSTALLED_APPS", "MIDDLEWARE", "ROOT_URLCONF", "WSGI_APPLICATION", "TEMPLATES", "DATABASES")
_OF_DJANGO = re.compile(r"SECURE_|CSRF_(?:COOKIE|TRUSTED|USE|HEADER|FAILURE)|SESSION_COOKIE_|X_FRAME_")
_FLASK = _words(
    """
    APPLICATION_ROOT DEBUG ENV EXPLAIN_TEMPLATE_LOADING JSONIFY_MIMETYPE JSONIFY_PRETTYPRINT_REGULAR JSON_AS_ASCII
    JSON_SORT_KEYS MAX_CONTENT_LENGTH MAX_COOKIE_SIZE MAX_FORM_MEMORY_SIZE MAX_FORM_PARTS PERMANENT_SESSION_LIFETIME
    PREFERRED_URL_SCHEME PRESERVE_CONTEXT_ON_EXCEPTION PROPAGATE_EXCEPTIONS PROVIDE_AUTOMATIC_OPTIONS SECRET_KEY
    SECRET_KEY_FALLBACKS SEND_FILE_MAX_AGE_DEFAULT SERVER_NAME SESSION_COOKIE_DOMAIN SESSION_COOKIE_HTTPONLY
    SESSION_COOKIE_NAME SESSION_COOKIE_PARTITIONED SESSION_COOKIE_PATH SESSION_COOKIE_SAMESITE SESSION_COOKIE_SECURE
    SESSION_REFRESH_EACH_REQUEST TEMPLATES_AUTO_RELOAD TESTING TRAP_BAD_REQUEST_ERRORS TRAP_HTTP_EXCEPTIONS TRUSTED_HOSTS
    USE_X_SENDFILE
    """
)
_ASSIGNED = re.compile(rb"^([A-Z][A-Z0-9_]{3,60})[ \t]*(?::[^=\n]{1,60})?=(?!=)", re.MULTILINE)
_CONFIG = re.compile(rb"""\.config\s{0,3}\[\s{0,3}["']([A-Z][A-Z0-9_]{3,60})["']\s{0,3}\]\s{0,3}=(?!=)""")
_IS_FLASK = re.compile(rb"^(?:from|import)[ \t]+flask\b", re.MULTILINE)


class _Known(NamedTuple):
    """The options of one call: the number of the argument that holds them, the names, and those of objects within."""

    module: str
    argument: int
    names: frozenset[str]
    within: Mapping[str, frozenset[str]] = {}
    method: str = ""


_COOKIE = _words("domain encode expires httpOnly maxAge partitioned path priority sameSite secure signed overwrite")
_JAVASCRIPT = (
    _Known(
        "express-session",
        0,
        _words("cookie genid name proxy resave rolling saveUninitialized secret store unset"),
        {"cookie": _COOKIE},
    ),
    _Known("cookie-session", 0, _COOKIE | _words("name keys secret")),
    _Known(
        "cors",
        0,
        _words(
            "origin methods allowedHeaders exposedHeaders credentials maxAge preflightContinue optionsSuccessStatus"
        ),
    ),
    _Known(
        "helmet",
        0,
        _words(
            "contentSecurityPolicy crossOriginEmbedderPolicy crossOriginOpenerPolicy crossOriginResourcePolicy"
            " originAgentCluster referrerPolicy strictTransportSecurity xContentTypeOptions xDnsPrefetchControl"
            " xDownloadOptions xFrameOptions xPermittedCrossDomainPolicies xPoweredBy xXssProtection hsts noSniff"
            " frameguard dnsPrefetchControl ieNoOpen permittedCrossDomainPolicies hidePoweredBy xssFilter expectCt"
            " featurePolicy hpkp"
        ),
        {"contentSecurityPolicy": _words("useDefaults directives reportOnly")},
    ),
    _Known(
        "express-rate-limit",
        0,
        _words(
            "windowMs limit max message statusCode legacyHeaders standardHeaders requestPropertyName"
            " skipFailedRequests skipSuccessfulRequests keyGenerator handler skip requestWasSuccessful validate store"
            " passOnStoreError identifier ipv6Subnet headers onLimitReached logger delayMs"
        ),
    ),
    _Known(
        "jsonwebtoken",
        2,
        _words(
            "algorithms audience complete issuer jwtid ignoreExpiration ignoreNotBefore subject clockTolerance"
            " clockTimestamp maxAge nonce allowInvalidAsymmetricKeyTypes"
        ),
        method="verify",
    ),
    _Known(
        "jsonwebtoken",
        2,
        _words(
            "algorithm expiresIn notBefore audience issuer jwtid subject noTimestamp header keyid mutatePayload"
            " allowInsecureKeySizes allowInvalidAsymmetricKeyTypes encoding"
        ),
        method="sign",
    ),
    _Known(
        "multer", 0, _words("dest storage fileFilter limits preservePath defParamCharset"),
        {"limits": _words("fieldNameSize fieldSize fields fileSize files parts headerPairs")},
    ),
)  # fmt: skip
_MODULES = frozenset(one.module for one in _JAVASCRIPT)
_LOADED = re.compile(
    rb"""(?m)^[ \t]*(?:const|let|var)[ \t]+(?:([A-Za-z_$][\w$]{0,60})|\{([^{}\n]{0,200})\})[ \t]*=[ \t]*"""
    rb"""require\([ \t]*["']([a-z-]{3,30})["'][ \t]*\)"""
    rb"""|^import[ \t]+(?:(?:\*[ \t]+as[ \t]+)?([A-Za-z_$][\w$]{0,60})|\{([^{}\n]{0,200})\})[ \t]+"""
    rb"""from[ \t]+["']([a-z-]{3,30})["']"""
)
_BOUND = re.compile(rb"([A-Za-z_$][\w$]*)(?:[ \t]*(?::|[ \t]as[ \t])[ \t]*([A-Za-z_$][\w$]*))?")
_COOKIE_CALL = re.compile(rb"\.cookie\s{0,3}\(")


def misnamed(source: Source, libraries: Libraries, check: Callable[[], None] | None = None) -> Iterator[Invented]:
    """Give settings and options of a file that nobody reads, at most 40. `check` is asked before a library is read."""
    libraries.begin(check)
    if source.language == "python":
        yield from islice(_python(source.data, libraries), _MOST)
    elif source.language in ("javascript", "typescript", "tsx"):
        yield from islice(_javascript(source), _MOST)


def _python(data: bytes, libraries: Libraries) -> Iterator[Invented]:
    assigned = [(found[1].decode(), found.start(1), found.end(1)) for found in _ASSIGNED.finditer(data)]
    names = {name for name, _, _ in assigned}
    if sum(name in names for name in _SETS_UP_DJANGO) >= 2 or (b"settings import" in data and len(names & _DJANGO) >= 2):
        shape = libraries.shape("django.conf.global_settings")
        known = frozenset(name for name in shape.names if name.isupper()) if shape is not None else _DJANGO
        yield from _settings(
            "Django", [one for one in assigned if data.count(one[0].encode()) == 1], known | _ALSO | _DJANGO
        )
    if _IS_FLASK.search(data):
        keys = [(found[1].decode(), found.start(1), found.end(1)) for found in _CONFIG.finditer(data)]
        yield from _settings("Flask", keys, _FLASK)


def _settings(library: str, found: list[tuple[str, int, int]], known: Collection[str]) -> Iterator[Invented]:
    """Give the settings that are misspelt, or bear a prefix of the library's own and are not known."""
    for name, start, end in found:
        if name in known:
            continue
        near = difflib.get_close_matches(name, known, n=1, cutoff=_CLOSE)
        if not near and _OF_DJANGO.match(name):
            near = difflib.get_close_matches(name, known, n=1, cutoff=_NEAREST)
        # A word more at the end is another setting of somebody's own: EMAIL_HOST_BACKUP.
        if near and not (name.startswith(f"{near[0]}_") or near[0].startswith(f"{name}_")):
            yield Invented(start, end, f"{library} reads no setting {name}, and says nothing", f"did you mean {near[0]}?")


def _javascript(source: Source) -> Iterator[Invented]:
    data = source.data
    if any(module.encode() in data for module in _MODULES):
        for alias, one in _aliases(data):
            call = re.escape(alias) + (rb"\s{0,3}\.\s{0,3}" + one.method.encode() if one.method else b"") + rb"\s{0,3}\("
            for found in re.finditer(rb"(?<![\w$.])" + call, data):
                yield from _call(source, found.end() - 1, one)
    for found in _COOKIE_CALL.finditer(data):
        # What has a method `cookie` need not be a response: only a name in other letters is certain.
        for told in _call(source, found.end() - 1, _Known("the cookie", 2, _COOKIE)):
            if data[told.at : told.end].strip(b"\"'").lower() in {name.lower().encode() for name in _COOKIE}:
                yield told


def _aliases(data: bytes) -> Iterator[tuple[bytes, _Known]]:
    """Give what a file calls the functions whose options are known."""
    for found in islice(_LOADED.finditer(data), 200):
        module = (found[3] or found[6]).decode()
        alias, listed = found[1] or found[4], found[2] or found[5] or b""
        for one in _JAVASCRIPT:
            if one.module != module:
                continue
            if alias:
                yield alias, one
            for bound in _BOUND.finditer(listed):
                if one.method and bound[1] == one.method.encode():
                    yield bound[2] or bound[1], one._replace(method="")
                elif bound[1] in (b"rateLimit", b"default") and not one.method:
                    yield bound[2] or bound[1], one


def _call(source: Source, at: int, one: _Known) -> Iterator[Invented]:
    """Give the options of the call whose bracket stands at `at`."""
    bracket = source.tree.root_node.descendant_for_byte_range(at, at + 1)
    node = bracket.parent if bracket is not None else None
    if node is None or node.type != "arguments":
        return
    arguments = [child for child in node.named_children if child.type != "comment"]
    if len(arguments) > one.argument and arguments[one.argument].type == "object":
        yield from _object(arguments[one.argument], one.module, one.names, one.within)


def _object(node: Node, module: str, known: frozenset[str], within: Mapping[str, frozenset[str]]) -> Iterator[Invented]:
    for child in node.named_children:
        key = child.child_by_field_name("key") if child.type == "pair" else child
        if key is None or key.type not in ("property_identifier", "string", "shorthand_property_identifier"):
            continue
        name = (key.text or b"").decode("utf-8", "replace").strip("\"'")
        value = child.child_by_field_name("value") if child.type == "pair" else None
        if name in known:
            if name in within and value is not None and value.type == "object":
                yield from _object(value, module, within[name], {})
            continue
        lower = {one.lower(): one for one in known}
        near = [lower[name.lower()]] if name.lower() in lower else difflib.get_close_matches(name, known, n=1, cutoff=0.8)
        if near:
            message = f"{module} reads no option {name}, and says nothing"
            yield Invented(key.start_byte, key.end_byte, message, f"did you mean {near[0]}?")
