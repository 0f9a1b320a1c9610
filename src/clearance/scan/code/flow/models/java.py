"""What Java brings with it: strings and their builders, wrappers of numbers, collections, iterators, streams, `Optional`."""

import math
from collections.abc import Callable
from typing import Final

import msgspec

from clearance.scan.code.flow.algebra import (
    HARMLESS_TEXT,
    NULL,
    TRUE,
    any_of,
    appended,
    cleaned,
    container,
    element,
    is_null,
    join,
    keys_of,
    made_of,
    make_list,
    of_literal,
    put_together,
    with_path,
)
from clearance.scan.code.flow.models import containers, dicts, lists, members, numbers, stores, text
from clearance.scan.code.flow.models.asking import (
    Ask,
    Methods,
    Model,
    Outcome,
    Tables,
    first_argument,
    of_all,
    of_text,
    only,
)
from clearance.scan.code.flow.models.numbers import harmless, harmless_named
from clearance.scan.code.flow.value import ANYTHING, HARMLESS, Value

_replace = msgspec.structs.replace

_LISTS = (
    "List", "ArrayList", "LinkedList", "Vector", "Stack", "CopyOnWriteArrayList", "Collection", "AbstractList",
    "ArrayDeque", "Deque", "Queue",
    "PriorityQueue", "BlockingQueue", "LinkedBlockingQueue", "ArrayBlockingQueue", "ConcurrentLinkedQueue", "Stream",
    "Iterable", "ImmutableList",
)  # fmt: skip
_SETS = ("Set", "HashSet", "LinkedHashSet", "TreeSet", "SortedSet", "CopyOnWriteArraySet", "EnumSet", "ImmutableSet")
_MAPS = (
    "Map", "HashMap", "LinkedHashMap", "TreeMap", "SortedMap", "Hashtable", "ConcurrentHashMap", "ConcurrentMap",
    "Properties", "EnumMap",
    "WeakHashMap", "IdentityHashMap", "Dictionary", "ImmutableMap",
)  # fmt: skip
KINDS: Final = {
    **dict.fromkeys(_LISTS, "list"),
    **dict.fromkeys(_SETS, "set"),
    **dict.fromkeys(_MAPS, "dict"),
    **dict.fromkeys(("Iterator", "ListIterator", "Enumeration", "StringTokenizer", "Scanner"), "iterator"),
    **dict.fromkeys(("StringBuilder", "StringBuffer", "StringWriter", "CharArrayWriter"), "builder"),
    **dict.fromkeys(("String", "CharSequence", "Character"), "text"),
    "StringJoiner": "joiner",
    "Optional": "optional",
    "Pattern": "regex",
    "Matcher": "matcher",
}  # fmt: skip


def _substring(given: str, low: int, high: int | None = None) -> str:
    """Give `given.substring(low, high)`."""
    if not 0 <= low <= (len(given) if high is None else high) <= len(given):
        raise LookupError
    return given[low:high]


def _char_at(given: str, position: int) -> str:
    if position < 0:
        raise LookupError
    return given[position]


def _shown(ask: Ask) -> Outcome | None:
    """`String.valueOf(x)`, `new String(x)`."""
    return Outcome(
        put_together(ask.args[:1], "java")
        if ask.args and ask.args[0].constant
        else text.kept(ask.args[0])
        if ask.args
        else of_literal("")
    )


def _to_text(ask: Ask) -> Outcome | None:
    """`x.toString()`."""
    return Outcome(put_together([ask.receiver], "java") if ask.receiver.constant else text.kept(ask.receiver))


def _equals(ask: Ask) -> Outcome | None:
    """`text.equals(other)`."""
    if not ask.args:
        return None
    one, other = ask.receiver.literal, ask.args[0].literal
    if isinstance(one, str) and isinstance(other, str):
        same = one == other if ask.method != "equalsIgnoreCase" else one.lower() == other.lower()
        return Outcome(of_literal(same))
    return numbers.HARMLESS_RESULT


def _iterator(name: str) -> Model:
    """Make a model of what gives an iterator over the receiver, or over the first argument."""

    def model(ask: Ask) -> Outcome:
        source = (
            ask.receiver if ask.receiver is not ANYTHING and not (ask.args and ask.receiver.items is None) else ask.args[0]
        )
        return Outcome(containers.as_list(source, "list", (f"java.util.{name}()",)))

    return model


def _of_values(model: Model) -> Model:
    """Make a model work on the values of a map."""

    def changed(ask: Ask) -> Outcome | None:
        outcome = dicts.values(ask)
        return None if outcome is None else model(_replace(ask, receiver=outcome.result))

    return changed


def _stream(ask: Ask) -> Outcome | None:
    """`list.stream()`."""
    return Outcome(containers.as_list(ask.receiver, "list", ("java.util.stream.Stream()",)))


def _stream_given(ask: Ask) -> Outcome | None:
    """`Arrays.stream(array)`, `Stream.of(a, b)`."""
    made = containers.list_of(spread_one=True)(ask)
    return None if made is None else Outcome(_replace(made.result, names=("java.util.stream.Stream()",)))


def _collected(ask: Ask) -> Outcome | None:
    """`stream.collect(Collectors…)`: the collector tells what comes out."""
    collector = ask.args[0] if ask.args else ANYTHING
    name = collector.names[0] if collector.names else ""
    if ".joining" in name or collector.form == "joiner":
        separator = (
            collector.items["separator"]
            if collector.items is not None and "separator" in collector.items
            else of_literal("")
        )
        return Outcome(text.joined_text(separator, ask.receiver, "java"))
    return Outcome(containers.as_list(ask.receiver, "set" if "toSet" in name else "list"))


def _collector(ask: Ask) -> Outcome | None:
    """`Collectors.joining(separator)`."""
    return text.joiner(ask)


def _joiner_add(ask: Ask) -> Outcome | None:
    """`joiner.add(text)`."""
    items = ask.receiver.items
    if items is None or not ask.args:
        return None
    parts = lists.add()(_replace(ask, receiver=items["parts"], args=ask.args[:1]))
    if parts is None or parts.receiver is None:
        return None
    receiver = container({**items, "parts": parts.receiver}, None, ask.receiver)
    return Outcome(receiver, receiver)


def _joiner_text(ask: Ask) -> Outcome | None:
    """`joiner.toString()`."""
    items = ask.receiver.items
    if items is None:
        return Outcome(text.kept(ask.receiver))
    inside = text.joined_text(items["separator"], items["parts"], "java")
    return Outcome(put_together([items["start"], inside, items["end"]], "java"))


def _add_all_given(ask: Ask) -> Outcome | None:
    """`Collections.addAll(list, a, b)`."""
    if not ask.args:
        return None
    receiver = ask.args[0]
    for new in ask.args[1:]:
        receiver = appended(receiver, new)
    return Outcome(TRUE, None, {0: receiver})


def _shuffle_given(ask: Ask) -> Outcome | None:
    """`Collections.sort(list)`."""
    return Outcome(NULL, None, {0: any_of(ask.args[0])}) if ask.args else None


def _array_copy(ask: Ask) -> Outcome | None:
    """`System.arraycopy(from, at, to, at, count)`."""
    if len(ask.args) < 3:
        return None
    both = join(element(ask.args[0]), element(ask.args[2]))
    return Outcome(NULL, None, {2: container({}, both, _replace(ask.args[2], form="list"))})


def _path(ask: Ask) -> Outcome | None:
    """`Paths.get(a, b)`."""
    return Outcome(with_path(ask.args, names=("java.nio.file.Path()",))) if ask.args else None


def _required(ask: Ask) -> Outcome | None:
    """`Objects.requireNonNullElse(x, other)`."""
    if len(ask.args) < 2:
        return None
    return Outcome(ask.args[1] if is_null(ask.args[0]) else join(ask.args[0], ask.args[1]))


def _peek_stack(ask: Ask) -> Outcome | None:
    """`queue.peek()`, `stack.peek()`."""
    return Outcome(element(ask.receiver))


def _poll(ask: Ask) -> Outcome | None:
    """`queue.poll()`; a stack pops from its end."""
    at_end = any(name.endswith("Stack()") for name in ask.receiver.names) or ask.method in ("pollLast", "removeLast")
    return lists.take(-1 if at_end else 0)(_replace(ask, args=[]))


def _push(ask: Ask) -> Outcome | None:
    """`stack.push(x)` adds at the end, `deque.push(x)` at the start."""
    if any(name.endswith("Stack()") for name in ask.receiver.names):
        return lists.add()(ask)
    return lists.add_first(ask)


def _get_property(ask: Ask) -> Outcome | None:
    """`properties.getProperty(key, default)`."""
    return dicts.get_key(ask)


def _regex(ask: Ask) -> Outcome | None:
    """`Pattern.compile(pattern)`."""
    return (
        Outcome(_replace(text.kept(ask.args[0]), form="regex", names=("java.util.regex.Pattern()",))) if ask.args else None
    )


def _quoted(ask: Ask) -> Outcome | None:
    """`Pattern.quote(text)`."""
    return Outcome(cleaned(text.kept(ask.args[0]), frozenset({"regex"}))) if ask.args else None


def _matcher(ask: Ask) -> Outcome | None:
    """`pattern.matcher(text)`."""
    if not ask.args:
        return None
    like = Value(form="object", names=("java.util.regex.Matcher()",))
    return Outcome(container({"pattern": ask.receiver, "text": ask.args[0]}, None, like))


def _field(ask: Ask, name: str) -> Value:
    items = ask.receiver.items
    return items[name] if items is not None and name in items else element(ask.receiver)


def _group(ask: Ask) -> Outcome | None:
    """`matcher.group(1)`."""
    return Outcome(text.part_of(_field(ask, "text")))


def _matcher_replaced(ask: Ask) -> Outcome | None:
    """`matcher.replaceAll(new)`."""
    if not ask.args:
        return None
    return Outcome(text.replaced_pattern(_field(ask, "text"), _field(ask, "pattern"), ask.args[0]))


def _both(package: str, models: dict[str, Model]) -> dict[str, Model]:
    """Give models under the full names of classes, and under the bare ones for what is imported with a star."""
    return {**models, **{f"{package}.{name}": model for name, model in models.items()}}


_WHOLE = numbers.converted(numbers.whole)
_MATH: Final[dict[str, Callable[..., object]]] = {
    "floor": math.floor, "ceil": math.ceil, "round": round, "abs": abs, "max": max, "sqrt": math.sqrt,
    "floorMod": lambda one, other: one % other, "addExact": lambda one, other: one + other,
}  # fmt: skip
_NUMBERS: Final[dict[str, Model]] = {
    **{
        f"{kind}.{method}": _WHOLE
        for kind, methods in {
            "Integer": ("parseInt", "valueOf", "parseUnsignedInt", "decode"), "Long": ("parseLong", "valueOf", "decode"),
            "Short": ("parseShort", "valueOf"), "Byte": ("parseByte", "valueOf"),
        }.items()
        for method in methods
    },
    **dict.fromkeys(("Double.parseDouble", "Double.valueOf", "Float.parseFloat", "Float.valueOf"),
        numbers.converted(numbers.decimal)),
    **dict.fromkeys(("Boolean.parseBoolean", "Boolean.valueOf", "Character.isDigit", "Character.isLetter",
        "Character.isLetterOrDigit"), harmless),
    **dict.fromkeys(
        ("Integer.toString", "Long.toString", "Integer.toHexString", "Long.toHexString", "Double.toString",
            "Boolean.toString", "Integer.toBinaryString"),
        lambda ask: Outcome(text.kept(ask.args[0]) if ask.args and ask.args[0].constant else HARMLESS_TEXT),
    ),
    **{f"Math.{name}": numbers.calculated(function) for name, function in _MATH.items()},
    "Math.min": numbers.smallest,
    "Math.pow": numbers.counted,
    **dict.fromkeys(("Math.random", "System.currentTimeMillis", "System.nanoTime", "System.identityHashCode"), harmless),
    **dict.fromkeys(("String.valueOf", "String.copyValueOf", "String", "Character.toString"), _shown),
    "String.format": text.percent_format(),
    "String.join": text.joined_after,
    **dict.fromkeys(("StringBuilder", "StringBuffer"), text.builder),
    "System.arraycopy": _array_copy,
}  # fmt: skip
_UTIL: Final[dict[str, Model]] = {
    **dict.fromkeys((*_LISTS, "Stack"), containers.new_list()),
    **dict.fromkeys(_SETS, containers.new_list("set")),
    **dict.fromkeys(_MAPS, containers.new_dict),
    **dict.fromkeys(("List.of", "List.copyOf", "Arrays.asList"), containers.list_of(spread_one=True)),
    **dict.fromkeys(("Set.of", "Set.copyOf"), containers.list_of("set", spread_one=True)),
    "Map.of": containers.dict_in_turns,
    "Map.entry": containers.pair,
    "Map.ofEntries": containers.dict_of_entries,
    "Map.copyOf": containers.new_dict,
    "Arrays.copyOf": first_argument,
    "Arrays.copyOfRange": lambda ask: Outcome(any_of(ask.args[0])) if ask.args else None,
    "Arrays.stream": _stream_given,
    "Arrays.toString": of_all,
    "Arrays.equals": harmless,
    "Arrays.sort": _shuffle_given,
    "Arrays.fill": lambda ask: Outcome(NULL, None, {0: container({}, ask.args[-1], _replace(ask.args[0],
        form="list"))}) if ask.args else None,
    **dict.fromkeys(("Collections.emptyList", "Collections.emptySet"), lambda _ask: Outcome(make_list([]))),
    "Collections.emptyMap": lambda _ask: Outcome(container({}, None, Value(form="dict"))),
    **dict.fromkeys(("Collections.singletonList", "Collections.singleton"), containers.list_of()),
    "Collections.singletonMap": containers.dict_in_turns,
    **dict.fromkeys(
        (
            "Collections.unmodifiableList", "Collections.unmodifiableSet", "Collections.unmodifiableMap",
            "Collections.unmodifiableCollection",
            "Collections.synchronizedList", "Collections.synchronizedMap", "Objects.requireNonNull", "Collections.list",
        ),
        first_argument,
    ),
    "Collections.enumeration": _iterator("Enumeration"),
    "Collections.addAll": _add_all_given,
    **dict.fromkeys(("Collections.sort", "Collections.shuffle", "Collections.reverse"), _shuffle_given),
    **dict.fromkeys(("Collections.max", "Collections.min"), members.next_of),
    **dict.fromkeys(("Optional.of", "Optional.ofNullable", "Optional.empty"), stores.optional_of),
    **dict.fromkeys(("Objects.equals", "Objects.isNull", "Objects.nonNull", "Objects.hash"), harmless),
    "Objects.requireNonNullElse": _required,
    "Objects.toString": _shown,
    "StringJoiner": text.joiner,
    "StringTokenizer": lambda ask: Outcome(_replace(text.pieces_of(ask.args[0]),
        names=("java.util.StringTokenizer()",))) if ask.args else None,
    **dict.fromkeys(("UUID.randomUUID", "UUID.fromString", "Date"), harmless_named),
    **dict.fromkeys(("Base64.getEncoder().encodeToString", "Base64.getEncoder().encode", "Base64.getDecoder().decode"),
        of_all),
    **dict.fromkeys(
        ("Base64.getUrlEncoder().encodeToString", "Base64.getUrlDecoder().decode", "Base64.getMimeDecoder().decode",
            "HexFormat.of().parseHex"), of_all
    ),
}  # fmt: skip
CALLS: Final[dict[str, Model]] = {
    **_both("java.lang", _NUMBERS),
    **_both("java.util", _UTIL),
    **_both("java.util.concurrent", dict.fromkeys(("ConcurrentHashMap",), containers.new_dict)),
    **_both("java.util.concurrent", dict.fromkeys(("CopyOnWriteArrayList", "LinkedBlockingQueue", "ArrayBlockingQueue"),
        containers.new_list())),
    **_both("java.util.stream", {"Stream.of": _stream_given, "Collectors.joining": _collector}),
    **_both("java.util.regex", {"Pattern.compile": _regex, "Pattern.quote": _quoted, "Pattern.matches": harmless}),
    **_both("java.text", {"MessageFormat.format": text.numbered_format}),
    **_both("java.io", {"StringWriter": text.builder}),
    **_both("java.math", dict.fromkeys(("BigInteger", "BigDecimal", "BigInteger.valueOf", "BigDecimal.valueOf"),
        numbers.counted_named)),
    **_both(
        "java.time",
        dict.fromkeys(
            ("LocalDate.parse", "LocalDateTime.parse", "Instant.parse", "LocalDate.of", "LocalDate.now", "Instant.now",
                "Duration.ofSeconds", "LocalDateTime.now"),
            harmless_named,
        ),
    ),
    **_both("java.nio.file", {"Paths.get": _path, "Path.of": _path}),
}  # fmt: skip

_LIST_OR_SET = ("list", "set")
_ALL = ("list", "set", "dict")
METHODS: Final[Methods] = {
    "toLowerCase": of_text(text.same_text(str.lower, on_parts=True)),
    "toUpperCase": of_text(text.same_text(str.upper, on_parts=True)),
    "trim": of_text(text.same_text(str.strip)),
    "strip": of_text(text.same_text(str.strip)),
    "stripLeading": of_text(text.same_text(str.lstrip)),
    "stripTrailing": of_text(text.same_text(str.rstrip)),
    "stripIndent": of_text(text.same_text()),
    "intern": of_text(text.same_text()),
    "translateEscapes": of_text(text.same_text()),
    "getBytes": only(text.same_text(), "text"),
    "toCharArray": of_text(text.same_text()),
    "chars": only(text.same_text(), "text"),
    "lines": only(text.pieces(str.splitlines), "text"),
    "toString": {"text": _to_text, "builder": text.content, "": _to_text, "joiner": _joiner_text, "list": _to_text,
        "dict": _to_text, "set": _to_text},
    "subSequence": {"text": text.cut(_substring), "builder": text.cut(_substring)},
    "substring": {"text": text.cut(_substring), "builder": text.cut(_substring), "": text.cut()},
    "charAt": {"text": text.cut(_char_at), "builder": text.cut(_char_at), "": text.cut()},
    "codePointAt": of_text(text.asks()),
    "startsWith": of_text(text.asks(str.startswith)),
    "endsWith": of_text(text.asks(str.endswith)),
    "equals": {"text": _equals, "": harmless, "list": harmless, "dict": harmless},
    "contentEquals": of_text(_equals),
    "equalsIgnoreCase": of_text(_equals),
    "compareTo": only(harmless, "text"),
    "compareToIgnoreCase": of_text(harmless),
    "hashCode": only(harmless, "*"),
    "matches": only(harmless, "text", "matcher"),
    "isBlank": of_text(text.asks(lambda given: not given.strip())),
    "length": {"text": text.asks(len), "builder": harmless, "": harmless},
    "indexOf": {"text": text.asks(str.find), "list": harmless, "builder": harmless},
    "lastIndexOf": {"text": text.asks(str.rfind), "list": harmless, "builder": harmless},
    "contains": {"text": members.contains, "list": members.contains, "set": members.contains,
        "dict": members.contains_value},
    "split": only(text.pieces(lambda given, separator: given.split(separator.replace("\\",
        "")) if len(separator.replace("\\", "")) == 1 else None), "text", ""),
    "concat": {"text": text.concatenation},
    "repeat": {"text": text.repetition},
    "replace": {"text": text.replace_method, "": text.replace_method, "builder": text.shaken()},
    "replaceAll": of_text(text.replace_all_pattern, matcher=_matcher_replaced),
    "matcher": only(_matcher, "regex"),
    "group": only(_group, "matcher"),
    **dict.fromkeys(("find", "lookingAt", "hitEnd"), only(harmless, "matcher")),
    "replaceFirst": of_text(lambda ask: Outcome(made_of([ask.receiver, *ask.args[1:2]]))),
    "formatted": of_text(text.formatted),
    "append": {"builder": text.append},
    "write": {"builder": text.write},
    "insert": {"builder": text.insert},
    "reverse": {"builder": text.shaken(lambda given: given[::-1])},
    "deleteCharAt": {"builder": text.shaken(lambda given, position: given[:position] + given[position + 1 :])},
    "delete": {"builder": text.shaken(lambda given, low, high: given[:low] + given[high:])},
    "setLength": {"builder": text.set_length},
    "setCharAt": {"builder": text.shaken()},
    "add": {"list": lists.add(TRUE), "set": lists.add(TRUE), "joiner": _joiner_add},
    "addElement": only(lists.add(), "list"),
    "addLast": only(lists.add(), "list"),
    "offer": only(lists.add(TRUE), "list"),
    "offerLast": only(lists.add(TRUE), "list"),
    "addFirst": only(lists.add_first, "list"),
    "offerFirst": only(lists.add_first, "list"),
    "push": only(_push, "list"),
    "addAll": only(lists.extend(TRUE), *_LIST_OR_SET),
    "get": {"list": lists.get, "dict": dicts.get_key, "optional": stores.optional_get},
    "elementAt": only(lists.get, "list"),
    "getFirst": only(lists.first, "list"),
    "firstElement": only(lists.first, "list"),
    "element": only(_peek_stack, "list"),
    "peek": only(_peek_stack, "list"),
    "peekFirst": only(lists.first, "list"),
    "getLast": only(lists.last, "list"),
    "peekLast": only(lists.last, "list"),
    "lastElement": only(lists.last, "list"),
    **dict.fromkeys(("poll", "pollFirst", "pollLast", "pop", "take", "removeFirst", "removeLast"), only(_poll, "list")),
    "set": only(lists.set_item, "list"),
    "remove": {"list": lists.remove, "set": lists.remove, "dict": dicts.take_key, "iterator": harmless},
    "removeIf": only(lambda ask: Outcome(HARMLESS, any_of(ask.receiver)), *_LIST_OR_SET),
    "removeAll": only(lambda ask: Outcome(HARMLESS, any_of(ask.receiver)), *_LIST_OR_SET),
    "retainAll": only(lambda ask: Outcome(HARMLESS, any_of(ask.receiver)), *_LIST_OR_SET),
    "clear": only(lists.clear, *_ALL),
    "size": only(members.size, *_ALL),
    "isEmpty": {**only(members.is_empty, "text", *_ALL), "": harmless},
    "containsAll": only(harmless, *_LIST_OR_SET),
    "subList": only(lists.cut_list, "list"),
    "toArray": only(lists.as_elements, *_LIST_OR_SET),
    "iterator": {**only(_iterator("Iterator"), *_LIST_OR_SET)},
    "listIterator": only(_iterator("ListIterator"), "list"),
    "elements": {"list": _iterator("Enumeration"), "dict": _of_values(_iterator("Enumeration"))},
    **dict.fromkeys(("next", "nextElement", "previous", "nextToken", "nextLine"), only(lists.some_element, "iterator")),
    **dict.fromkeys(("hasNext", "hasMoreElements", "hasPrevious", "hasMoreTokens", "hasNextLine", "countTokens"),
        only(harmless, "iterator")),
    "put": only(dicts.put(), "dict"),
    "setProperty": only(dicts.put(), "dict"),
    "putAll": only(dicts.update, "dict"),
    "putIfAbsent": only(dicts.put_absent, "dict"),
    "getOrDefault": only(dicts.get_key, "dict"),
    "getProperty": only(_get_property, "dict"),
    "containsKey": only(members.contains, "dict"),
    "containsValue": only(members.contains_value, "dict"),
    "keySet": only(dicts.keys, "dict"),
    "keys": only(lambda ask: Outcome(_replace(keys_of(ask.receiver), names=("java.util.Enumeration()",))), "dict"),
    "stringPropertyNames": only(dicts.keys, "dict"),
    "values": only(dicts.values, "dict"),
    "entrySet": only(dicts.entries, "dict"),
    "getKey": only(dicts.at(0), "list"),
    "getValue": only(dicts.at(1), "list"),
    "stream": only(_stream, *_LIST_OR_SET),
    "parallelStream": only(_stream, *_LIST_OR_SET),
    **dict.fromkeys(("filter", "distinct", "sorted", "limit", "skip", "boxed", "parallel", "sequential"), only(_stream,
        "list")),
    "collect": only(_collected, "list"),
    "toList": only(lists.as_elements, "list"),
    "findFirst": only(stores.optional_element, "list"),
    "findAny": only(stores.optional_element, "list"),
    **dict.fromkeys(("anyMatch", "allMatch", "noneMatch", "count"), only(harmless, "list")),
    **dict.fromkeys(("orElse", "orElseThrow", "orElseGet"), only(stores.optional_get, "optional")),
    **dict.fromkeys(("isPresent",), only(harmless, "optional")),
    **dict.fromkeys(("intValue", "longValue", "doubleValue", "booleanValue", "ordinal"), only(harmless, "*")),
    "digest": only(harmless, "*"),
}  # fmt: skip
TABLES: Final = Tables(CALLS, METHODS, KINDS)
