"""Where data from a request enters: the objects that web frameworks hand to code, and what of them a client controls.

From the frameworks' own documentation: Flask, Django, Django REST framework, FastAPI, Starlette, aiohttp, Bottle,
Tornado, Express, Koa, Fastify, Next.js, AWS Lambda, and the browser's Location interface.
"""

import re

ROOTS = frozenset({
    "flask.request", "quart.request", "bottle.request", "sanic.request", "flask.globals.request", "webapp2.request",
})  # fmt: skip
"""Imported objects that are the current request."""
ROOT_NAMES = {
    "python": frozenset({"request", "req", "http_request"}),
    "javascript": frozenset({"req", "request", "ctx"}),
}
"""Parameters that are a request by custom."""
ROOT_TYPES = frozenset({"Request", "HttpRequest", "HTTPConnection", "WebSocket", "NextRequest", "NextApiRequest"})
"""Types of parameters that are a request."""
DATA = {
    "python": frozenset({
        "args", "form", "values", "json", "data", "cookies", "headers", "files", "view_args", "query_string", "url",
        "base_url", "full_path", "path", "GET", "POST", "body", "COOKIES", "META", "FILES", "query_params",
        "path_params", "query", "match_info", "rel_url", "get_json", "get_data", "get_full_path", "build_absolute_uri",
        "read", "text", "post", "stream", "params", "forms", "stream_data", "get_argument", "get_arguments",
        "get_query_argument", "get_body_argument", "receive_text", "receive_json", "receive_bytes", "referrer",
        "user_agent", "host",
    }),
    "javascript": frozenset({
        "query", "params", "body", "headers", "cookies", "url", "originalUrl", "path", "hostname", "get", "param",
        "header", "json", "text", "formData", "blob", "arrayBuffer", "nextUrl", "files", "file", "signedCookies",
        "rawBody", "querystring", "search", "href", "searchParams", "read", "raw",
    }),
}  # fmt: skip
"""What of a request the client controls."""
ROOT_PARTS = frozenset({"request", "req"})
"""What of an object is the request itself: `self.request`, `ctx.request`."""
BROWSER = frozenset({
    "location.search", "location.hash", "location.href", "location.pathname", "window.location.search",
    "window.location.hash", "window.location.href", "window.location.pathname", "document.location.search",
    "document.location.hash", "document.location.href", "document.URL", "document.documentURI", "document.referrer",
    "window.name", "location", "window.location", "document.location",
})  # fmt: skip
"""What of a browser's page the sender of a link controls."""
HARMLESS_CALLS = frozenset({
    "int", "float", "bool", "len", "complex", "ord", "abs", "round", "sum", "hash", "id", "isinstance", "uuid.UUID",
    "UUID", "decimal.Decimal", "Decimal", "datetime.datetime.fromisoformat", "datetime.date.fromisoformat",
    "ipaddress.ip_address", "Number", "parseInt", "parseFloat", "Boolean", "BigInt", "Number.parseInt",
    "Number.parseFloat", "Math.floor", "Math.round", "Math.max", "Math.min", "Math.abs", "Date.now", "uuid.uuid4",
    "uuid.uuid1", "time.time", "range", "secrets.token_hex", "secrets.token_urlsafe", "datetime.datetime.now",
    "datetime.datetime.utcnow", "crypto.randomUUID", "bson.ObjectId", "bson.objectid.ObjectId",
    "mongoose.Types.ObjectId", "mongodb.ObjectId",
})  # fmt: skip
"""Calls whose results cannot carry an attack."""
HARMLESS_METHODS = frozenset({
    "isdigit", "isalnum", "isalpha", "isnumeric", "startswith", "endswith", "count", "find", "index", "includes",
    "indexOf", "startsWith", "endsWith", "test", "hexdigest", "digest", "is_valid", "exists", "is_file", "is_dir",
})  # fmt: skip
"""Methods whose results cannot carry an attack."""
SAME_CALLS = frozenset({
    "str", "sqlalchemy.text", "sqlalchemy.sql.text", "sqlalchemy.sql.expression.text", "textwrap.dedent", "String",
    "inspect.cleandoc", "psycopg2.sql.SQL", "psycopg.sql.SQL", "typing.cast", "bytes", "unicode", "Object.freeze",
})  # fmt: skip
"""Calls that give their first argument, as text."""
PASSING_CALLS = frozenset({
    "os.path.join", "posixpath.join", "os.path.abspath", "os.path.normpath", "os.path.expanduser", "os.path.dirname",
    "pathlib.Path", "pathlib.PurePath", "urllib.parse.urljoin", "urllib.parse.unquote", "urllib.parse.unquote_plus",
    "urllib.parse.urlparse", "urllib.parse.parse_qs", "base64.b64decode", "base64.urlsafe_b64decode", "json.loads",
    "json.dumps", "json.load", "bytes.fromhex", "bytearray", "dict", "list", "tuple", "set", "sorted", "reversed",
    "iter", "next", "repr", "io.BytesIO", "io.StringIO", "decodeURIComponent", "decodeURI", "unescape", "atob",
    "JSON.parse", "JSON.stringify", "path.join", "path.resolve", "path.normalize", "Buffer.from", "URL",
    "URLSearchParams", "Object.assign", "Object.entries", "Object.values", "Array.from", "url.parse",
    "querystring.parse", "url.URL", "structuredClone", "os.fspath", "html.unescape", "copy.copy", "copy.deepcopy",
    "enumerate", "zip", "Promise.resolve", "Object.fromEntries", "url.resolve", "posix.path.join", "path.posix.join",
    "util.format", "os.path.realpath",
})  # fmt: skip
"""Calls whose results are made of their arguments."""
SAME_METHODS = frozenset({
    "strip", "lower", "upper", "lstrip", "rstrip", "title", "encode", "decode", "trim", "toLowerCase", "toUpperCase",
    "toString", "trimEnd", "trimStart", "casefold", "capitalize", "format_map", "normalize", "as_posix", "copy",
})  # fmt: skip
"""Methods of text that leave it what it was."""
CONSTANT_ATTRIBUTES = frozenset({"__name__", "__tablename__", "db_table", "__file__", "__qualname__", "__version__"})
"""Attributes that code, not input, sets."""
_HANDLERS = frozenset({"route", "get", "post", "put", "patch", "delete", "api_route", "websocket", "head", "options"})
_NUMBERS = frozenset({
    "int", "float", "bool", "UUID", "uuid.UUID", "datetime", "date", "Decimal", "datetime.datetime", "datetime.date",
    "PositiveInt", "uuid.UUID4", "UUID4", "number", "boolean",
})  # fmt: skip
_GIVEN = re.compile(
    r"\b(?:Depends|Security)\b|(?:Dep|Deps|Dependency|Manager|Service|Client|Repository|Repo|Session|Engine|DB|Db|Connection"
    r"|Settings|Config|Logger|Tasks|Cache|Response)\b"
)


def is_handler(decorator: str, first: str | None) -> bool:
    """Tell whether a decorator makes its function answer requests: `@app.get("/users/{name}")`."""
    return decorator.rpartition(".")[2] in _HANDLERS and first is not None and first[:1] == "/"


def is_number(annotation: str, route: str, name: str) -> bool:
    """Tell whether a parameter of a handler is converted to something harmless: by its type or by the route."""
    kind = annotation.removesuffix(" | None").removeprefix("Optional[").removesuffix("]").strip()
    if kind in _NUMBERS:
        return True
    return any(f"<{converter}:{name}>" in route for converter in ("int", "float", "uuid"))


def is_given(annotation: str, default: str) -> bool:
    """Tell whether a parameter of a handler is filled by the framework with something that is not the client's."""
    return _GIVEN.search(annotation) is not None or _GIVEN.match(default) is not None
