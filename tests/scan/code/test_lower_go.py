"""Go as IR."""

from collections import Counter

import pytest

from clearance.scan.code import ir
from clearance.scan.code.lower import lower
from clearance.scan.code.lower.go_words import implied_imports, package_alias, package_path
from clearance.scan.code.lower.show import show
from clearance.scan.code.source import Source


def shown(code: str) -> str:
    return show(lower(Source(code, "go"))).rstrip("\n")


def in_function(code: str) -> str:
    """Lower statements of a function and show them without the function."""
    lines = shown(f'package p\nimport _ "x"\nfunc F() {{\n{code}\n}}').split("\n")[2:]
    return "\n".join(line[2:] for line in lines)


EXPRESSIONS = [
    # literals
    (r'"a\tb\u00e9\x41\101\U0001F600"', repr("a\tb\u00e9AA\U0001f600")),
    (r'"\""', repr('"')),
    (r"`raw\n`", repr("raw\\n")),
    ('""', "''"),
    ("'a'", "97"),
    (r"'\n'", "10"),
    (r"'\x41'", "65"),
    ("'é'", "233"),
    ("0x1F", "31"),
    ("0b11", "3"),
    ("0o17", "15"),
    ("017", "15"),
    ("1_000", "1000"),
    ("1.5e3", "1500.0"),
    ("0x1p4", "16.0"),
    ("2i", "..."),
    ("9" * 400, "..."),
    ("-1", "-1"),
    ("true", "True"),
    ("nil", "None"),
    # operators
    ("a + b + c - d", "((a + b + c) - d)"),
    ("a && b && c || !d", "((a and b and c) or (not d))"),
    ("a == b", "(a == b)"),
    ("^a", "(~ a)"),
    ("a &^ b", "(a & (~ b))"),
    ("7 / 2", "(7 // 2)"),
    ("7.0 / 2", "(7.0 / 2)"),
    ("float64(a) / b", "(float64(a) / b)"),
    ("<-ch", "(receive ch)"),
    ("&a", "(& a)"),
    ("*a", "(* a)"),
    ("((a))", "a"),
    # reading
    ("a.b[c].d", "a.b[c].d"),
    ("a[1:2:3]", "a[1:2]"),
    ("a[:n]", "a[:n]"),
    ("a.(string)", "(assert string a)"),
    # calls and conversions
    ("f(a, b...)", "f(a, *b)"),
    ("f[int](a)", "f(a)"),
    ("p.f[int, string](a, b)", "p.f(a, b)"),
    ("handlers[key](a)", "handlers[key](a)"),
    ("string(a)", "(cast string a)"),
    ("[]byte(a)", "(cast [][byte] a)"),
    ("int32(a)", "int32(a)"),
    ("template.HTML(a)", "template.HTML(a)"),
    ("(*T)(a)", "(cast T a)"),
    ("append(a, b, c...)", "list(*a, b, *c)"),
    ("make(map[string]int)", "{}"),
    ("make([]int, 0)", "list()"),
    ("make([]int, n)", "make([][int], n)"),
    ("new(p.T)", "p.T{}"),
    # composite literals
    ('[]string{a, "b"}', "list(a, 'b')"),
    ("[...]int{1, 2}", "list(1, 2)"),
    ('map[string]int{a: 1, "b": 2}', "{a: 1, 'b': 2}"),
    ("http.Cookie{Name: a}", "http.Cookie{'Name': a}"),
    ("&http.Cookie{Name: a}", "http.Cookie{'Name': a}"),
    ('gin.H{"a": b}', "gin.H{'a': b}"),
    ("url.Values{key: b}", "url.Values{key: b}"),
    ("[]http.Cookie{{Name: a}}", "list(http.Cookie{'Name': a})"),
    ('map[string][]int{"a": {1, 2}}', "{'a': list(1, 2)}"),
    ("struct{ a, b int }{1, 2}", "{'a': 1, 'b': 2}"),
    ("T[int]{1}", "T{0: 1}"),
]


@pytest.mark.parametrize(("code", "expected"), EXPRESSIONS)
def test_expressions(code: str, expected: str) -> None:
    assert in_function(f"x = {code}") == f"x = {expected}"


STATEMENTS = r"""
> a, b := 1, "x"
let tuple(a, b) = tuple(1, 'x')

> a, err := f()
let tuple(a, err) = f()

> a, b = b, a
tuple(a, b) = tuple(b, a)

> _ = f()
f()

> v, ok := m[k]
let ok = (k in m)
let v = m[k]

> _, ok = x.(T)
ok = (x instanceof T)

> v, ok := <-ch
let ok = ?open(ch)
let v = (receive ch)

> a += 1; a &^= b; a++; b--
a += 1
a &= (~ b)
a += 1
b -= 1

> *p = 1; *p.q, (a) = f()
p = 1
tuple(p.q, a) = f()

> var a string; var b []int; var c map[string]int; var d bool; var e *T; var f, g = 1, 2; var h http.Client; var i error
let a: string = ''
let b: [][int] = list()
let c: map[tuple(string, int)] = {}
let d: bool = False
let e: T
let tuple(f, g) = tuple(1, 2)
let h: http.Client
let i: error = None

> const ( A = iota + 1; B; C ); const D, E = "d", iota
let A = (0 + 1)
let B = (1 + 1)
let C = (2 + 1)
let tuple(D, E) = tuple('d', 0)

> if a, err := f(); err != nil { g() } else if b { h() } else { i() }
scope:
  let tuple(a, err) = f()
  if (err != None):
    g()
  elif b:
    h()
  else:
    i()

> if a { } else if b := f(); b { g() }
if a:
else:
  scope:
    let b = f()
    if b:
      g()

> for i := 0; i < 3; i++ { continue }
scope:
  let i = 0
  for (i < 3):
    continue
  step:
    i += 1

> for { break }
while True:
  break

> for a { }
while a:

> for k, v := range m { } ; for i := range 10 { } ; for range ch { }
each pairs tuple(k, v) in m:
each keys i in 10:
each keys  in ch:

> switch a := f(); a { case 1, 2: g(); fallthrough; case 3: h(); default: i() }
scope:
  let a = f()
  switch a:
  case 1, 2 falls:
    g()
  case 3:
    h()
  default:
    i()

> switch { default: h(); case a, b: f(); case c: g() }
if (a or b):
  f()
elif c:
  g()
else:
  h()

> switch { case a: break; default: f() }
switch True:
default if a:
  break
default:
  f()

> switch v := x.(type) { case int, *T: f(v); case string: g(v); case nil: h() }
scope:
  let v = x
  if ((v instanceof int) or (v instanceof T)):
    f(v)
  elif (v instanceof string):
    let v = (assert string v)
    g(v)
  elif (v == None):
    h()

> select { case v := <-a: f(v); case b <- 1: g(); default: }
switch:
default if ?ready():
  let v = (receive a)
  f(v)
default if ?ready():
  b.send(1)
  g()
default:

> defer f(a); go func() { g() }()
defer f(a)
go <function () 1 statements>()

> L: for { for { continue L } }
scope L:
  while True:
    while True:
      continue L

> goto L
goto L

> { a := 1 }
scope:
  let a = 1

> delete(m, k)
delete m[k]

> ch <- a
ch.send(a)

> f := func(a int, b ...string) error { return nil }
let f = <f (a: int, *b: string) None>

> type T struct { a int }; type U = p.V
struct T():
  let a: int
let U = p.V

> return a, b
return tuple(a, b)
"""
FILES = r"""
> package p
> import ("fmt"; m "math/rand"; . "strings"; _ "net/http/pprof"; "github.com/go-chi/chi/v5"; "gopkg.in/yaml.v3")
import fmt
import math.rand as m
from strings import *
import net.http.pprof as _
import github.com.go-chi.chi as chi
import gopkg.in.yaml as yaml

> package p
> import "x/y"
> type S[T any] struct { *Base; p.Other; a, b int `json:"a"` }
> func (s *S[T]) Get(k string) T { return s.a }
> func (s S[T]) set() {}
import x.y as y
struct S(Base, p.Other):
  @'json:"a"' let a: int
  @'json:"a"' let b: int
  def Get(self s: S, k: string) -> T:
    return s.a
  private def set(self s: S):

> package p
> import "x"
> func (e *Elsewhere) A() {}
> func (e *Elsewhere) B() {}
import x
methods Elsewhere():
  def A(self e: Elsewhere):
  def B(self e: Elsewhere):

> package p
> import "x"
> type I interface { M(a int) error; io.Reader }
> type H func(string)
> type N string
> var n = N(a)
import x
interface I(io.Reader):
  abstract def M(a: int) -> error:
type H(func):
type N(string):
let n = (cast N a)

> package p
> import "x"
> func F(a, b int, _ string, rest ...[]byte) (n int, err error) { n = 1; return }
> func g() (s string) { return }
import x
def F(a: int, b: int, : string, *rest: [][byte]) -> tuple(int, error):
  let n: int = 0
  let err: error = None
  n = 1
  return tuple(n, err)
private def g() -> tuple(string):
  let s: string = ''
  return s

> type P struct { x, y int }
> var a = P{1, 2}
> var b = []P{{1, 2}, {x: 3}}
> var c = &P{y: z}
struct P():
  let x: int
  let y: int
let a = P{'x': 1, 'y': 2}
let b = list(P{'x': 1, 'y': 2}, P{'x': 3})
let c = P{'y': z}
"""


def cases(text: str) -> list[tuple[str, str]]:
    found = []
    for piece in text.strip("\n").split("\n\n"):
        lines = piece.split("\n")
        code = "\n".join(line[2:] for line in lines if line.startswith("> "))
        found.append((code, "\n".join(line for line in lines if not line.startswith("> "))))
    return found


@pytest.mark.parametrize(("code", "expected"), cases(STATEMENTS))
def test_statements(code: str, expected: str) -> None:
    assert in_function(code) == expected


@pytest.mark.parametrize(("code", "expected"), cases(FILES))
def test_files(code: str, expected: str) -> None:
    assert shown(code) == expected


def test_methods_belong_to_their_struct_and_stand_in_the_order_of_the_text() -> None:
    module = lower(Source("package p\nfunc (t T) b() {}\nfunc a() {}\ntype T struct{}\nfunc (t *T) C() {}", "go"))
    assert module.package == "p"
    assert [one.name for one in module.functions] == ["b", "a", "C"]
    assert [one.owner.name if one.owner else "" for one in module.functions] == ["T", "", "T"]
    assert [one.public for one in module.functions] == [False, False, True]


def test_a_name_says_where_it_stands() -> None:
    code = "package p\n// é\nfunc Handle() {}"
    (function,) = lower(Source(code, "go")).functions
    assert code.encode()[function.name_at :].startswith(b"Handle()")


def test_bodies_are_lowered_when_asked_for() -> None:
    module = lower(Source("package p\nfunc f() { a(); b(); c() }", "go"))
    before = module.coverage.nodes
    assert len(module.functions[0].body) == 3
    assert module.coverage.nodes > before


def test_broken_code_keeps_what_can_be_read() -> None:
    module = lower(Source("package p\nfunc f() {\n\ta(1)\n\tx := := 3\n\tb(2)\n}\nfunc g() { c(3) }", "go"))
    text = show(module)
    assert "a(1)" in text
    assert "b(2)" in text
    assert "c(3)" in text
    assert module.coverage.opaque


def test_nothing_of_a_usual_file_is_opaque() -> None:
    code = "package p\n" + "\n".join(
        f"func f{number}() {{\n{code}\n}}" for number, (code, _) in enumerate(cases(STATEMENTS))
    )
    module = lower(Source(code, "go"))
    show(module)
    assert module.coverage.opaque == {}
    assert module.coverage.share == 1


@pytest.mark.parametrize(
    "code",
    [
        "x := " + "(" * 9000 + "1" + ")" * 9000,
        "x := " + "a" + "+b-c" * 9000,
        "x := a" + ".b()" * 9000,
        "x := a" + "[0]" * 9000,
        "x := " + "!" * 9000 + "a",
        "x := " + "f(" * 9000 + ")" * 9000,
        "x := " + "[]T{" * 3000 + "}" * 3000,
        "{" * 9000 + "}" * 9000,
        "if a {" * 5000 + "}" * 5000,
        "if a {}" + " else if b := c; b { d() }" * 5000,
        "f := func() {" * 1500 + "}" * 1500,
        "var x " + "[]" * 9000 + "int",
        "var x " + "*" * 9000 + "int",
        "L: " * 3000 + "x()",
        "x := " + "<-" * 9000 + "a",
    ],
)
def test_what_lies_too_deep_is_cut_off(code: str) -> None:
    module = lower(Source(f"package p\nfunc f() {{ {code} }}", "go"))
    assert depth_of(module.body) <= 3 * ir.MAX_DEPTH


def test_long_is_not_deep() -> None:
    chain = " + ".join(["a"] * 5000)
    branches = "if a { b() }" + " else if c { d() }" * 2000
    cases = "\n".join(f"case {number}: a()" for number in range(2000))
    module = lower(Source(f"package p\nfunc f() {{ x := {chain}\n{branches}\nswitch x {{\n{cases}\n}}\n}}", "go"))
    _, branched, switched = module.functions[0].body
    assert isinstance(branched, ir.If)
    assert len(branched.branches) == 2001
    assert isinstance(switched, ir.Switch)
    assert len(switched.cases) == 2000
    assert module.coverage.opaque == {}


def depth_of(body: object) -> int:
    """Walk everything, bodies of functions included, without recursion."""
    deepest = 0
    stack: list[tuple[object, int]] = [(body, 0)]
    while stack:
        node, depth = stack.pop()
        deepest = max(deepest, depth)
        if isinstance(node, tuple):
            stack.extend((one, depth) for one in node)
        elif isinstance(node, ir.Node):
            fields = [getattr(node, name) for name in node.__struct_fields__ if name not in {"owner", "lower"}]
            stack.extend((one, depth + 1) for one in fields)
            if isinstance(node, ir.Function):
                stack.append((node.body, depth + 1))
    return deepest


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\ufeffpackage p",
        "\x00\x00",
        "func",
        "package",
        "{{{}}}))((",
        "type T struct {",
        "func f(",
        'import "',
        "var x = `",
    ],
)
def test_any_text_can_be_lowered(text: str) -> None:
    show(lower(Source(text, "go")))


def test_two_lowerings_say_the_same() -> None:
    code = "\n".join(code for code, _ in cases(FILES))
    assert shown(code) == shown(code)


@pytest.mark.parametrize(
    ("path", "dotted"),
    [
        ("net/http", "net.http"),
        ("github.com/labstack/echo/v4/middleware", "github.com.labstack.echo.middleware"),
        ("gopkg.in/yaml.v3", "gopkg.in.yaml"),
        ("k8s.io/api/core/v1", "k8s.io.api.core.v1"),
        ("./store", ".store"),
        ("../store", "..store"),
    ],
)
def test_paths_of_packages_are_dotted(path: str, dotted: str) -> None:
    assert package_path(path) == dotted


@pytest.mark.parametrize(
    ("path", "text", "alias"),
    [
        ("net.http", "", "http"),
        ("github.com.golang-jwt.jwt", "", "jwt"),
        ("github.com.mattn.go-sqlite3", "", "sqlite3"),
        ("github.com.nats-io.nats.go", "", "nats"),
        ("github.com.segmentio.kafka-go", "", "kafka"),
        ("github.com.openai.openai-go", "", "openai"),
        ("github.com.hashicorp.go-retryablehttp", "", "retryablehttp"),
        ("github.com.hashicorp.golang-lru", "", "lru"),
        ("example.com.two-words", "x := words.New()", "words"),
        ("example.com.two-words", "x := two_words.New()", "two_words"),
    ],
)
def test_packages_are_called_as_the_file_calls_them(path: str, text: str, alias: str) -> None:
    assert package_alias(path, text.encode()) == alias


def test_a_snippet_imports_what_it_names() -> None:
    assert implied_imports(b"http.Get(u); x.Y(); rand.Int()") == {"http": "net.http", "rand": "math.rand"}
    assert implied_imports(b"rand.Int(rand.Reader, n)") == {"rand": "crypto.rand"}
    imports = Counter(line for line in shown("func f() { exec.Command(a) }").split("\n") if line.startswith("import"))
    assert imports == {"import os.exec as exec": 1}
    assert "import" not in shown('package p\nimport "fmt"\nfunc f() { exec.Command(a) }').replace("import fmt", "")
