"""Java as IR."""

import pytest

from clearance.scan.code import ir
from clearance.scan.code.lower import lower
from clearance.scan.code.lower.show import show, show_block
from clearance.scan.code.source import Source


def lowered(code: str) -> ir.Module:
    return lower(Source(code, "java"))


def body(code: str) -> str:
    """Lower statements of a method."""
    module = lowered("class Host { void run() {\n" + code + "\n} }")
    assert module.coverage.opaque == {}, module.coverage.opaque
    return show_block(module.functions[0].body).rstrip("\n")


def value(code: str) -> str:
    """Lower an expression."""
    return body(f"x[0] = {code};").removeprefix("x[0] = ")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (r'"a\tb\"\101é\u00e9\uu0041"', repr('a\tb"Aéé' + "A")),
        (r'"\uD83D\uDE00"', repr("\U0001f600")),
        (r'"\uD83D"', repr("\ufffd")),
        ('""', "''"),
        (r"'a'", "'a'"),
        (r"'\n'", repr("\n")),
        ("0x1F", "31"),
        ("0b101L", "5"),
        ("017", "15"),
        ("0", "0"),
        ("1_000L", "1000"),
        ("1.5f", "1.5"),
        (".5e3", "500.0"),
        ("1e2d", "100.0"),
        ("0x1p3", "8.0"),
        ("9" * 500, "..."),
        ("-1", "-1"),
        ("true", "True"),
        ("null", "None"),
        ('"""\n    a\n      b \\\n    c\\t\n    """', repr("a\n  b c\t\n")),
        ('"""\n    a"""', repr("a")),
    ],
)
def test_literals(code: str, expected: str) -> None:
    assert value(code) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("a + b + c - d", "((a + b + c) - d)"),
        ("a + (b + c)", "(a + (b + c))"),
        ('"a" + 1 + b', "('a' + 1 + b)"),
        ("a && b && c || !d", "((a and b and c) or (not d))"),
        ("a >>> 2", "(a >> 2)"),
        ("a == b", "(a == b)"),
        ("a ? b : c", "(a ? b : c)"),
        ("++a", "(a +:= 1)"),
        ("a++", "((a +:= 1) - 1)"),
        ("(b = c) + 1", "((b := c) + 1)"),
        ("(String) a", "(cast String a)"),
        ("(A & B) a", "(cast A a)"),
        ("a instanceof B", "(a instanceof B)"),
        ("a instanceof B b && b.c()", "(((a instanceof B) and (b := (cast B a))) and b.c())"),
        ("a.b() instanceof B b", "((b := (cast B a.b())) instanceof B)"),
        ("a.b.c(d)[e].f", "a.b.c(d)[e].f"),
        ("a.<T>b(c)", "a.b(c)"),
        ("f(/* why */ a, b)", "f(a, b)"),
        ("Outer.this.a()", "Outer.this.a()"),
        ("super.a(b)", "super.a(b)"),
        ("Outer.super.a(b)", "super.a(b)"),
        ("String.class", "String.class"),
        ("int[].class", "Array[int].class"),
        ("new ArrayList<String>(a)", "new ArrayList(a)"),
        ("new a.b.C()", "new a.b.C()"),
        ("outer.new Inner(a)", "new Inner(a)"),
        ('new String[] {"a", b}', "list('a', b)"),
        ("new int[][] {{1}, {2}}", "list(list(1), list(2))"),
        ("new byte[n]", "new Array.byte(n)"),
        ("new int[n][2]", "new Array.int(n, 2)"),
        ("a -> b", "<(a) b>"),
        ("(a, b) -> a + b", "<(a, b) (a + b)>"),
        ("(String a) -> a", "<(a: String) a>"),
        ("A::b", "A.b"),
        ("this::b", "this.b"),
        ("A::new", "A"),
        ("List<String>::size", "List.size"),
    ],
)
def test_expressions(code: str, expected: str) -> None:
    assert value(code) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("int a = 1, b[] = c, d;", "let a: int = 1\nlet b: Array[int] = c\nlet d: int"),
        ("var a = b;", "let a = b"),
        ("final Map<String, List<A>> a = b;", "let a: Map[tuple(String, List[A])] = b"),
        ("@Ann(1) String a;", "@Ann(1) let a: String"),
        ("a = b = c;", "b = c\na = b"),
        ("a[0] += b;", "a[0] += b"),
        ("a >>>= 1;", "a >>= 1"),
        ("i++; --j;", "i += 1\nj -= 1"),
        ("if (a) b(); else if (c) { d(); } else e();", "if a:\n  b()\nelif c:\n  d()\nelse:\n  e()"),
        ("assert a : b;", "assert a, b"),
        ("throw new A(b);", "raise new A(b)"),
        ("return;", "return"),
        ("{ a(); }", "scope:\n  a()"),
        ("synchronized (a) { b(); }", "scope:\n  a\n  b()"),
    ],
)
def test_statements(code: str, expected: str) -> None:
    assert body(code) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("while (a) b();", "while a:\n  b()"),
        ("do { b(); } while (a);", "until a:\n  b()"),
        (
            "for (int i = 0, j = 1; i < 2; i++, j--) a();",
            """
let i: int = 0
let j: int = 1
for (i < 2):
  a()
step:
  i += 1
  j -= 1
""",
        ),
        (
            "for (;;) { break; }",
            """
for:
  break
""",
        ),
        (
            "for (String a : b) c(a);",
            """
each a in b:
  c(a)
""",
        ),
        (
            "for (Cookie a : b) c(a);",
            """
each a in b:
  let a: Cookie = a
  c(a)
""",
        ),
        (
            "x: for (;;) { continue x; }",
            """
scope x:
  for:
    continue x
""",
        ),
    ],
)
def test_loops(code: str, expected: str) -> None:
    assert body(code) == expected.strip("\n")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (
            "try (A a = b(); c) { d(); }",
            """
with b() as a, c:
  let a: A = a
  d()
""",
        ),
        (
            "try (A a = new A()) { d(); } catch (B | C e) { f(e); } finally { g(); }",
            """
try:
  with new A() as a:
    d()
catch B, C as e:
  f(e)
finally:
  g()
""",
        ),
        (
            "try { a(); } catch (B e) { }",
            """
try:
  a()
catch B as e:
""",
        ),
        (
            "switch (a) { case 1: case 2: b(); break; case X: c(); default: d(); }",
            """
switch a:
case 1 falls:
case 2:
  b()
case X falls:
  c()
default falls:
  d()
""",
        ),
        (
            "switch (a) { case 1, 2 -> b(); case null, default -> { c(); } }",
            """
switch a:
case 1, 2:
  b()
default:
  c()
""",
        ),
        (
            "switch (a) { case B b when b.c() -> d(b); case P(int x, var y) -> e(x); case Q(R(var z)) -> f(z); }",
            """
switch a:
case B as b if b.c():
  let b: B = b
  d(b)
case P as tuple(x, y):
  let x: int = x
  e(x)
case Q as tuple(tuple(z)):
  f(z)
""",
        ),
        (
            'String s = switch (a) { case 1 -> "x"; default -> { b(); yield c; } };',
            """
let s: String
switch a:
case 1:
  s = 'x'
default:
  b()
  s = c
""",
        ),
        (
            "return switch (a) { case 1 -> b; default -> throw new C(); };",
            """
switch a:
case 1:
  return b
default:
  raise new C()
""",
        ),
        (
            "return switch (a) { case 1: yield b; default: if (c) { yield d; } yield e; };",
            """
switch a:
case 1:
  return b
default:
  if c:
    return d
  return e
""",
        ),
        (
            "s = switch (a) { case 1 -> switch (b) { case 2 -> c; default -> d; }; default -> e; };",
            """
switch a:
case 1:
  switch b:
  case 2:
    s = c
  default:
    s = d
default:
  s = e
""",
        ),
        ("f(switch (a) { case 1 -> b; default -> c; });", "f(<function () 1 statements>())"),
    ],
)
def test_try_and_switch(code: str, expected: str) -> None:
    assert body(code) == expected.strip("\n")


def test_a_file() -> None:
    module = lowered(
        """
package com.example.shop;

import java.util.List;
import java.util.concurrent.*;
import static com.example.Tools.help;
import static com.example.Tools.*;

/** A class. */
@Entity(name = "orders", value = {"a", "b"})
public class Order extends Base<Order> implements Sized, java.io.Serializable {
    private static final String TABLE = "orders";
    @Id
    private long id;
    static {
        load();
    }

    public Order(long id) {
        super(TABLE);
        this.id = id;
    }

    @Override
    public <T> List<T> all(@Valid final List<T> given, int... more) throws Exception {
        return given;
    }

    private native void load();

    enum Kind { SMALL(1), LARGE(2) { int size() { return 3; } }; Kind(int n) { } }

    interface Sized { int LIMIT = 3; int size(); default boolean big() { return size() > LIMIT; } }
}
"""
    )
    assert module.package == "com.example.shop"
    assert module.coverage.opaque == {}
    assert [function.name for function in module.functions] == ["Order", "all", "load", "size", "Kind", "size", "big"]
    imports = [one for one in module.body if isinstance(one, ir.Import)]
    assert [(one.module, one.name, one.alias) for one in imports] == [
        ("java.util", "List", "List"),
        ("java.util.concurrent", "*", ""),
        ("com.example.Tools", "help", "help"),
        ("com.example.Tools", "*", ""),
    ]
    assert (
        show(module).split("from com.example.Tools import *\n")[-1].strip("\n")
        == """
@Entity(name='orders', value=list('a', 'b'))
class Order(Base, Sized, java.io.Serializable):
  let TABLE: String = 'orders'
  @Id let id: long
  scope static:
    this.load()
  enum Kind():
    let SMALL = new Kind(1)
    let LARGE = new Kind(2, <class >)
    constructor def Kind(n: int):
  interface Sized():
    let LIMIT: int = 3
    abstract def size() -> int:
    def big() -> boolean:
      return (this.size() > Sized.LIMIT)
  constructor def Order(id: long):
    super(Order.TABLE)
    this.id = id
  @Override
  def all(@Valid given: List[T], *more: int) -> List[T]:
    return given
  private abstract def load() -> void:
""".strip("\n")
    )


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("String a; void f() { g(a); }", "g(this.a)"),
        ("String a; void f() { this.a = a; }", "this.a = this.a"),
        ("String a; void f(String a) { this.a = a; }", "this.a = a"),
        ("static String a; void f() { g(a); }", "g(Host.a)"),
        ("String a; void f() { { String a; g(a); } g(a); }", "scope:\n  let a: String\n  g(a)\ng(this.a)"),
        ("String a; void f() { String a = a; g(a); }", "let a: String = this.a\ng(a)"),
        ("String a; void f() { g(a -> a); }", "g(<(a) a>)"),
        ("String a; void f() { for (String a : b) g(a); g(a); }", "each a in b:\n  g(a)\ng(this.a)"),
        ("String a; void f() { try { } catch (E a) { g(a); } g(a); }", "try:\ncatch E as a:\n  g(a)\ng(this.a)"),
        ("void f() { h(); k(); this.h(); } void h() { } static void k() { }", "this.h()\nHost.k()\nthis.h()"),
        ("void f() { String h = h(); g(h); } String h() { return null; }", "let h: String = this.h()\ng(h)"),
        ("void f() { unknown(missing); }", "unknown(missing)"),
    ],
)
def test_a_bare_name_may_be_a_member(code: str, expected: str) -> None:
    module = lowered("class Host { " + code + " }")
    function = next(one for one in module.functions if one.name == "f")
    assert show_block(function.body).rstrip("\n") == expected


def test_members_of_classes_around_and_of_bases() -> None:
    module = lowered(
        """
class Base { String base; String kept() { return base; } static int COUNT; }
class Outer extends Base {
    String own;
    static String shared;
    class Inner {
        String own2;
        void f() { g(own, shared, own2, base, COUNT); kept(); }
    }
    void h() {
        String local;
        new Runnable() { String mine; public void run() { g(own, mine, local); h(); } };
    }
}
"""
    )
    bodies = {function.name: show_block(function.body) for function in module.functions}
    assert bodies["f"] == "g(Outer.this.own, Outer.shared, this.own2, Outer.this.base, Base.COUNT)\nOuter.this.kept()\n"
    (made,) = [
        one.value
        for function in module.functions
        for one in function.body
        if isinstance(one, ir.Eval) and isinstance(one.value, ir.Call) and one.value.new
    ]
    body = made.args[0].value
    assert isinstance(body, ir.ClassValue)
    (run,) = body.definition.methods
    assert show_block(run.body) == "g(Outer.this.own, this.mine, local)\nOuter.this.h()\n"


def test_a_record_gets_what_nobody_wrote() -> None:
    module = lowered("record P(int a, String b) { P { check(a); } String b() { return null; } } record Q(int c) { }")
    p, q = [one.definition for one in module.body if isinstance(one, ir.ClassStatement)]
    assert [(method.name, sorted(method.flags)) for method in p.methods] == [("P", ["constructor"]), ("b", []), ("a", [])]
    assert show_block(p.methods[0].body) == "check(a)\nthis.a = a\nthis.b = b\n"
    assert show_block(p.methods[1].body) == "return None\n"
    assert show_block(p.methods[2].body) == "return (cast int this.a)\n"
    assert [(method.name, sorted(method.flags)) for method in q.methods] == [("Q", ["constructor"]), ("c", [])]
    assert show_block(q.methods[0].body) == "this.c = c\n"


def test_a_record_pattern_knows_the_components() -> None:
    module = lowered(
        "record P(int a, String b) { } class C { void f(Object o) { if (o instanceof P(int x, var y)) g(y); } }"
    )
    function = next(one for one in module.functions if one.name == "f")
    assert show_block(function.body).startswith("if ((o instanceof P) and ({'a': x, 'b': y} := (cast P o))):")


def test_main_takes_the_command_line() -> None:
    for code, marked in (
        ("class A { public static void main(String[] args) { } }", True),
        ("class A { public static void main(final String... args) { } }", True),
        ("class A { public void main(String[] args) { } }", False),
        ("class A { static void main(int n) { } }", False),
    ):
        (function,) = lowered(code).functions
        names = [one.id for one in function.params[0].decorators if isinstance(one, ir.Name)]
        assert (names == ["MainArguments"]) is marked, code


def test_methods_without_a_class_around() -> None:
    module = lowered("void f(String a) { g(a); } int n = 1; f(null);")
    assert [function.name for function in module.functions] == ["f"]
    assert module.coverage.opaque == {}


def test_what_others_can_call_is_public() -> None:
    module = lowered("class A { private void a() { } void b() { } protected void c() { } public void d() { } }")
    assert [function.public for function in module.functions] == [False, True, True, True]


@pytest.mark.parametrize(
    "code",
    [
        "class A { " * 3000,
        "class A { Object a = " + "new A() { Object a = " * 2000,
        "class A { Object a = " + "b -> " * 3000 + "c; }",
        "class A { List<" + "List<" * 3000 + "A" + ">" * 3001 + " a; }",
        "class A { @B(" + "@B(" * 3000 + ")" * 3001 + " int a; }",
        "class A { void f() { int a = " + "switch (b) { default -> " * 2000,
        "class A { void f() { if (a instanceof " + "P(" * 3000 + "int x" + ")" * 3001 + " { } }",
        "class A { void f() { a" + " = a" * 5000 + "; } }",
        "class A { void f() { " + "try { " * 2000 + "} } }",
        "class A { String a = " + "(" * 3000 + '"x"' + ")" * 3000 + "; }",
        "class A { int[]" + "[]" * 3000 + " a; }",
        "import " + "a." * 5000 + "b; class A extends " + "a." * 5000 + "B { }",
    ],
)
def test_nesting_is_bounded(code: str) -> None:
    module = lowered(code)
    stack: list[tuple[object, int]] = [(module.body, 0), *((function.body, 0) for function in module.functions)]
    deepest = 0
    seen = set()
    while stack:
        one, depth = stack.pop()
        deepest = max(deepest, depth)
        if isinstance(one, tuple):
            stack.extend((each, depth) for each in one)
        elif isinstance(one, ir.Node) and id(one) not in seen:
            seen.add(id(one))
            fields = [name for name in one.__struct_fields__ if name not in ("owner", "lower", "_body")]
            stack.extend((getattr(one, name), depth + 1) for name in fields)
            if isinstance(one, ir.Function):
                stack.append((one.body, depth))
    assert deepest < 4 * ir.MAX_DEPTH


def test_many_members_cost_no_more_than_they_should() -> None:
    fields = "".join(f"int f{number};" for number in range(4000))
    shadows = "".join(f"int f{number} = 1;" for number in range(4000))
    inner = "class I { void g() { f1(); } }" * 1500
    module = lowered("class A { " + fields + "void f() {" + shadows + "}" + inner + "}")
    assert sum(len(function.body) for function in module.functions) == 4000 + 1500


def test_what_a_method_of_numbers_returns_is_converted() -> None:
    module = lowered(
        "class A { int a() { return b(); } long c() { return switch (d) { default -> e(); }; } String f() { return g(); }"
        " int h() { return 1; } int i() { j(() -> { return k(); }); return l; } boolean m() { return n(); } }"
    )
    bodies = {function.name: show_block(function.body) for function in module.functions}
    assert bodies["a"] == "return (cast int b())\n"
    assert bodies["c"] == "switch d:\ndefault:\n  return (cast long e())\n"
    assert bodies["f"] == "return g()\n"
    assert bodies["h"] == "return 1\n"
    assert bodies["i"].endswith("return (cast int l)\n")
    assert "(cast int k())" not in bodies["i"]
    assert bodies["m"] == "return n()\n"
