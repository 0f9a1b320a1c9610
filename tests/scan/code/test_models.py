"""Models of what languages bring with them, as tables: what is called on what, and what that gives."""

import json

import pytest

from clearance.scan.code import ir
from clearance.scan.code.flow import algebra
from clearance.scan.code.flow.event import Given
from clearance.scan.code.flow.models import Outcome, call
from clearance.scan.code.flow.models.cleaning import HARMFUL, kinds_after, kinds_let_through
from clearance.scan.code.flow.value import ANYTHING, HARMLESS, UNKNOWN, Hop, Taint, Value

L = algebra.of_literal
NODE = ir.Const(0, 0, None)
RAW = Value(taints=(Taint("request", (Hop("a.py", 1, 2, "comes in"),)),), key="raw")
BUILT = algebra.put_together([L("a='"), RAW, L("'")])


def value(one: object) -> Value:
    if isinstance(one, Value):
        return one
    if isinstance(one, list | tuple):
        return algebra.make_list([value(inner) for inner in one])
    if isinstance(one, set):
        return algebra.make_list([value(inner) for inner in sorted(one, key=str)], "set")
    if isinstance(one, dict):
        return algebra.make_object([(value(key), value(inner)) for key, inner in one.items()])
    return L(one)


def plain(one: Value) -> object:
    """Give what a value is in plain words: constants as themselves, `raw` for input, `a{}` for text with it, `?` for the rest."""
    if one.items is not None:
        if one.rest is not None and not one.items:
            return ["…", plain(one.rest)]
        if one.form == "dict":
            return {key: plain(inner) for key, inner in one.items.items()}
        return [plain(inner) for inner in one.items.values()]
    if one.constant:
        return one.literal if one.literal is not UNKNOWN else "harmless"
    if one.taints:
        return "raw" if one.text is None else one.text
    return "?"


def named(*names: str, **fields: object) -> Value:
    return Value(names=names, **fields)


def ask(language: str, name: str, receiver: object = None, *given: object, **more: object) -> Outcome | None:
    args = [Given(value(one), NODE) for one in given] + [Given(value(one), NODE, key) for key, one in more.items()]
    on = None if receiver is None else value(receiver)
    return call(language, (name,), name.rpartition(".")[2], on, args)


# What text gives, called on a constant, on raw input, or on text with input in it

TEXT = [
    ("python", ".lower", "AbC", [], "abc"),
    ("python", ".strip", " a ", [], "a"),
    ("python", ".strip", RAW, [], "raw"),
    ("python", ".upper", BUILT, [], "A='{}'"),
    ("python", ".encode", BUILT, ["utf-8"], "a='{}'"),
    ("python", ".split", "a,b", [","], ["a", "b"]),
    ("python", ".split", RAW, [","], ["…", "raw"]),
    ("python", ".partition", "a=b", ["="], ["a", "=", "b"]),
    ("python", ".join", ", ", [["a", RAW]], "a, {}"),
    ("python", ".join", ", ", [["a", "b"]], "a, b"),
    ("python", ".join", ", ", [["a", HARMLESS]], "harmless"),
    ("python", ".join", "", [RAW], "{}"),
    ("python", ".format", "{} {name!r:>10} {0[x]} {{}}", [RAW], "{} {} {} {}"),
    ("python", ".format", "{:d} {}", [RAW, "b"], "harmless"),
    ("python", ".format", "{} {}", ["a", 1], "a 1"),
    ("python", ".format", RAW, ["a"], None),
    ("python", ".format_map", "x={x} y={y}", [{"x": "1", "y": RAW}], "x=1 y={}"),
    ("python", ".replace", "a-b", ["-", "+"], "a+b"),
    ("python", ".replace", BUILT, ["a", "b"], "b='{}'"),
    ("python", ".replace", "a @ b", ["@", RAW], "a {} b"),
    ("python", ".startswith", "abc", ["a"], True),
    ("python", ".startswith", RAW, ["a"], "harmless"),
    ("python", ".isdigit", RAW, [], "harmless"),
    ("python", ".find", "abc", ["c"], 2),
    ("python", ".count", "abc", ["c"], "harmless"),
    ("python", ".zfill", "7", [3], "007"),
    ("python", ".ljust", "7", [10**9], "harmless"),
    ("python", ".hexdigest", ANYTHING, [], "harmless"),
    ("javascript", ".toLowerCase", "AbC", [], "abc"),
    ("javascript", ".trim", RAW, [], "raw"),
    ("javascript", ".split", "a,b", [","], ["a", "b"]),
    ("javascript", ".split", "ab", [""], ["a", "b"]),
    ("javascript", ".replace", "aa", ["a", "b"], "ba"),
    ("javascript", ".replaceAll", "aa", ["a", "b"], "bb"),
    ("javascript", ".substring", "abcd", [3, 1], "bc"),
    ("javascript", ".substr", "abcd", [-2, 1], "c"),
    ("javascript", ".slice", "abcd", [-2], "cd"),
    ("javascript", ".slice", RAW, [1], None),
    ("javascript", ".charAt", "abc", [1], "b"),
    ("javascript", ".charAt", "abc", [7], ""),
    ("javascript", ".at", "abc", [-1], "c"),
    ("javascript", ".padStart", "7", [3, "0"], "007"),
    ("javascript", ".repeat", "ab", [2], "abab"),
    ("javascript", ".repeat", "ab", [10**9], "harmless"),
    ("javascript", ".concat", "a", [RAW, 1], "a{}1"),
    ("javascript", ".includes", "abc", ["b"], True),
    ("javascript", ".includes", RAW, ["b"], "harmless"),
    ("javascript", ".toString", BUILT, [], "a='{}'"),
    ("javascript", ".toFixed", RAW, [2], "harmless"),
    ("java", ".toUpperCase", "a", [], "A"),
    ("java", ".substring", "abcd", [1, 3], "bc"),
    ("java", ".substring", "abcd", [9], "harmless"),
    ("java", ".substring", RAW, [1], "raw"),
    ("java", ".charAt", "abc", [1], "b"),
    ("java", ".equals", "a", ["a"], True),
    ("java", ".equalsIgnoreCase", "a", ["A"], True),
    ("java", ".equals", RAW, ["a"], "harmless"),
    ("java", ".length", "abc", [], 3),
    ("java", ".isEmpty", "", [], True),
    ("java", ".concat", "a", [RAW], "a{}"),
    ("java", ".formatted", "%s and %5d", [RAW, RAW], "{} and "),
    ("java", ".split", "a,b", [","], ["a", "b"]),
    ("java", ".split", "a.b", ["\\."], ["a", "b"]),
    ("java", ".replace", "a-b", ["-", "+"], "a+b"),
    ("java", ".contains", "abc", ["b"], True),
    ("java", ".getBytes", named("java.lang.String()", taints=RAW.taints), [], "raw"),
    ("java", ".repeat", "a", [3], "aaa"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "method", "receiver", "given", "result"), TEXT)
def test_methods_of_text(language: str, method: str, receiver: object, given: list[object], result: object) -> None:
    outcome = ask(language, f"?{method}", receiver, *given)
    assert (None if outcome is None else plain(outcome.result)) == result


def test_named_holes_are_filled_by_name() -> None:
    outcome = ask("python", "?.format", "select {what} from {table}", what="a", table=RAW)
    assert outcome is not None
    assert outcome.result.text == "select a from {}"
    assert outcome.result.built


FUNCTIONS = [
    ("python", "str", [RAW], "raw"),
    ("python", "str", [12], "12"),
    ("python", "str", [["a", RAW]], "{}"),
    ("python", "int", ["12"], 12),
    ("python", "int", ["ff", 16], 255),
    ("python", "int", [RAW], "harmless"),
    ("python", "int", ["x"], "harmless"),
    ("python", "float", ["1.5"], 1.5),
    ("python", "bool", ["a"], True),
    ("python", "len", ["abc"], 3),
    ("python", "len", [["a", RAW]], 2),
    ("python", "ord", ["a"], 97),
    ("python", "abs", [-3], 3),
    ("python", "max", [["a", RAW]], "raw"),
    ("python", "sorted", [["a", RAW]], ["…", "raw"]),
    ("python", "list", [{"a": RAW}], ["a"]),
    ("python", "tuple", [["a", RAW]], ["a", "raw"]),
    ("python", "reversed", [["a", RAW]], ["raw", "a"]),
    ("python", "zip", [["a", "b"], [RAW, 1]], [["a", "raw"], ["b", 1]]),
    ("python", "enumerate", [["a", RAW]], [[0, "a"], [1, "raw"]]),
    ("python", "dict", [[["a", RAW], ["b", 1]]], {"a": "raw", "b": 1}),
    ("python", "range", [RAW], ["…", "harmless"]),
    ("python", "next", [["a"], RAW], "raw"),
    ("python", "map", [named("int"), [RAW]], ["harmless"]),
    ("python", "map", [named("str"), [RAW, "a"]], ["raw", "a"]),
    ("python", "map", [named("?.f"), [RAW]], None),
    ("python", "getattr", [named("os"), "system"], "?"),
    ("python", "uuid.UUID", [RAW], "harmless"),
    ("python", "base64.b64decode", [RAW], "raw"),
    ("python", "os.path.join", ["/srv", RAW], "/srv/{}"),
    ("python", "os.path.join", ["/srv", "a", "b"], "/srv/a/b"),
    ("python", "json.loads", ['{"a": [1, "b"]}'], {"a": [1, "b"]}),
    ("python", "json.loads", [RAW], "raw"),
    ("python", "json.dumps", [{"a": RAW}], "{}"),
    ("python", "re.sub", ["a", "b", RAW], "raw"),
    ("python", "re.findall", ["a", RAW], ["…", "raw"]),
    ("python", "dict.fromkeys", [["a"], RAW], {"a": "raw"}),
    ("python", "frobnicate", [RAW], None),
    ("javascript", "Number", ["12"], 12),
    ("javascript", "parseInt", ["12px"], 12),
    ("javascript", "parseInt", [RAW, 10], "harmless"),
    ("javascript", "String", [RAW], "raw"),
    ("javascript", "Math.floor", [2.5], 2),
    ("javascript", "Object.keys", [{"a": RAW}], ["a"]),
    ("javascript", "Object.values", [{"a": RAW, "b": 1}], ["raw", 1]),
    ("javascript", "Object.entries", [{"a": RAW}], [["a", "raw"]]),
    ("javascript", "Object.fromEntries", [[["a", RAW]]], {"a": "raw"}),
    ("javascript", "Array.from", [[1, RAW]], [1, "raw"]),
    ("javascript", "Array.of", [1, RAW], [1, "raw"]),
    ("javascript", "Array", [5], []),
    ("javascript", "JSON.parse", [RAW], "raw"),
    ("javascript", "JSON.stringify", [{"a": RAW}], "{}"),
    ("javascript", "util.format", ["a %s", RAW, "b"], "a {} b"),
    ("javascript", "path.join", ["/srv", RAW], "/srv/{}"),
    ("javascript", "encode", [RAW], None),
    ("java", "java.lang.Integer.parseInt", ["12"], 12),
    ("java", "Integer.parseInt", [RAW], "harmless"),
    ("java", "java.lang.String.valueOf", [RAW], "raw"),
    ("java", "java.lang.String.valueOf", [True], "true"),
    ("java", "java.lang.String.format", ["a='%s' %d%n", RAW, RAW], "a='{}' \n"),
    ("java", "java.lang.String.format", [named("java.util.Locale.ROOT"), "a='%s'", RAW], "a='{}'"),
    ("java", "java.lang.String.format", ["%2$s %1$s", "a", RAW], "{} a"),
    ("java", "java.lang.String.join", [",", "a", RAW], "a,{}"),
    ("java", "java.lang.String.join", [",", ["a", RAW]], "a,{}"),
    ("java", "java.text.MessageFormat.format", ["{1} is {0}", RAW, "x"], "x is {}"),
    ("java", "java.util.Arrays.asList", ["a", RAW], ["a", "raw"]),
    ("java", "java.util.List.of", ["a", RAW], ["a", "raw"]),
    ("java", "java.util.Map.of", ["a", RAW, "b", 1], {"a": "raw", "b": 1}),
    ("java", "java.nio.file.Paths.get", ["/srv", RAW], "/srv/{}"),
    ("java", "java.util.Objects.requireNonNull", [RAW], "raw"),
    ("java", "java.util.UUID.fromString", [RAW], "harmless"),
    ("go", "fmt.Sprintf", ["a='%s' %d %v", RAW, RAW, "x"], "a='{}'  x"),
    ("go", "fmt.Sprintf", ["%[2]s%[1]s", "a", RAW], "{}a"),
    ("go", "fmt.Sprint", ["a", RAW], "a{}"),
    ("go", "fmt.Errorf", ["no %w", RAW], "no {}"),
    ("go", "strings.ToLower", ["AB"], "ab"),
    ("go", "strings.TrimSpace", [RAW], "raw"),
    ("go", "strings.Split", ["a,b", ","], ["a", "b"]),
    ("go", "strings.Split", [RAW, ","], ["…", "raw"]),
    ("go", "strings.Fields", ["a b"], ["a", "b"]),
    ("go", "strings.Join", [["a", RAW], ","], "a,{}"),
    ("go", "strings.Replace", ["aa", "a", "b", -1], "bb"),
    ("go", "strings.ReplaceAll", ["aa", "a", "b"], "bb"),
    ("go", "strings.Repeat", ["a", 3], "aaa"),
    ("go", "strings.HasPrefix", ["abc", "a"], True),
    ("go", "strings.Contains", [RAW, "a"], "harmless"),
    ("go", "strings.Cut", ["a=b", "="], ["a", "b", True]),
    ("go", "strings.Cut", [RAW, "="], ["raw", "raw", "harmless"]),
    ("go", "strconv.Atoi", ["12"], [12, "?"]),
    ("go", "strconv.Atoi", [RAW], ["harmless", "?"]),
    ("go", "strconv.Itoa", [RAW], "harmless"),
    ("go", "path.filepath.Join", ["/srv", "/a", RAW], "/srv/a/{}"),
    ("go", "slices.Contains", [["a"], "a"], True),
    ("go", "len", [["a", RAW]], 2),
    ("go", "append", [["a"], RAW], ["a", "raw"]),
    ("go", "db.Query", [RAW], None),
]  # fmt: skip


@pytest.mark.parametrize(("language", "name", "given", "result"), FUNCTIONS)
def test_functions(language: str, name: str, given: list[object], result: object) -> None:
    outcome = ask(language, name, None, *given)
    assert (None if outcome is None else plain(outcome.result)) == result


# Containers: what a call gives, and what is in the container afterwards

LIST = named("java.util.List()", form="list")
CONTENTS = [
    ("python", ".append", ["a"], [RAW], None, ["a", "raw"]),
    ("python", ".extend", ["a"], [[RAW, "b"]], None, ["a", "raw", "b"]),
    ("python", ".insert", ["a", "b"], [1, RAW], None, ["a", "raw", "b"]),
    ("python", ".pop", ["a", RAW], [], "raw", ["a"]),
    ("python", ".pop", ["a", RAW], [0], "a", ["raw"]),
    ("python", ".pop", ["a", RAW], [HARMLESS], "raw", ["…", "raw"]),
    ("python", ".remove", ["a", RAW], ["a"], True, ["raw"]),
    ("python", ".remove", [RAW, "a"], ["a"], "harmless", ["…", "raw"]),
    ("python", ".clear", ["a", RAW], [], None, []),
    ("python", ".reverse", ["a", RAW], [], None, ["raw", "a"]),
    ("python", ".sort", ["a", RAW], [], None, ["…", "raw"]),
    ("python", ".copy", ["a", RAW], [], ["a", "raw"], "same"),
    ("python", ".add", {"a"}, [RAW], None, ["a", "raw"]),
    ("python", ".get", {"a": "x", "b": RAW}, ["a"], "x", "same"),
    ("python", ".get", {"a": "x", "b": RAW}, ["b"], "raw", "same"),
    ("python", ".get", {"a": "x"}, ["c", RAW], "raw", "same"),
    ("python", ".get", {"a": "x"}, ["a", RAW], "x", "same"),
    ("python", ".get", {"a": "x"}, ["c"], None, "same"),
    ("python", ".get", {"a": "x", "b": RAW}, [HARMLESS], "raw", "same"),
    ("python", ".setdefault", {"a": "x"}, ["b", RAW], "raw", {"a": "x", "b": "raw"}),
    ("python", ".setdefault", {"a": "x"}, ["a", RAW], "x", "same"),
    ("python", ".update", {"a": "x"}, [{"a": RAW, "b": 1}], None, {"a": "raw", "b": 1}),
    ("python", ".pop", {"a": "x", "b": RAW}, ["b"], "raw", {"a": "x"}),
    ("python", ".keys", {"a": RAW}, [], ["a"], "same"),
    ("python", ".values", {"a": RAW, "b": 1}, [], ["raw", 1], "same"),
    ("python", ".items", {"a": RAW}, [], [["a", "raw"]], "same"),
    ("javascript", ".push", ["a"], [RAW, "b"], "harmless", ["a", "raw", "b"]),
    ("javascript", ".pop", ["a", RAW], [], "raw", ["a"]),
    ("javascript", ".shift", ["a", RAW], [], "a", ["raw"]),
    ("javascript", ".unshift", ["a"], [RAW, "b"], "harmless", ["raw", "b", "a"]),
    ("javascript", ".splice", ["a", "b", RAW], [0, 1, "x", "y"], ["a"], ["x", "y", "b", "raw"]),
    ("javascript", ".splice", ["a", "b", RAW], [-1], ["raw"], ["a", "b"]),
    ("javascript", ".slice", ["a", "b", RAW], [0, 2], ["a", "b"], "same"),
    ("javascript", ".concat", ["a"], [[RAW], "b"], ["a", "raw", "b"], "same"),
    ("javascript", ".at", ["a", RAW], [-1], "raw", "same"),
    ("javascript", ".join", ["a", RAW], ["-"], "a-{}", "same"),
    ("javascript", ".includes", ["a"], ["a"], True, "same"),
    ("javascript", ".indexOf", ["a"], [RAW], "harmless", "same"),
    ("javascript", ".flat", [["a"], [RAW]], [], ["a", "raw"], "same"),
    ("javascript", ".reverse", ["a", RAW], [], ["raw", "a"], ["raw", "a"]),
    ("java", ".add", ["a"], [RAW], True, ["a", "raw"]),
    ("java", ".add", ["a"], [0, RAW], None, ["raw", "a"]),
    ("java", ".get", ["a", RAW], [0], "a", "same"),
    ("java", ".get", ["a", RAW], [1], "raw", "same"),
    ("java", ".remove", ["a", RAW], [0], "a", ["raw"]),
    ("java", ".remove", ["a", RAW], ["a"], True, ["raw"]),
    ("java", ".set", ["a", RAW], [1, "b"], "raw", ["a", "b"]),
    ("java", ".addAll", ["a"], [[RAW]], True, ["a", "raw"]),
    ("java", ".size", ["a", RAW], [], 2, "same"),
    ("java", ".isEmpty", [], [], True, "same"),
    ("java", ".contains", ["a"], ["b"], False, "same"),
    ("java", ".put", {"a": "x"}, ["b", RAW], None, {"a": "x", "b": "raw"}),
    ("java", ".put", {"a": RAW}, ["a", "x"], "raw", {"a": "x"}),
    ("java", ".getOrDefault", {"a": "x"}, ["b", RAW], "raw", "same"),
    ("java", ".putAll", {"a": "x"}, [{"a": RAW}], None, {"a": "raw"}),
    ("java", ".remove", {"a": RAW, "b": 1}, ["a"], "raw", {"b": 1}),
    ("java", ".containsKey", {"a": RAW}, ["a"], True, "same"),
    ("java", ".keySet", {"a": RAW}, [], ["a"], "same"),
    ("java", ".entrySet", {"a": RAW}, [], [["a", "raw"]], "same"),
    ("java", ".getKey", ["a", RAW], [], "a", "same"),
    ("java", ".getValue", ["a", RAW], [], "raw", "same"),
    ("java", ".toArray", ["a", RAW], [], ["a", "raw"], "same"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "method", "receiver", "given", "result", "after"), CONTENTS)
def test_methods_of_containers(
    language: str, method: str, receiver: object, given: list[object], result: object, after: object
) -> None:
    outcome = ask(language, f"?{method}", receiver, *given)
    assert outcome is not None
    assert plain(outcome.result) == result
    assert (
        (outcome.receiver is None)
        if after == "same"
        else (outcome.receiver is not None and plain(outcome.receiver) == after)
    )


def steps(language: str, start: Value, *calls: tuple[object, ...]) -> Outcome:
    """Call one method after the other on the same thing; gives the last outcome."""
    thing, outcome = start, Outcome(start)
    for method, *given in calls:
        found = ask(language, f"{thing.names[0]}.{method}", thing, *given)
        assert found is not None, method
        outcome = found
        thing = found.receiver if found.receiver is not None else thing
    return outcome


def made(language: str, name: str, *given: object) -> Value:
    outcome = ask(language, name, None, *given)
    assert outcome is not None
    return outcome.result


HISTORIES = [
    ("java", made("java", "java.util.ArrayList"), [("add", "a"), ("add", RAW), ("add", "b"), ("remove", 0), ("get", 0)], "raw"),
    ("java", made("java", "java.util.ArrayList"), [("add", "a"), ("add", RAW), ("add", "b"), ("remove", 0), ("get", 1)], "b"),
    ("java", made("java", "java.util.HashMap"), [("put", "a", RAW), ("put", "b", "x"), ("get", "b")], "x"),
    ("java", made("java", "java.util.HashMap"), [("put", "a", RAW), ("put", "b", "x"), ("get", "a")], "raw"),
    ("java", made("java", "java.util.Properties"), [("setProperty", "a", RAW), ("getProperty", "b", "d")], "d"),
    ("java", made("java", "java.util.LinkedList"), [("addLast", RAW), ("addFirst", "a"), ("poll",)], "a"),
    ("java", made("java", "java.util.Stack"), [("push", RAW), ("push", "a"), ("pop",)], "a"),
    ("java", made("java", "java.lang.StringBuilder", "a='"), [("append", RAW), ("append", "'"), ("toString",)], "a='{}'"),
    ("java", made("java", "java.lang.StringBuilder"), [("append", "ab"), ("reverse",), ("toString",)], "ba"),
    ("java", made("java", "java.lang.StringBuilder"), [("append", "abc"), ("deleteCharAt", 1), ("toString",)], "ac"),
    ("java", made("java", "java.lang.StringBuilder"), [("append", RAW), ("setLength", 0), ("append", "a"), ("toString",)], "a"),
    ("java", made("java", "java.lang.StringBuilder"), [("append", "b"), ("insert", 0, RAW), ("toString",)], "{}b"),
    ("java", made("java", "java.util.StringJoiner", ",", "(", ")"), [("add", "a"), ("add", RAW), ("toString",)], "(a,{})"),
    ("java", made("java", "java.util.Optional.of", RAW), [("get",)], "raw"),
    ("java", made("java", "java.util.Optional.ofNullable", None), [("orElse", "x")], "x"),
    ("python", made("python", "io.StringIO"), [("write", "a "), ("write", RAW), ("getvalue",)], "a {}"),
    ("python", made("python", "configparser.ConfigParser"), [("add_section", "s"), ("set", "s", "a", RAW), ("set", "s", "b", "x"), ("get", "s", "b")], "x"),
    ("python", made("python", "configparser.ConfigParser"), [("set", "s", "a", RAW), ("set", "s", "b", "x"), ("get", "s", "a")], "raw"),
    ("python", made("python", "collections.deque"), [("append", RAW), ("appendleft", "a"), ("popleft",)], "a"),
    ("python", made("python", "queue.Queue"), [("put", RAW), ("get",)], "raw"),
    ("python", made("python", "re.compile", r"[^\w]"), [("sub", "", RAW)], "raw"),
    ("javascript", made("javascript", "Map"), [("set", "a", RAW), ("set", "b", "x"), ("get", "b")], "x"),
    ("javascript", made("javascript", "Map", [["a", RAW]]), [("get", "a")], "raw"),
    ("javascript", made("javascript", "Set"), [("add", "a"), ("has", "a")], True),
    ("go", named("strings.Builder()"), [("WriteString", "a='"), ("WriteString", RAW), ("String",)], "a='{}"),
    ("go", made("go", "bytes.NewBufferString", "a"), [("WriteString", RAW), ("String",)], "a{}"),
    ("go", made("go", "bytes.NewBufferString", "a"), [("WriteString", RAW), ("Reset",), ("String",)], ""),
]  # fmt: skip


@pytest.mark.parametrize(("language", "start", "calls", "result"), HISTORIES)
def test_what_was_put_in_comes_out_again(
    language: str, start: Value, calls: list[tuple[object, ...]], result: object
) -> None:
    assert plain(steps(language, start, *calls).result) == result


def test_an_iterator_gives_any_element_and_a_map_its_entries() -> None:
    items = made("java", "java.util.Arrays.asList", "a", RAW)
    walk = ask("java", "java.util.List().iterator", algebra.container(dict(items.items or {}), None, LIST))
    assert walk is not None
    assert plain(steps("java", walk.result, ("hasNext",)).result) == "harmless"
    assert plain(steps("java", walk.result, ("next",)).result) == "raw"


def test_a_stream_is_joined_as_its_collector_says() -> None:
    listed = steps("java", algebra.container({0: L("a"), 1: RAW}, None, LIST), ("stream",)).result
    joining = made("java", "java.util.stream.Collectors.joining", ", ")
    assert plain(steps("java", listed, ("collect", joining)).result) == "a, {}"
    assert plain(steps("java", listed, ("toList",)).result) == ["a", "raw"]


@pytest.mark.parametrize(
    ("language", "name", "given", "after"),
    [
        ("go", "copy", [["", ""], ["a", RAW]], {0: ["a", "raw"]}),
        ("go", "delete", [{"a": RAW, "b": 1}, "a"], {0: {"b": 1}}),
        ("javascript", "Object.assign", [{"a": 1}, {"b": RAW}], {0: {"a": 1, "b": "raw"}}),
        ("java", "java.util.Collections.addAll", [["a"], RAW], {0: ["a", "raw"]}),
        ("python", "setattr", [{}, "a", RAW], {0: {"a": "raw"}}),
    ],
)
def test_calls_that_change_what_they_are_given(
    language: str, name: str, given: list[object], after: dict[int, object]
) -> None:
    outcome = ask(language, name, None, *given)
    assert outcome is not None
    assert outcome.args is not None
    assert {position: plain(one) for position, one in outcome.args.items()} == after


def test_printing_into_a_builder_fills_it() -> None:
    builder = named("strings.Builder()")
    outcome = ask("go", "fmt.Fprintf", named("fmt"), builder, "a=%s", RAW)
    assert outcome is not None
    assert outcome.args is not None
    assert outcome.args[0].text == "a={}"
    assert ask("go", "fmt.Fprintf", named("fmt"), named("net.http.ResponseWriter()"), "a=%s", RAW) is None


# What nothing here knows

UNKNOWN_CALLS = [
    ("python", "requests.get", named("requests"), [RAW]),
    ("python", "shlex.split", named("shlex"), [RAW]),
    ("python", "?.get", ANYTHING, ["a"]),
    ("python", "?.append", ANYTHING, [RAW]),
    ("python", "?.get", RAW, ["a"]),
    ("python", "requests.Session().get", named("requests.Session()"), [RAW]),
    ("python", "?.split", named("?"), [RAW]),
    ("javascript", "?.set", ANYTHING, ["a", RAW]),
    ("javascript", "cache.get", named("cache"), ["a"]),
    ("java", "?.add", ANYTHING, [RAW]),
    ("java", "javax.servlet.http.HttpSession().get", named("javax.servlet.http.HttpSession()"), ["a"]),
    ("go", "?.Write", ANYTHING, [RAW]),
    ("ruby", "?.strip", RAW, []),
]  # fmt: skip


@pytest.mark.parametrize(("language", "name", "receiver", "given"), UNKNOWN_CALLS)
def test_what_may_be_anything_is_left_to_others(language: str, name: str, receiver: Value, given: list[object]) -> None:
    assert ask(language, name, receiver, *given) is None


# Taking characters out

EVERYTHING = set(HARMFUL)


@pytest.mark.parametrize(
    ("pattern", "new", "clean", "not_clean"),
    [
        (r"[^A-Za-z0-9_]", "", EVERYTHING, set()),
        (r"\W+", "_", EVERYTHING, set()),
        (r"[^\w.-]", "", {"sql", "shell", "html", "path", "header", "log"}, {"url", "redirect"}),
        (r"[\r\n]+", " ", {"log", "header"}, {"sql", "shell", "html"}),
        (r"\r?\n|\r", "", {"log", "header"}, {"sql"}),
        (r"[<>]", "", {"html"}, {"sql", "script"}),
        (r"[']", "", set(), {"sql", "shell", "html"}),
        (r"[;&|]", "", set(), {"sql", "shell"}),
        (r"\.\./", "", set(), {"path"}),
        (r"[/\\]", "", {"path"}, {"sql"}),
        (r"[.*+?^${}()|[\]\\]", r"\$&", {"regex"}, {"sql"}),
        (r"[^a-z;]", "", {"html"}, {"shell", "sql"}),
        (r"[^a-z]", "'", set(), {"sql"}),
        (r"([a-z])+x", "", set(), EVERYTHING),
    ],
)
def test_taking_characters_out(pattern: str, new: str, clean: set[str], not_clean: set[str]) -> None:
    kinds = kinds_after(pattern, new)
    assert clean <= kinds
    assert not not_clean & kinds


@pytest.mark.parametrize(
    ("pattern", "full", "clean", "not_clean"),
    [
        (r"^[a-zA-Z0-9_]+$", False, EVERYTHING, set()),
        (r"[a-zA-Z0-9_]+", False, set(), EVERYTHING),
        (r"[a-zA-Z0-9_]+", True, EVERYTHING, set()),
        (r"^\d{4}-\d{2}-\d{2}$", False, {"shell", "html", "path"}, set()),
        (r"^[\w.@-]+\Z", False, {"html", "path"}, {"url", "redirect"}),
        (r"^.+$", False, set(), {"sql", "shell", "path"}),
        (r"^a|b$", False, set(), EVERYTHING),
        (r"^(?:north|south)$", False, EVERYTHING, set()),
        (r"^(?P<name>[a-z]+)$", False, EVERYTHING, set()),
        (r"^\p{Alnum}+$", False, EVERYTHING, set()),
        (r"^[^/\\]+$", False, set(), {"sql", "shell"}),
        (r"^\d+\$", False, set(), EVERYTHING),
        (r"^[\x00-\x7f]*$", False, set(), EVERYTHING),
    ],
)
def test_what_a_pattern_lets_through(pattern: str, full: bool, clean: set[str], not_clean: set[str]) -> None:  # noqa: FBT001
    kinds = kinds_let_through(pattern, full=full)
    assert clean <= kinds
    assert not not_clean & kinds


@pytest.mark.parametrize(
    "pattern", ["[", "(", "\\", "[^", "[a-", "(?", "(?P<", "[[:alpha", "\\p{", "\\x", "{", "a{", "|", "[]", "[^]", "(?<", ""]
)
def test_broken_patterns_let_nothing_be_said(pattern: str) -> None:
    assert kinds_let_through(pattern) == frozenset()
    kinds_after(pattern, "")


def test_replacements_after_each_other_clean_together() -> None:
    one = made_text(RAW, ("\r", ""))
    assert "header" not in one.checked
    both = made_text(RAW, ("\r", ""), ("\n", ""))
    assert {"header", "log"} <= both.taints[0].cleaned
    assert "sql" not in both.taints[0].cleaned


def made_text(start: Value, *replacements: tuple[str, str]) -> Value:
    result = start
    for old, new in replacements:
        outcome = ask("python", "?.replace", result, old, new)
        assert outcome is not None
        result = outcome.result
    return result


@pytest.mark.parametrize(
    ("language", "name", "receiver", "given"),
    [
        ("python", "re.sub", None, [r"[^a-z0-9]", "", RAW]),
        ("python", "re.compile().sub", Value(constant=True, form="regex", literal=r"\W", text=r"\W", names=("re.compile()",)), ["", RAW]),
        ("javascript", "?.replace", RAW, [Value(constant=True, form="regex", literal="[^a-z]", text="[^a-z]"), ""]),
        ("java", "?.replaceAll", RAW, ["[^a-zA-Z]", ""]),
        ("go", "regexp.Regexp().ReplaceAllString", Value(constant=True, form="regex", literal=r"\W", text=r"\W", names=("regexp.Regexp()",)), [RAW, ""]),
    ],
)  # fmt: skip
def test_all_languages_clean_with_a_list_of_what_is_allowed(
    language: str, name: str, receiver: Value | None, given: list[object]
) -> None:
    outcome = ask(language, name, receiver, *given)
    assert outcome is not None
    assert outcome.result.taints[0].cleaned >= EVERYTHING


def test_json_of_hostile_depth_is_read() -> None:
    outcome = ask("javascript", "JSON.parse", None, "[" * 1500 + "]" * 1500)
    assert outcome is not None
    assert outcome.result.constant
    assert plain(made("python", "json.loads", json.dumps({str(n): n for n in range(300)})))


def test_spread_arguments_are_taken_one_by_one() -> None:
    known = call("java", ("java.util.List.of",), "of", None, [Given(value(["a", RAW]), NODE, "", "*")])
    assert known is not None
    assert plain(known.result) == ["a", "raw"]
    unknown = call("javascript", ("?.push",), "push", value(["a"]), [Given(RAW, NODE, "", "*")])
    assert unknown is not None
    assert unknown.receiver is not None
    assert algebra.taints_of(unknown.receiver)
