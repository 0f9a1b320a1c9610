"""Where a log in PostgreSQL rests: the URI, read strictly, so that no part of a password is taken for anything else.

The form is libpq's (https://www.postgresql.org/docs/current/libpq-connect.html, "Connection URIs") with one parameter of our
own, `log`. What the URI does not say comes from libpq's environment variables and password file.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote, unquote

from clearance.facts.errors import UsageError

SCHEMES = ("postgresql://", "postgres://")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,199}")
"""What a log may be called."""
_OWN = "log"
_ALLOWED = frozenset(
    {
        "host",
        "hostaddr",
        "port",
        "dbname",
        "user",
        "password",
        "passfile",
        "connect_timeout",
        "target_session_attrs",
        "load_balance_hosts",
        "channel_binding",
        "sslmode",
        "sslrootcert",
        "sslcert",
        "sslkey",
        "sslcrl",
        "sslcrldir",
        "ssl_min_protocol_version",
        "krbsrvname",
        "gssencmode",
        "require_auth",
    }
)
_SAFE = frozenset({"require", "verify-ca", "verify-full"})
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_SECRET = ("password", "sslpassword")


class Target(NamedTuple):
    """A log in a database: parameters for libpq (with the password, where one was given), the log's name, and the place as
    people see it, which holds neither user nor password."""

    parameters: Mapping[str, str]
    log: str
    place: str


def read_target(uri: str, defaults: Mapping[str, str]) -> Target:
    """Read `postgresql://[user[:password]@]host[:port]/database?log=NAME[&sslmode=…]`. `defaults` is what libpq takes for
    parameters that are not given, from its environment.

    Raises:
        UsageError: it is none, a parameter is not known here, or the connection would not be protected. The message holds
            nothing of the URI but names of parameters.
    """
    given = _parameters(uri)
    log = given.pop(_OWN, "")
    if not NAME.fullmatch(log):
        raise _bad("no name of a log", "add ?log=NAME, with letters, digits, `.`, `_`, `-` and `~`")
    unknown = sorted(set(given) - _ALLOWED)
    if unknown:
        shown = ", ".join(name for name in unknown if re.fullmatch("[a-z_]{1,40}", name)) or "one"
        raise _bad(f"a parameter that is not taken here: {shown}", "take it away; docs/how-to/postgresql.md lists them")
    whole = {name: value for name, value in defaults.items() if name in _ALLOWED} | given
    hosts = [host for name in ("host", "hostaddr") for host in whole.get(name, "").split(",") if host]
    if any(not host.startswith(("/", "@")) and host not in _LOCAL for host in hosts):
        mode = given.get("sslmode") or defaults.get("sslmode") or "verify-full"
        if mode not in _SAFE:
            raise _bad("the connection would not be protected", "use sslmode=verify-full, with sslrootcert=FILE")
        given["sslmode"] = mode
    return Target(parameters=given, log=log, place=_place(whole, log))


def scrubbed(text: str, parameters: Mapping[str, str]) -> str:
    """Take the secrets of a target out of a message."""
    for name in _SECRET:
        if parameters.get(name):
            text = text.replace(parameters[name], "***")
    return text


def _parameters(uri: str) -> dict[str, str]:
    """Split the URI. A reserved character in a password must be percent-encoded: libpq would take the rest of it for the
    name of a host or a database, and name it in its messages."""
    scheme = next((one for one in SCHEMES if uri.startswith(one)), None)
    if scheme is None:
        raise _bad("no URI of PostgreSQL", "write postgresql://…")
    if any(not " " < sign < "\x7f" for sign in uri):
        raise _bad("a character that no URI holds", _ENCODE)
    authority, slash, rest = uri[len(scheme) :].partition("/")
    authority, question, query = authority.partition("?") if not slash else (authority, "", "")
    path, _, more = rest.partition("?")
    if authority.count("@") > 1 or "?" in authority or "#" in uri or "@" in path + query + more or "/" in path:
        raise _bad("a reserved character that stands for itself", _ENCODE)
    found: dict[str, str] = {}
    user, at, place = authority.rpartition("@")
    name, colon, password = user.partition(":")
    pairs = {"user": name if at else "", "password": password if colon else "", "dbname": path}
    found |= {key: unquote(value) for key, value in pairs.items() if value}
    found |= _hosts(place)
    for pair in filter(None, (query if question else more).split("&")):
        key, equals, value = pair.partition("=")
        if not equals or key in found:
            raise _bad("a parameter without a value, or one that stands twice", _ENCODE)
        found[key] = unquote(value)
    return found


def _hosts(place: str) -> dict[str, str]:
    """Split `host[:port][,host[:port]…]`; an IPv6 address stands in brackets."""
    if not place:
        return {}
    hosts, ports = [], []
    for one in place.split(","):
        parts = re.fullmatch(r"(\[[0-9a-fA-F:.%]+\]|[^:\[\]]*)(?::([0-9]{1,5}))?", one)
        if parts is None:
            raise _bad("a host or port that is none", _ENCODE)
        hosts.append(unquote(parts[1].strip("[]")))
        ports.append(parts[2] or "")
    return {"host": ",".join(hosts)} | ({"port": ",".join(ports)} if any(ports) else {})


def _place(whole: Mapping[str, str], log: str) -> str:
    hosts = (whole.get("host") or whole.get("hostaddr") or "").split(",")
    ports = (whole.get("port") or "5432").split(",")
    at = [
        f"{quote(host, safe=':')}:{(ports[number] if len(ports) == len(hosts) else ports[0]) or '5432'}"
        for number, host in enumerate(hosts)
    ]
    return f"postgresql://{','.join(at)}/{quote(whole.get('dbname') or whole.get('user') or '')}?log={log}"


_ENCODE = "percent-encode what is special in its parts (`@` is %40, `/` is %2F, `#` is %23)"


def _bad(what: str, then: str) -> UsageError:
    return UsageError(what, where="the URI of the log", next=then)
