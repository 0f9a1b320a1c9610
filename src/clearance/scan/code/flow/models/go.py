"""What Go brings with it: `strings`, `strconv`, `fmt`'s text, builders and buffers, `slices`, `maps`, conversions."""

import math
from collections.abc import Callable
from typing import Final

import msgspec

from clearance.scan.code.flow.algebra import (
    FALSE,
    HARMLESS_TEXT,
    NULL,
    TRUE,
    any_of,
    appended,
    container,
    element,
    elements,
    join,
    keys_of,
    make_list,
    of_literal,
    removed,
    taints_of,
    values_of,
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
    literals,
    of_all,
    only,
)
from clearance.scan.code.flow.models.numbers import harmless, harmless_named, with_error
from clearance.scan.code.flow.value import HARMLESS, Value

_replace = msgspec.structs.replace

KINDS: Final = {"Builder": "builder", "Buffer": "builder", "string": "text"}


def _given(model: Model) -> Model:
    """Make a model of a method of text work for a function whose first argument is the text."""

    def moved(ask: Ask) -> Outcome | None:
        if not ask.args:
            return None
        outcome = model(Ask(ask.language, ask.names, ask.method, ask.args[0], ask.args[1:], ask.named, ask.loose))
        return None if outcome is None else Outcome(outcome.result)

    return moved


def _title(given: str) -> str:
    return given.title()


def _trim(given: str, chars: str) -> str:
    return given.strip(chars)


def _replaced(ask: Ask) -> Outcome | None:
    """`strings.Replace(text, old, new, count)`."""
    if len(ask.args) < 4:
        return None
    count = ask.args[3]
    return Outcome(
        text.replaced(
            ask.args[0],
            ask.args[1],
            ask.args[2],
            "go",
            count=None if isinstance(count.literal, int) and count.literal < 0 else count,
        )
    )


def _cut(ask: Ask) -> Outcome | None:
    """`strings.Cut(text, separator)`: what is before, what is after, whether it was found."""
    if len(ask.args) < 2:
        return None
    given = literals(ask.args)
    if given is not None and isinstance(given[0], str) and isinstance(given[1], str):
        before, found, after = given[0].partition(given[1])
        return Outcome(make_list([of_literal(before), of_literal(after), TRUE if found else FALSE]))
    part = text.part_of(ask.args[0])
    return Outcome(make_list([part, part, HARMLESS]))


def _joined_path(ask: Ask) -> Outcome | None:
    """`filepath.Join(a, b)`: an absolute part does not start anew."""
    if not ask.args:
        return None
    parts = [
        of_literal(part.literal.lstrip("/")) if number and isinstance(part.literal, str) else part
        for number, part in enumerate(ask.args)
    ]
    return Outcome(_replace(with_path(parts), names=()))


def _copy(ask: Ask) -> Outcome | None:
    """`copy(to, from)`."""
    if len(ask.args) < 2:
        return None
    to, source = ask.args[0], ask.args[1]
    known = elements(source) if source.items is not None else None
    target = elements(to) if to.items is not None else None
    if known is not None and target is not None and len(known) >= len(target):
        after = container(dict(enumerate(known[: len(target)])), None, to)
    else:
        after = container({}, join(element(to), element(source)), _replace(to, form="list"))
    return Outcome(HARMLESS, None, {0: after})


def _delete(ask: Ask) -> Outcome | None:
    """`delete(map, key)`."""
    return Outcome(NULL, None, {0: removed(ask.args[0], ask.args[1])}) if len(ask.args) > 1 else None


def _append(ask: Ask) -> Outcome | None:
    """`append(list, a, b…)`, where it was not lowered."""
    if not ask.args:
        return None
    result = ask.args[0] if ask.args[0].items is not None else containers.as_list(ask.args[0])
    for new in ask.args[1:]:
        result = appended(result, new)
    return Outcome(any_of(result) if ask.loose else result)


def _made(_ask: Ask) -> Outcome | None:
    """`make([]string, n)`: zero values."""
    return Outcome(container({}, HARMLESS, Value(form="list")))


def _clear_given(ask: Ask) -> Outcome | None:
    """`clear(map)`."""
    return (
        Outcome(NULL, None, {0: container({}, None, _replace(ask.args[0], taints=(), constant=True))}) if ask.args else None
    )


def _error(ask: Ask) -> Outcome | None:
    """`errors.New(text)`: an error holds its text."""
    return Outcome(Value(taints=taints_of(ask.args[0]))) if ask.args else None


def _error_format(ask: Ask) -> Outcome | None:
    """`fmt.Errorf(template, …)`."""
    return Outcome(text.filled(ask.args[0], ask.args[1:])) if ask.args else None


def _sorted(ask: Ask) -> Outcome | None:
    """`slices.Sort(list)`, `sort.Strings(list)`."""
    return Outcome(NULL, None, {0: any_of(ask.args[0])}) if ask.args else None


def _write_format(ask: Ask) -> Outcome | None:
    """`fmt.Fprintf(&builder, template, …)` where the writer is a builder of text."""
    if len(ask.args) < 2:
        return None
    writer = ask.args[0]
    if not any(name.endswith((".Builder()", ".Buffer()")) for name in writer.names):
        return None
    if ask.method == "Fprintf":
        new = text.filled(ask.args[1], ask.args[2:])
    else:
        made = text.shown_apart("\n" if ask.method == "Fprintln" else "")(_replace(ask, args=ask.args[1:]))
        new = made.result if made is not None else of_literal("")
    grown = text.append(_replace(ask, receiver=writer, args=[new]))
    return (
        None if grown is None or grown.receiver is None else Outcome(make_list([HARMLESS, NULL]), None, {0: grown.receiver})
    )


def _replacer(ask: Ask) -> Outcome | None:
    """`strings.NewReplacer(old, new, …)`."""
    return Outcome(_replace(make_list(ask.args), names=("strings.Replacer()",)))


def _replaced_all(ask: Ask) -> Outcome | None:
    """`replacer.Replace(text)`."""
    if not ask.args:
        return None
    pairs = elements(ask.receiver)
    if pairs is None:
        return Outcome(text.kept(ask.args[0]))
    result = ask.args[0]
    for old, new in zip(pairs[::2], pairs[1::2], strict=False):
        result = text.replaced(result, old, new, "go")
    return Outcome(result)


def _regex(ask: Ask) -> Outcome | None:
    """`regexp.MustCompile(pattern)`."""
    return Outcome(_replace(text.kept(ask.args[0]), form="regex", names=("regexp.Regexp()",))) if ask.args else None


def _substituted(ask: Ask) -> Outcome | None:
    """`pattern.ReplaceAllString(text, new)`."""
    if len(ask.args) < 2:
        return None
    return Outcome(text.replaced_pattern(ask.args[0], ask.receiver, ask.args[1]))


def _found(ask: Ask) -> Outcome | None:
    """`pattern.FindString(text)`."""
    return Outcome(text.part_of(ask.args[0])) if ask.args else None


def _found_all(ask: Ask) -> Outcome | None:
    """`pattern.FindStringSubmatch(text)`."""
    return Outcome(text.pieces_of(ask.args[0])) if ask.args else None


def _named_builder(ask: Ask) -> Outcome | None:
    """`bytes.NewBufferString(text)`."""
    made = text.builder(ask)
    return None if made is None else Outcome(_replace(made.result, names=("bytes.Buffer()",)))


_ASKS: Final[dict[str, Callable[..., object]]] = {
    "Contains": lambda one, other: other in one,
    "HasPrefix": str.startswith,
    "HasSuffix": str.endswith,
    "Index": str.find,
}
CALLS: Final[dict[str, Model]] = {
    **{f"strings.{name}": _given(text.asks(function)) for name, function in _ASKS.items()},
    **{f"bytes.{name}": _given(text.asks(function)) for name, function in _ASKS.items()},
    **dict.fromkeys(
        (
            "strings.ContainsAny", "strings.ContainsRune", "strings.LastIndex", "strings.IndexByte", "strings.IndexAny",
            "strings.Count",
            "strings.Compare", "bytes.Equal", "bytes.Compare", "bytes.Contains", "unicode.IsDigit", "unicode.IsLetter",
            "unicode.IsSpace",
            "utf8.RuneCountInString", "unicode.utf8.RuneCountInString", "utf8.ValidString", "path.filepath.IsAbs",
            "crypto.subtle.ConstantTimeCompare",
            "hmac.Equal", "crypto.hmac.Equal", "reflect.DeepEqual", "time.Now", "time.Since", "math.Abs", "math.Pow", "cap",
        ),
        harmless,
    ),
    "strings.EqualFold": _given(text.asks(lambda one, other: one.lower() == other.lower())),
    "strings.ToLower": _given(text.same_text(str.lower, on_parts=True)),
    "strings.ToUpper": _given(text.same_text(str.upper, on_parts=True)),
    "strings.Title": _given(text.same_text(_title)),
    "strings.TrimSpace": _given(text.same_text(str.strip)),
    "strings.Trim": _given(text.same_text(_trim)),
    "strings.TrimLeft": _given(text.same_text(str.lstrip)),
    "strings.TrimRight": _given(text.same_text(str.rstrip)),
    "strings.TrimPrefix": _given(text.same_text(str.removeprefix)),
    "strings.TrimSuffix": _given(text.same_text(str.removesuffix)),
    "strings.ToValidUTF8": _given(text.same_text()),
    "strings.Clone": first_argument,
    "bytes.TrimSpace": _given(text.same_text(str.strip)),
    "bytes.ToLower": _given(text.same_text(str.lower, on_parts=True)),
    "bytes.ToUpper": _given(text.same_text(str.upper, on_parts=True)),
    "strings.Split": _given(text.pieces(lambda one, other: one.split(other) if other else list(one))),
    "strings.SplitN": _given(text.pieces(lambda one, other, count: one.split(other,
        count - 1) if other and count > 0 else None)),
    "strings.SplitAfter": _given(text.pieces()),
    "strings.Fields": _given(text.pieces(str.split)),
    "strings.FieldsFunc": _given(text.pieces()),
    "bytes.Split": _given(text.pieces()),
    "strings.Cut": _cut,
    "strings.Join": text.join_given,
    "bytes.Join": text.join_given,
    "strings.Repeat": text.repetition_given,
    "strings.ReplaceAll": text.replace_given,
    "strings.Replace": _replaced,
    "strings.NewReplacer": _replacer,
    "strings.Replacer().Replace": _replaced_all,
    "strings.Map": lambda ask: Outcome(text.part_of(ask.args[1])) if len(ask.args) > 1 else None,
    **dict.fromkeys(("strings.NewReader", "bytes.NewReader"), first_argument),
    **dict.fromkeys(("bytes.NewBufferString", "bytes.NewBuffer"), _named_builder),
    "fmt.Sprintf": text.percent_format(),
    "fmt.Sprint": text.shown_together,
    "fmt.Sprintln": text.shown_apart("\n"),
    "fmt.Errorf": _error_format,
    "fmt.Appendf": text.percent_format(1),
    **dict.fromkeys(("fmt.Fprintf", "fmt.Fprint", "fmt.Fprintln"), _write_format),
    "errors.New": _error,
    "strconv.Atoi": with_error(numbers.converted(numbers.whole)),
    **dict.fromkeys(("strconv.ParseInt", "strconv.ParseUint", "strconv.ParseFloat"), with_error(numbers.counted)),
    "strconv.ParseBool": with_error(harmless),
    **dict.fromkeys(
        ("strconv.Itoa", "strconv.FormatInt", "strconv.FormatUint", "strconv.FormatFloat", "strconv.FormatBool"),
        lambda ask: Outcome(text.kept(ask.args[0]) if ask.args and ask.args[0].constant else HARMLESS_TEXT),
    ),
    "strconv.Quote": first_argument,
    "strconv.Unquote": with_error(first_argument),
    "slices.Contains": members.contains_given,
    **dict.fromkeys(("slices.Index", "slices.IndexFunc", "slices.ContainsFunc", "slices.Equal"), harmless),
    **dict.fromkeys(("slices.Clone", "maps.Clone", "slices.Clip", "slices.Collect", "slices.Values"), first_argument),
    **dict.fromkeys(("slices.Sort", "slices.SortFunc", "slices.Reverse", "sort.Strings", "sort.Slice", "sort.Ints"),
        _sorted),
    **dict.fromkeys(("slices.Sorted", "slices.Compact", "slices.DeleteFunc"), lists.reordered),
    **dict.fromkeys(("slices.Max", "slices.Min"), members.next_of),
    "slices.Concat": members.chained,
    "maps.Keys": dicts.with_given(keys_of),
    "maps.Values": dicts.with_given(values_of),
    "append": _append,
    "copy": _copy,
    "delete": _delete,
    "clear": _clear_given,
    "make": _made,
    "len": members.size_given,
    "net.ParseIP": harmless,
    "max": numbers.calculated(max),
    "min": numbers.smallest,
    "math.Floor": numbers.calculated(math.floor),
    "math.Ceil": numbers.calculated(math.ceil),
    **dict.fromkeys(("path.Join", "path.filepath.Join", "filepath.Join"), _joined_path),
    **dict.fromkeys(("regexp.MustCompile", "regexp.MustCompilePOSIX"), _regex),
    "regexp.Compile": with_error(_regex),
    "regexp.QuoteMeta": first_argument,
    **dict.fromkeys(("regexp.MatchString", "regexp.Match"), with_error(harmless)),
    **dict.fromkeys(
        ("encoding.base64.StdEncoding.EncodeToString", "encoding.base64.URLEncoding.EncodeToString",
            "encoding.base64.RawURLEncoding.EncodeToString"), of_all
    ),
    **dict.fromkeys(
        (
            "encoding.base64.StdEncoding.DecodeString", "encoding.base64.URLEncoding.DecodeString",
            "encoding.base64.RawURLEncoding.DecodeString",
            "encoding.hex.DecodeString",
        ),
        with_error(of_all),
    ),
    **dict.fromkeys(
        ("net.url.QueryUnescape", "net.url.PathUnescape", "net.url.JoinPath", "path.filepath.Abs",
            "path.filepath.EvalSymlinks"),
        with_error(of_all),
    ),
    "encoding.json.Marshal": with_error(stores.json_write),
    **dict.fromkeys(
        ("crypto.sha256.Sum256", "crypto.sha1.Sum", "crypto.md5.Sum", "crypto.sha512.Sum512",
            "encoding.hex.EncodeToString"), harmless_named
    ),
    **dict.fromkeys(("time.Parse", "time.ParseDuration", "github.com.google.uuid.Parse", "net.netip.ParseAddr"),
        with_error(harmless)),
    **dict.fromkeys(("github.com.google.uuid.New", "github.com.google.uuid.NewString"), harmless_named),
}  # fmt: skip


def _write(ask: Ask) -> Outcome | None:
    """`builder.WriteString(text)`; gives a count and an error."""
    grown = text.write(ask)
    return None if grown is None else Outcome(make_list([HARMLESS, NULL]), grown.receiver)


METHODS: Final[Methods] = {
    **dict.fromkeys(("WriteString", "WriteByte", "WriteRune", "Write"), only(_write, "builder")),
    "String": {"builder": text.content, "text": text.same_text()},
    "Bytes": only(text.content, "builder"),
    "Len": only(harmless, "builder"),
    "Grow": only(numbers.nothing, "builder"),
    "Reset": only(text.set_length, "builder"),
    "Truncate": only(text.set_length, "builder"),
    **dict.fromkeys(("MatchString", "Match"), only(harmless, "regex")),
    **dict.fromkeys(("ReplaceAllString", "ReplaceAllLiteralString", "ReplaceAll"), only(_substituted, "regex")),
    **dict.fromkeys(("FindString", "Find"), only(_found, "regex")),
    **dict.fromkeys(("FindStringSubmatch", "FindAllString", "Split"), only(_found_all, "regex")),
}  # fmt: skip
TABLES: Final = Tables(CALLS, METHODS, KINDS)
