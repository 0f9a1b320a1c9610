"""What Python brings with it: builtins, methods of its text and containers, and what of its standard library is about
them."""

import math
from typing import Final

import msgspec

from clearance.scan.code.flow.algebra import (
    HARMLESS_TEXT,
    NULL,
    attribute,
    cleaned,
    container,
    element,
    elements,
    keys_of,
    made_of,
    make_list,
    mapped,
    of_literal,
    store_attribute,
    with_path,
)
from clearance.scan.code.flow.models import containers, dicts, lists, members, numbers, stores, text
from clearance.scan.code.flow.models.asking import (
    Ask,
    Methods,
    Model,
    Outcome,
    Tables,
    either,
    first_argument,
    of_all,
    of_text,
    only,
    own_name,
)
from clearance.scan.code.flow.models.numbers import harmless, harmless_named
from clearance.scan.code.flow.value import HARMLESS, Value

_replace = msgspec.structs.replace

KINDS: Final = {
    "str": "text", "bytes": "text", "bytearray": "text", "list": "list", "List": "list", "Sequence": "list",
    "MutableSequence": "list",
    "Iterable": "list", "tuple": "list", "Tuple": "list", "deque": "list", "set": "set", "Set": "set", "frozenset": "set",
    "dict": "dict",
    "Dict": "dict", "Mapping": "dict", "MutableMapping": "dict", "OrderedDict": "dict", "defaultdict": "dict",
    "Counter": "dict",
    "StringIO": "builder", "BytesIO": "builder", "Queue": "queue", "LifoQueue": "queue", "SimpleQueue": "queue",
    "PriorityQueue": "queue",
    "ConfigParser": "store", "RawConfigParser": "store", "SafeConfigParser": "store",
}  # fmt: skip


def shown(ask: Ask) -> Outcome | None:
    """`str(x)`."""
    return Outcome(text.kept(ask.args[0]) if ask.args else of_literal(""))


def _default_dict(ask: Ask) -> Outcome | None:
    """`collections.defaultdict(list)`: what is missing is made when it is asked for."""
    names = own_name(ask)
    made = ask.args[0].names[-1] if ask.args and ask.args[0].names else ""
    rest = {"list": make_list([]), "set": make_list([], "set"), "int": HARMLESS, "float": HARMLESS, "bool": HARMLESS}.get(
        made
    )
    if made == "str":
        rest = of_literal("")
    return Outcome(container({}, rest if rest is not None else HARMLESS, Value(form="dict", names=names)))


def _get_attribute(ask: Ask) -> Outcome | None:
    """`getattr(x, "name", default)`."""
    if len(ask.args) < 2 or not isinstance(ask.args[1].literal, str):
        return None
    found = attribute(ask.args[0], ask.args[1].literal)
    return Outcome(found if len(ask.args) < 3 else either(found, ask.args[2]))


def _set_attribute(ask: Ask) -> Outcome | None:
    """`setattr(x, "name", value)`."""
    if len(ask.args) < 3 or not isinstance(ask.args[1].literal, str):
        return None
    return Outcome(NULL, None, {0: store_attribute(ask.args[0], ask.args[1].literal, ask.args[2])})


def _path(ask: Ask) -> Outcome | None:
    """`os.path.join(a, b)`."""
    return Outcome(_replace(with_path(ask.args), names=())) if ask.args else None


def _path_object(ask: Ask) -> Outcome | None:
    """`pathlib.Path(a, b)`."""
    if not ask.args:
        return Outcome(Value(constant=True, text=".", names=own_name(ask)))
    return Outcome(with_path(ask.args, names=own_name(ask)))


def _path_joined(ask: Ask) -> Outcome | None:
    """`path.joinpath(a, b)`."""
    return Outcome(with_path([ask.receiver, *ask.args]))


def _mapped(ask: Ask) -> Outcome | None:
    """`map(int, list)`: builtins given by name; other functions are the interpreter's."""
    if len(ask.args) != 2 or ask.args[0].refers is not None:
        return None
    function, given = ask.args
    name = next((name for name in function.names if name in CALLS), None)
    model = CALLS[name] if name is not None else None
    if model is None or name is None:
        return None

    def each(one: Value) -> Value:
        outcome = model(Ask("python", (name,), name, one, [one], {}))
        return made_of([one]) if outcome is None else outcome.result

    known = elements(given)
    if known is not None:
        return Outcome(make_list([each(one) for one in known]))
    return Outcome(container({}, each(element(given)), Value(form="list")))


def _some(ask: Ask) -> Outcome | None:
    """`filter(function, list)`."""
    if len(ask.args) < 2:
        return None
    return lists.reordered(_replace(ask, args=ask.args[1:]))


def _regex(ask: Ask) -> Outcome | None:
    """`re.compile(pattern)`."""
    if not ask.args:
        return None
    pattern = text.kept(ask.args[0])
    return Outcome(_replace(pattern, form="regex", names=own_name(ask)))


def _substituted(ask: Ask) -> Outcome | None:
    """`re.sub(pattern, new, text)`."""
    pattern, new, given = ask.arg(0, "pattern"), ask.arg(1, "repl"), ask.arg(2, "string")
    if pattern is None or new is None or given is None:
        return None
    if len(ask.args) > 3 or "count" in ask.named:
        return Outcome(made_of([new, given]))
    return Outcome(text.replaced_pattern(given, pattern, new))


def _substituted_compiled(ask: Ask) -> Outcome | None:
    """`pattern.sub(new, text)`."""
    if len(ask.args) < 2:
        return None
    return Outcome(text.replaced_pattern(ask.args[1], ask.receiver, ask.args[0]))


def _matched(skip: int) -> Model:
    """Make a model of `re.match(pattern, text)`: the match holds parts of the text."""

    def model(ask: Ask) -> Outcome | None:
        given = ask.arg(skip, "string")
        if given is None:
            return None
        names = own_name(ask)
        return Outcome(Value(names=names, taints=text.part_of(given).taints, checked=given.checked))

    return model


def _found_all(skip: int) -> Model:
    """Make a model of `re.findall(pattern, text)`."""

    def model(ask: Ask) -> Outcome | None:
        given = ask.arg(skip, "string")
        return None if given is None else Outcome(text.pieces_of(given))

    return model


def _escaped_regex(ask: Ask) -> Outcome | None:
    """`re.escape(text)`."""
    return Outcome(cleaned(text.kept(ask.args[0]), frozenset({"regex"}))) if ask.args else None


def _copied(ask: Ask) -> Outcome | None:
    """`copy.copy(x)`: like it, but no longer the thing that it was (`os.environ`)."""
    if not ask.args:
        return None
    value = ask.args[0]
    return Outcome(_replace(value, names=tuple([name for name in value.names if name.endswith(")")]), key=""))


def _decoded(ask: Ask) -> Outcome | None:
    """`base64.b64decode(x)`: what is decoded may hold what the encoded text could not."""
    if not ask.args:
        return None
    made = made_of(ask.args[:1])
    if made.constant:
        return Outcome(made)
    bare = mapped(made, lambda taint: _replace(taint, cleaned=frozenset()) if taint.cleaned else taint)
    return Outcome(_replace(bare, checked=frozenset()))


def _formatted(ask: Ask) -> Outcome | None:
    """`format(x, spec)`."""
    if not ask.args:
        return None
    spec = ask.args[1].literal if len(ask.args) > 1 else ""
    if isinstance(spec, str) and spec and spec[-1] in "bcdoxXeEfFgGn%":
        return Outcome(HARMLESS_TEXT)
    return Outcome(text.kept(ask.args[0]))


def _fixed_dict(ask: Ask) -> Outcome | None:
    """`vars(x)`, `x._asdict()`: the fields as a dict."""
    v = ask.args[0] if ask.args else ask.receiver
    if v.items is None:
        return Outcome(Value(form="dict", taints=v.taints))
    return Outcome(container(dict(v.items), v.rest, Value(form="dict", taints=v.taints)))


def _keys(ask: Ask) -> Outcome | None:
    """`list(dict)`, `sorted(dict)` give the keys."""
    return lists.reordered(ask) if not ask.args or ask.args[0].form != "dict" else Outcome(keys_of(ask.args[0]))


def _as_list(form: str = "list") -> Model:
    plain = containers.elements_given(form)
    return lambda ask: (
        plain(_replace(ask, args=[keys_of(ask.args[0])])) if ask.args and ask.args[0].form == "dict" else plain(ask)
    )


def _queue(ask: Ask) -> Outcome | None:
    """`queue.Queue()`."""
    return Outcome(container({}, None, Value(form="list", names=own_name(ask))))


def _sum(ask: Ask) -> Outcome | None:
    """`sum(numbers)`; with a list to start with, the elements of lists."""
    if len(ask.args) > 1 and ask.args[1].form == "list":
        return Outcome(container({}, element(element(ask.args[0])), Value(form="list")))
    return numbers.HARMLESS_RESULT


def _least(ask: Ask) -> Outcome | None:
    """`min(list)`, `min(one, other)`."""
    if len(ask.args) > 1 and any(isinstance(arg.literal, int | float) for arg in ask.args):
        return numbers.smallest(ask)
    return members.best(ask)


CALLS: Final[dict[str, Model]] = {
    "bool": numbers.truth_of,
    "int": numbers.converted(numbers.whole),
    "float": numbers.converted(float),
    "ord": numbers.converted(ord),
    "chr": numbers.converted(chr),
    "hex": numbers.converted(hex),
    "oct": numbers.converted(oct),
    "bin": numbers.converted(bin),
    "abs": numbers.calculated(abs),
    "round": numbers.calculated(round),
    "pow": numbers.calculated(lambda one, other: one**other if abs(other) < 64 and abs(one) < 1e6 else None),
    "math.floor": numbers.calculated(math.floor),
    "math.ceil": numbers.calculated(math.ceil),
    "math.sqrt": numbers.calculated(math.sqrt),
    "sum": _sum,
    "len": members.size_given,
    **dict.fromkeys(
        (
            "complex", "hash", "id", "isinstance", "issubclass", "hasattr", "callable", "any", "all", "divmod",
            "hmac.compare_digest", "secrets.compare_digest", "os.path.exists", "os.path.isfile", "os.path.isdir",
            "os.path.isabs",
            "os.path.getsize", "time.time", "time.monotonic", "time.perf_counter", "math.pow", "math.log", "zlib.crc32",
            "zlib.adler32",
            "binascii.crc32", "fnmatch.fnmatch", "os.getpid", "keyword.iskeyword",
        ),
        harmless,
    ),
    **dict.fromkeys(
        (
            "uuid.UUID", "uuid.uuid1", "uuid.uuid3", "uuid.uuid4", "uuid.uuid5",
            "datetime.datetime.fromisoformat", "datetime.datetime.strptime", "datetime.datetime.fromtimestamp",
            "datetime.datetime.now",
            "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.fromisoformat", "datetime.date.today",
            "datetime.datetime",
            "datetime.date", "datetime.timedelta", "datetime.time.fromisoformat", "ipaddress.ip_address",
            "ipaddress.ip_network",
            "ipaddress.IPv4Address", "ipaddress.IPv6Address",
        ),
        harmless_named,
    ),
    **dict.fromkeys(("decimal.Decimal", "fractions.Fraction"), numbers.counted_named),
    **dict.fromkeys(("str", "repr", "ascii", "bytes", "bytearray", "memoryview", "unicode", "os.fspath", "sys.intern"),
        shown),
    "format": _formatted,
    **dict.fromkeys(("list", "tuple", "iter", "array.array"), _as_list()),
    "collections.deque": containers.new_list(),
    **dict.fromkeys(("set", "frozenset"), _as_list("set")),
    "sorted": _keys,
    "reversed": lists.reversed_given,
    "enumerate": members.numbered,
    "zip": members.zipped,
    "range": members.numbers,
    "filter": _some,
    "map": _mapped,
    "next": members.next_of,
    "max": members.best,
    "min": _least,
    **dict.fromkeys(
        ("dict", "collections.OrderedDict", "collections.Counter", "types.MappingProxyType", "types.SimpleNamespace"),
            containers.new_dict
    ),
    "dict.fromkeys": containers.dict_from_keys,
    "collections.defaultdict": _default_dict,
    "itertools.chain": members.chained,
    "getattr": _get_attribute,
    "setattr": _set_attribute,
    "vars": _fixed_dict,
    **dict.fromkeys(("queue.Queue", "queue.LifoQueue", "queue.SimpleQueue", "asyncio.Queue", "multiprocessing.Queue"),
        _queue),
    **dict.fromkeys(("io.StringIO", "io.BytesIO", "StringIO.StringIO", "cStringIO.StringIO"), text.builder),
    **dict.fromkeys(
        ("configparser.ConfigParser", "configparser.RawConfigParser", "configparser.SafeConfigParser"), stores.new_store
    ),
    "typing.cast": lambda ask: Outcome(ask.args[-1]) if ask.args else None,
    **dict.fromkeys(("copy.copy", "copy.deepcopy"), _copied),
    **dict.fromkeys(
        (
            "base64.b64encode", "base64.urlsafe_b64encode", "base64.standard_b64encode", "base64.b32encode",
            "base64.b16encode", "base64.encodebytes", "binascii.hexlify", "binascii.b2a_hex", "binascii.b2a_base64",
            "codecs.encode", "zlib.compress", "gzip.compress", "struct.pack", "struct.unpack",
            "unicodedata.normalize", "string.capwords", "reprlib.repr", "pprint.pformat", "textwrap.fill",
            "textwrap.shorten",
            "textwrap.wrap", "itertools.islice", "itertools.cycle", "operator.add", "ast.literal_eval",
        ),
        of_all,
    ),
    **dict.fromkeys(
        (
            "base64.b64decode", "base64.urlsafe_b64decode", "base64.standard_b64decode", "base64.b32decode",
            "base64.b16decode", "base64.decodebytes", "binascii.unhexlify", "binascii.a2b_hex", "binascii.a2b_base64",
            "codecs.decode",
            "bytes.fromhex", "bytearray.fromhex", "zlib.decompress", "gzip.decompress", "urllib.parse.unquote",
            "urllib.parse.unquote_plus", "urllib.parse.unquote_to_bytes", "urllib.unquote", "html.unescape",
        ),
        _decoded,
    ),
    **dict.fromkeys(("textwrap.dedent", "inspect.cleandoc", "textwrap.indent"), first_argument),
    **dict.fromkeys(("json.loads", "simplejson.loads", "ujson.loads", "orjson.loads"), stores.json_read),
    **dict.fromkeys(("json.dumps", "simplejson.dumps", "ujson.dumps", "orjson.dumps"), stores.json_write),
    **dict.fromkeys(("os.path.join", "posixpath.join", "ntpath.join"), _path),
    **dict.fromkeys(("pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath", "pathlib.PurePosixPath"), _path_object),
    "re.compile": _regex,
    "re.sub": _substituted,
    "re.subn": _substituted,
    "re.escape": _escaped_regex,
    "re.findall": _found_all(1),
    "re.split": _found_all(1),
    **dict.fromkeys(("re.match", "re.search", "re.fullmatch"), _matched(1)),
}  # fmt: skip


_KEPT = {
    name: of_text(text.same_text(getattr(str, name), on_parts=name in ("lower", "upper", "casefold", "swapcase")))
    for name in (
        "lower", "upper", "strip", "lstrip", "rstrip", "title", "capitalize", "casefold", "swapcase", "expandtabs",
        "center", "ljust", "rjust",
        "zfill", "removeprefix", "removesuffix",
    )
}  # fmt: skip
_ASKED = {
    name: of_text(text.asks(getattr(str, name)))
    for name in (
        "startswith", "endswith", "isalnum", "isalpha", "isascii", "isdecimal", "isdigit", "isidentifier", "islower",
        "isnumeric",
        "isprintable", "isspace", "istitle", "isupper", "find", "rfind", "rindex",
    )
}  # fmt: skip

METHODS: Final[Methods] = {
    **_KEPT,
    **_ASKED,
    "encode": of_text(text.same_text()),
    "decode": of_text(text.same_text()),
    "hex": only(lambda _ask: Outcome(HARMLESS_TEXT), "text", ""),
    "hexdigest": only(lambda ask: Outcome(_replace(HARMLESS_TEXT, names=own_name(ask))), "*"),
    "digest": only(harmless_named, "*"),
    "isoformat": only(lambda ask: Outcome(HARMLESS_TEXT) if ask.receiver.constant else None, "*"),
    "translate": of_text(text.same_text()),
    "split": of_text(text.pieces(str.split), regex=_found_all(0)),
    "rsplit": of_text(text.pieces(str.rsplit)),
    "splitlines": of_text(text.pieces(str.splitlines)),
    "partition": of_text(text.pieces(str.partition)),
    "rpartition": of_text(text.pieces(str.rpartition)),
    "join": only(text.join_receiver, "text"),
    "replace": only(text.replace_method, "text", ""),
    "format": only(text.format_method, "text"),
    "format_map": of_text(text.format_map),
    "index": only(harmless, "text", "list"),
    "count": only(harmless, "text", "list"),
    "__contains__": only(members.contains, "*"),
    "append": {"list": lists.add()},
    "appendleft": only(lists.add_first, "list"),
    "add": {"set": lists.add()},
    "discard": only(lists.remove, "set"),
    "extend": only(lists.extend(), "list"),
    "extendleft": only(lists.extend(), "list"),
    "insert": only(lists.insert, "list"),
    "pop": {"list": lists.take(), "set": lists.take_some, "dict": dicts.take_key},
    "popleft": only(lists.take(0), "list"),
    "popitem": only(dicts.popped_entry, "dict"),
    "remove": only(lists.remove, "list", "set"),
    "clear": only(lists.clear, "list", "set", "dict"),
    "copy": only(lists.copied_typed, "list", "set", "dict"),
    "sort": only(lists.shuffled(NULL), "list"),
    "reverse": only(lists.reversed_list, "list"),
    "union": only(lists.concat, "set"),
    "intersection": only(lists.as_any, "set"),
    "difference": only(lists.as_any, "set"),
    "symmetric_difference": only(lists.concat, "set"),
    "issubset": only(harmless, "set"),
    "issuperset": only(harmless, "set"),
    "isdisjoint": only(harmless, "set"),
    "get": {"dict": dicts.get_key, "store": stores.store_get, "queue": lists.some_element},
    "get_nowait": only(lists.some_element, "queue"),
    "put": only(lists.add(), "queue"),
    "put_nowait": only(lists.add(), "queue"),
    "setdefault": only(dicts.put_absent, "dict"),
    "update": {"dict": dicts.update, "set": lists.extend()},
    "items": {"dict": dicts.entries, "store": stores.store_items},
    "keys": only(dicts.keys, "dict"),
    "sections": only(dicts.keys, "store"),
    "values": only(dicts.values, "dict"),
    "_asdict": only(_fixed_dict, "list", "dict", ""),
    "set": only(stores.store_set, "store"),
    "getint": only(harmless, "store"),
    "getfloat": only(harmless, "store"),
    "getboolean": only(harmless, "store"),
    "has_option": only(harmless, "store"),
    "has_section": only(harmless, "store"),
    "add_section": only(stores.store_section, "store"),
    "read_string": only(stores.store_read, "store"),
    "read_dict": only(stores.store_read, "store"),
    "read_file": only(stores.store_read, "store"),
    "read": {"store": stores.store_read, "builder": text.content},
    "write": only(text.write, "builder"),
    "writelines": only(lambda ask: text.append(_replace(ask, args=[text.joined_text(of_literal(""), ask.args[0],
        "python")])), "builder"),
    "getvalue": only(text.content, "builder"),
    "getbuffer": only(text.content, "builder"),
    "readline": only(text.content, "builder"),
    "seek": only(harmless, "builder"),
    "tell": only(harmless, "builder"),
    "truncate": only(text.set_length, "builder"),
    "sub": only(_substituted_compiled, "regex"),
    "match": only(_matched(0), "regex"),
    "fullmatch": only(_matched(0), "regex"),
    "search": only(_matched(0), "regex"),
    "findall": only(_found_all(0), "regex"),
    "finditer": only(_found_all(0), "regex"),
}  # fmt: skip

TABLES: Final = Tables(CALLS, METHODS, KINDS)
