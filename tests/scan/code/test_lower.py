"""What holds of every lowering, whatever the text: it ends, tells where things stand, and counts what it missed."""

import random
from collections.abc import Iterator
from importlib.util import find_spec
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clearance.scan.code import ir
from clearance.scan.code.lower import lower
from clearance.scan.code.lower.show import show
from clearance.scan.code.source import ENGINE_OF, Source

PRESENT = [name for name, file in ENGINE_OF.items() if find_spec(f"clearance.scan.code.lower.{file}")]


class Told(NamedTuple):
    """A node, how many expressions and statements lie around it, and the node that holds it."""

    node: ir.Node
    depth: int
    holder: ir.Node | None


def walked(module: ir.Module) -> Iterator[Told]:
    """Give every node of a module, with all bodies."""
    seen: set[int] = set()
    stack: list[tuple[object, int, ir.Node | None]] = [(module.body, 0, None)]
    stack += [(function, 0, None) for function in module.functions]
    counted = (ir.Arg, ir.Param, ir.Function, ir.ClassDef, ir.Case, ir.Handler, ir.Def, ir.ClassStatement, ir.Eval)
    while stack:
        one, depth, holder = stack.pop()
        if isinstance(one, tuple):
            stack.extend((each, depth, holder) for each in one)
        elif isinstance(one, ir.Node) and id(one) not in seen:
            seen.add(id(one))
            yield Told(one, depth, holder)
            below = depth if isinstance(one, counted) else depth + 1
            fields = [name for name in one.__struct_fields__ if name not in ("owner", "lower", "_body")]
            stack.extend((getattr(one, name), below, one) for name in fields)
            if isinstance(one, ir.Function):
                stack.append((one.body, below, one))


SNIPPETS = {
    "python": '''\
import os, a.b as c
from . import (d, e as f)

@app.route("/x")
async def g(a, *b, c: int = 1, **d) -> str:
    """Text."""
    x, *y = z = [1, 2.5, "ä", b"b", None, ...]
    for i, j in enumerate(y):
        if i < 2 <= j and not a or b: continue
        elif (n := len(x)) > 1: break
    else:
        raise ValueError(f"{a!r:>{n}} b {c}") from None
    try:
        with open(a) as h, b: return h.read()[1:2]
    except (KeyError, TypeError) as e: await log(e)
    finally: del x[0], y.z
    match a:
        case {"k": [v, *w], **r} | P(x=1) as q if v: yield {**r, v: w}
        case _: return lambda u, *t: (u if t else {s for s in t if s})

class C(B, metaclass=M):
    k: int = 1
    def __init__(self, v=k): self.v = v + 1 - 2 * 3
''',
    "javascript": """\
import d, { e as f } from "./x.js";
export default async function g(a, { b, c = 1 }, ...d) {
  let x = [1, 2.5, "ä", /a[/]b/g, null, undefined], { y, ...z } = a ?? {};
  for (const [i, j] of Object.entries(x)) { if (i < 2 && !j) continue; else if ((n = j)) break; }
  for (let i = 0; i < 3; i++) x[i] += `a ${b + c} c`;
  try { return await fetch(a?.b(), { method: "GET", ...d }); } catch ({ message }) { throw new Error(message); }
  finally { y(); }
  switch (a) { case 1: case "b": return (u, t = 2) => u ? t : { u }; default: do { y--; } while (y); }
}
class C extends B { #k = 1; static s = 2; constructor(v) { super(v); this.v = v; } get w() { return this.#k; }
  async *m() { yield* x; } }
tag`a${b}`; module.exports = { g, C };
""",
    "java": """\
package a.b;
import java.util.*;
import static x.Y.z;
@Controller
public class C<T extends B> extends D implements E {
  private static final String K = "ä" + 1;
  int[] f = {1, 2};
  C(int v) { this.v = v; }
  @GetMapping("/x") public String g(@RequestParam("q") String q, int... r) throws IOException {
    var x = new ArrayList<String>() {{ add(q); }};
    for (int i = 0; i < 3; i++) { if (i == 1 && !q.isEmpty()) continue; else x.add(r[i] + "a"); }
    for (String s : x) while (true) { break; }
    try (var in = open(q); var b = in) { return in.read(); } catch (A | B e) { throw new RuntimeException(e); }
    finally { log(); }
    switch (q) { case "a": case "b": return (String) q; default: x.forEach(y -> print(y)); }
    return switch (r.length) { case 1 -> q; case 2 -> { yield "b"; } default -> q == null ? "c" : String.valueOf(q); };
  }
  record R(int a, String b) {} enum F { A, B; } interface I { void m(); }
}
""",
    "go": """\
package a
import ( "net/http"; x "a.b/c/v2" )
type C struct { B; K int `json:"k"`; f func(a, b int) (string, error) }
func (c *C) G(w http.ResponseWriter, r *http.Request) (s string, err error) {
	x, ok := m["ä"].(string)
	var y []int = []int{1, 2, 3}
	for i, j := range y { if v := i; v < 2 && !ok { continue } else if j > 1 { break } }
	for i := 0; i < 3; i++ { y[i] += i*2 - 1 }
	defer func() { if e := recover(); e != nil { err = fmt.Errorf("a %v", e) } }()
	switch z := c.f.(type) { case int, string: return z, nil; default: go c.G(w, r) }
	select { case v := <-ch: ch <- v; default: }
	switch { case x == "a": fallthrough; case x == "b": goto end }
	p := &C{K: 1, B: B{}}
	*p = *c
end:
	return x[1:2], p.err
}
""",
}
SNIPPETS["typescript"] = (
    SNIPPETS["javascript"]
    + "type T<K> = { a: K } | null; enum E { A = 1 } function h(this: C, a?: string): a is string { return a! as any; }\n"
)
SNIPPETS["tsx"] = SNIPPETS["javascript"] + "const m = <A.B c={1} {...d}>text {e} <></></A.B>;\n"
DEEP = 5_000
_OPEN = {"python": "x = ", "go": "package a\nfunc f() { x = ", "java": "class A { void f() { x = "}
NESTED = {
    "brackets": "(" * DEEP + "a" + ")" * DEEP,
    "open brackets": "(" * DEEP,
    "lists": "[" * DEEP + "a" + "]" * DEEP,
    "braces": "{" * DEEP + "a" + "}" * DEEP,
    "calls": "f(" * DEEP + "a" + ")" * DEEP,
    "chain": "a" + ".b(c)" * DEEP,
    "indexes": "a" + "[0]" * DEEP,
    "sum": " + ".join(["a"] * DEEP),
    "sum and difference": "a" + " + a - a" * DEEP,
    "conditions": " && ".join(["a"] * DEEP),
    "choices": "a ? b : " * DEEP + "c",
    "denials": "!" * DEEP + "a",
    "elements": ", ".join(["a"] * DEEP),
    "arrows": "a => " * DEEP + "a",
    "else if": "if (a) { b } " + "else if (a) { b } " * 2_000,
    "ifs": "if (a) " * 2_000 + "b",
    "functions": "function f() { " * 2_000,
    "quotes": '"' * DEEP,
    "templates": "`${" * 5_000,
    "zeros": "\0" * DEEP,
}


@pytest.mark.parametrize("language", PRESENT)
@pytest.mark.parametrize("code", NESTED.values(), ids=NESTED.keys())
def test_whatever_is_nested_ends_and_is_bounded(language: str, code: str) -> None:
    module = lower(Source(_OPEN.get(language, "x = ") + code, language))
    deepest = max((told.depth for told in walked(module)), default=0)
    assert deepest <= 2 * ir.MAX_DEPTH


@pytest.mark.parametrize("language", PRESENT)
def test_all_of_a_plain_text_is_understood(language: str) -> None:
    module = lower(Source(SNIPPETS[language], language))
    show(module)
    assert module.coverage.opaque == {}
    assert module.coverage.nodes > 100
    assert module.coverage.share == 1.0


@pytest.mark.parametrize("language", PRESENT)
def test_what_is_not_understood_is_counted(language: str) -> None:
    module = lower(Source("@@@ ) ] = = $$ ((", language))
    show(module)
    assert module.coverage.share < 1.0


@pytest.mark.parametrize("language", PRESENT)
def test_the_same_text_gives_the_same(language: str) -> None:
    first, second = (lower(Source(SNIPPETS[language], language)) for _ in range(2))
    assert show(first) == show(second)


@pytest.mark.parametrize("language", PRESENT)
def test_an_empty_text_is_an_empty_module(language: str) -> None:
    module = lower(Source("", language))
    assert (module.body, module.functions, module.coverage.share) == ((), (), 1.0)


def _check_spans(module: ir.Module, size: int) -> None:
    for told in walked(module):
        assert 0 <= told.node.at <= told.node.end <= size, told.node
    starts = [function.at for function in module.functions]
    assert starts == sorted(starts)


@pytest.mark.parametrize("language", PRESENT)
def test_a_body_lies_within_its_function(language: str) -> None:
    module = lower(Source(SNIPPETS[language], language))
    _check_spans(module, len(SNIPPETS[language].encode()))
    functions = [told.node for told in walked(module) if isinstance(told.node, ir.Function) and told.node.name_at >= 0]
    assert functions
    for function in functions:
        for statement in function.body:
            assert function.at <= statement.at <= statement.end <= function.end


@pytest.mark.parametrize("language", PRESENT)
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_broken_text_never_stops_a_lowering(language: str, data: st.DataObject) -> None:
    """Texts that are cut, with pieces left out, doubled or moved, and with foreign characters in them."""
    text = SNIPPETS[language]
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 60)))
        piece = data.draw(st.one_of(
            st.just(""), st.just(text[start:end] * 2), st.text(max_size=8),
            st.sampled_from([*"(){}[\"'\\\n\0\ud800é`#:", "${", "/*", "=>"]),
        ))  # fmt: skip
        text = text[:start] + piece + text[end:]
    source = Source(text, language)
    module = lower(source)
    show(module)
    _check_spans(module, len(source.data))
    assert 0.0 <= module.coverage.share <= 1.0
    assert show(lower(Source(text, language))) == show(module)


@pytest.mark.parametrize("language", PRESENT)
def test_shuffled_lines_never_stop_a_lowering(language: str) -> None:
    lines = SNIPPETS[language].splitlines(keepends=True)
    rng = random.Random(7)
    for _ in range(20):
        rng.shuffle(lines)
        source = Source("".join(lines) * 2, language)
        _check_spans(lower(source), len(source.data))
