"""Python as IR."""

import ast
import warnings
from collections import Counter
from pathlib import Path

import pytest

from clearance.scan.code import ir
from clearance.scan.code.lower import lower
from clearance.scan.code.lower.show import show
from clearance.scan.code.source import Source


def shown(code: str) -> str:
    return show(lower(Source(code, "python"))).rstrip("\n")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        # literals
        ("'a' \"b\" '''c'''", "'abc'"),
        (r"'\n\x41\101\u00e9\N{BULLET}\q'", repr("\nAA\u00e9\u2022\\q")),
        ("'a\\\nb'", "'ab'"),
        (r"r'\n' R'\\'", repr("\\n\\\\")),
        (r"r'\\'", repr("\\\\")),
        (r"b'\xff\u1234'", "b" + repr("\xff\\u1234")),
        ("u'é'", "'é'"),
        ("''", "''"),
        ("0x1F, 0o17, 0b11, 1_000, 017, 10L", "tuple(31, 15, 3, 1000, 15, 10)"),
        ("1.5e3, 2j, 1_0.5", "tuple(1500.0, 2j, 10.5)"),
        ("9" * 400, "..."),
        ("True, False, None, ...", "tuple(True, False, None, ...)"),
        ("-1", "-1"),
        # interpolation
        ("f'a{{b}}{c}'", "text('a{b}', c)"),
        ("f'{a!r:>{w}.2f}'", "text(a, w)"),
        ("f'{a=}'", "text('a=', a)"),
        ("f'{f\"{a}\"}'", "text(text(a))"),
        ("'x' f'{a}' 'y' 'z'", "text('x', a, 'yz')"),
        (r"rf'\d{a}'", "text('\\\\d', a)"),
        ("f'{a, b}'", "text(tuple(a, b))"),
        ("f''", "''"),
        ("t'a{b}c'", "tag string.templatelib.Template(list('a', 'c'), b)"),
        # operators
        ("a + b + c - d", "((a + b + c) - d)"),
        ("(a + b) + c", "(a + b + c)"),
        ("a + (b + c)", "(a + (b + c))"),
        ("a and b and c or not d", "((a and b and c) or (not d))"),
        ("a < b <= c", "((a < b) and (b <= c))"),
        ("a not in b", "(a not in b)"),
        ("a is not b", "(a is not b)"),
        ("a <> b", "(a != b)"),
        ("-a ** ~b", "(- (a ** (~ b)))"),
        ("a if b else c", "(b ? a : c)"),
        ("a @ b // c % d", "(((a @ b) // c) % d)"),
        # reading
        ("a.b[c].d", "a.b[c].d"),
        ("a[1:2], a[:], a[b:]", "tuple(a[1:2], a[:], a[b:])"),
        ("a[::-1]", "a[?slice(-1)]"),
        ("a[b, 1:2]", "a[tuple(b, ?slice(1, 2))]"),
        ("a[b,]", "a[tuple(b)]"),
        # calls
        ("f(a, *b, c=d, **e)", "f(a, *b, c=d, **e)"),
        ("f(x for x in y)", "f(generator(x for x in y))"),
        ("f(  # why\n a, # b\n)", "f(a)"),
        # containers
        ("[a, *b], {a, b}, {'a': 1, **b}, {}, ()", "tuple(list(a, *b), set(a, b), {'a': 1, **b}, {}, tuple())"),
        ("[x async for a, b in c if d if e for f in g]", "list(x for tuple(a, b) in c if d if e for f in g)"),
        ("{a: b for a, b in c}", "dict(a: b for tuple(a, b) in c)"),
        # functions and what passes values on
        ("lambda a, *b, c=1, **d: a", "<(a, *b, keyword c = 1, **d) a>"),
        ("lambda: 1", "<() 1>"),
        ("(a := b)", "(a := b)"),
        ("await a", "(await a)"),
        ("x = yield a, b", "x = (yield tuple(a, b))"),
        ("yield from a", "(yield from a)"),
        ("(yield)", "(yield)"),
    ],
)
def test_expressions(code: str, expected: str) -> None:
    assert shown(code) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("a = b = c()", "a = c()\nb = a"),
        ("a = b = 1", "a = 1\nb = 1"),
        ("a.x = b = c()", "a.x = c()\nb = c()"),
        ("a, *b = (c, d) = e", "tuple(a, *b) = e\ntuple(c, d) = e"),
        ("a, b = b, a", "tuple(a, b) = tuple(b, a)"),
        ("(a) = 1\n(a,) = b", "a = 1\ntuple(a) = b"),
        ("a[0] **= b", "a[0] **= b"),
        ("a //= yield", "a //= (yield)"),
        ("a: int = 1\nb: 'C.D | None'\nc: Literal['x']", "a: int = 1\nb: C.D\nc: Literal['x']"),
        ("f = lambda: 1", "f = <f () 1>"),
        ("type A[T] = list[T] | int", "A = (list[T] | int)"),
        ("del a, b.c, d[0]\ndel (e, f)", "delete a, b.c, d[0]\ndelete e, f"),
        ("def f():\n global a, b\n nonlocal c", "def f():\n  global a, b\n  global c"),
        ("assert a, b", "assert a, b"),
        ("raise A(b) from c", "raise A(b)"),
        ("raise A from f(c)", "f(c)\nraise A"),
        ("raise", "raise"),
        ("return a, b", "return tuple(a, b)"),
        ("return", "return"),
        ("import a.b as c, d", "import a.b as c\nimport d"),
        ("from . import a as b, c", "from . import a as b\nfrom . import c"),
        ("from ..a.b import (c,\n d as e)", "from ..a.b import c\nfrom ..a.b import d as e"),
        ("from a import *", "from a import *"),
        ("from __future__ import annotations", "from __future__ import annotations"),
        ("a, b", "tuple(a, b)"),
        ("print 'a', b", "print('a', b)"),
        ("print >>a, b", "print(file=a, b)"),
        ("exec a in b", "exec(a, b)"),
    ],
)
def test_simple_statements(code: str, expected: str) -> None:
    assert shown(code) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("if a: # c\n  b\nelif c: d\nelif e: f\nelse: g", "if a:\n  b\nelif c:\n  d\nelif e:\n  f\nelse:\n  g"),
        ("if (n := f()) > 1: pass", "if ((n := f()) > 1):"),
        ("while a:\n break\nelse:\n continue", "while a:\n  break\nelse:\n  continue"),
        ("for a, *b in c, d: e\nelse: f", "each tuple(a, *b) in tuple(c, d):\n  e\nelse:\n  f"),
        ("async for a in b: c", "each a in b:\n  c"),
        (
            "try: a\nexcept (A, b.B) as e: c\nexcept C: d\nexcept: f\nelse: g\nfinally: h",
            "try:\n  a\ncatch A, b.B as e:\n  c\ncatch C:\n  d\ncatch:\n  f\nelse:\n  g\nfinally:\n  h",
        ),
        ("try: a\nexcept* A as e: b", "try:\n  a\ncatch A as e:\n  b"),
        ("try: a\nexcept A, B: b", "try:\n  a\ncatch A, B:\n  b"),
        ("try: a\nexcept A, e: b", "try:\n  a\ncatch A as e:\n  b"),
        ("with a as b, c() as (d, e), f: g", "with a as b, c() as tuple(d, e), f:\n  g"),
        ("with (a as b, c): d", "with a as b, c:\n  d"),
        ("async with a: b", "with a:\n  b"),
    ],
)
def test_blocks(code: str, expected: str) -> None:
    assert shown(code) == expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("1 | 'a' | -2.5 | None", "case 1, 'a', -2.5, None:"),
        ("-1", "case -1:"),
        ("m.X", "case m.X:"),
        ("x", "default as x:"),
        ("_", "default:"),
        ("(x)", "default as x:"),
        ("x if x > 1", "default as x if (x > 1):"),
        ("1 | _", "default:"),
        ("('a' | 'b') as k", "case 'a', 'b' as k:"),
        ("str(x)", "case ?instance(str) as x:"),
        ("str() | int()", "case ?instance(str), ?instance(int):"),
        ("P(x=1, y=Q(z) as k)", "case ?instance(P, 1, ?instance(Q)) as {'y': k}:"),
        ("[a, 1, *b]", "case ?sequence(1) as list(a, ?_(), *b):"),
        ("a, b", "case ?sequence() as tuple(a, b):"),
        ("[*_]", "case ?sequence():"),
        ("{'k': v, **rest}", "case ?mapping() as {'k': v, **rest}:"),
        ("{'k': 1}", "case ?mapping(1):"),
        ("[a, b] as c", "case ?sequence() as c:\n    list(a, b) = c"),
    ],
)
def test_patterns(pattern: str, expected: str) -> None:
    assert shown(f"match s:\n  case {pattern}: f()") == "switch s:\n" + f"{expected}\n    f()".replace("    ", "  ")


def test_imports_tell_the_name_that_they_bind() -> None:
    code = "import a.b\nimport c.d as e\nfrom f import g, h as i\nfrom j import *\n"
    body = lower(Source(code, "python")).body
    assert [one.alias for one in body if isinstance(one, ir.Import)] == ["a", "e", "g", "i", ""]


def test_functions_and_classes() -> None:
    code = """
@route("/x")
async def f[T](a, /, b: int, c: "A.B" = 1, *args, d, **kw) -> str:
    yield a
class C[T](B, k.K, metaclass=M):
    x: int = 1
    y: str
    def __init__(self, a): self.a = a
    @staticmethod
    def s(a): pass
    @classmethod
    def c(cls): pass
    @property
    def p(self): pass
    @p.setter
    def p(self, v): pass
    @abstractmethod
    def _hidden(self): pass
    class Inner:
        def deep(self): (yield_, lambda: (yield))
    if A:
        def late(self): pass
"""
    assert shown(code).splitlines() == [
        "@route('/x')",
        "async generator def f(a, b: int, c: A.B = 1, *args, keyword d, **kw) -> str:",
        "  (yield a)",
        "class C(B, k.K, metaclass=M):",
        "  let x: int = 1",
        "  let y: str",
        "  class Inner():",
        "    def deep(self self):",
        "      tuple(yield_, <() (yield)>)",
        "  if A:",
        "    def late(self self):",
        "  constructor def __init__(self self, a):",
        "    self.a = a",
        "  @staticmethod",
        "  static def s(a):",
        "  @classmethod",
        "  def c(self cls):",
        "  @property",
        "  getter def p(self self):",
        "  @p.setter",
        "  setter def p(self self, v):",
        "  @abstractmethod",
        "  private abstract def _hidden(self self):",
        "  def late(self self):",
    ]


def test_functions_are_listed_with_their_classes_and_lowered_when_asked_for() -> None:
    code = (
        "def a():\n def inner(): pass\nclass B:\n def c(self): pass\n class D:\n  def e(self): pass\nif x:\n def f(): pass\n"
    )
    module = lower(Source(code, "python"))
    assert [function.name for function in module.functions] == ["a", "c", "e", "f"]
    assert [function.owner and function.owner.name for function in module.functions] == [None, "B", "D", None]
    before = module.coverage.nodes
    first = module.functions[0]
    assert isinstance(first.body[0], ir.Def)
    assert module.coverage.nodes > before
    assert first.body is first.body
    assert first.name_at == code.index("a()")
    assert [function.name for function in module.functions] == ["a", "c", "e", "f"]


@pytest.mark.parametrize(
    ("code", "held"),
    [
        ("def f(:\n  g(a)\nh(b)", "h(b)"),
        ("x = (\ny = f(a)", "f(a)"),
        ("if a\n  f(b)\ng(c)", "g(c)"),
        ("class A\n  def f(self): g(a)", "g"),
        ("f(a b)", "f"),
        ("`a`", "?backticks()"),
    ],
)
def test_broken_text_keeps_what_is_whole(code: str, held: str) -> None:
    assert held in shown(code)


def test_long_chains_stay_flat() -> None:
    total, branches, text = lower(
        Source(
            " + ".join(["a"] * 50_000) + "\nif a: b\n" + "elif c: d\n" * 10_000 + "(" + "'a' f'{b}' " * 10_000 + ")\n",
            "python",
        )
    ).body
    assert isinstance(total, ir.Eval)
    assert isinstance(total.value, ir.Binary)
    assert len(total.value.operands) == 50_000
    assert isinstance(branches, ir.If)
    assert len(branches.branches) == 10_001
    assert isinstance(text, ir.Eval)
    assert isinstance(text.value, ir.Text)
    assert len(text.value.parts) == 20_000


def test_a_chain_of_changing_operators_keeps_its_operands() -> None:
    (statement,) = lower(Source("a" + " + b - c" * 5_000, "python")).body
    assert isinstance(statement, ir.Eval)
    stack: list[ir.Expr] = [statement.value]
    names = 0
    while stack:
        one = stack.pop()
        names += isinstance(one, ir.Name)
        stack += one.operands if isinstance(one, ir.Binary) else one.parts if isinstance(one, ir.Opaque) else ()
    assert names == 10_001


def _facts(tree: ast.AST) -> Counter[str]:
    facts: Counter[str] = Counter()
    specs = [each.format_spec for each in ast.walk(tree) if isinstance(each, ast.FormattedValue) and each.format_spec]
    dropped = {id(each) for spec in specs for each in ast.walk(spec) if isinstance(each, ast.Constant)}
    for node in ast.walk(tree):
        if id(node) in dropped:
            continue
        match node:
            case ast.Call():
                facts["call"] += 1
            case ast.Attribute(attr=name):
                facts[f".{name}"] += 1
            case ast.Constant(value=value) if isinstance(value, (int, float, str)) and value != "":
                facts[repr(value)] += 1
            case ast.Compare(ops=ops):
                facts["compare"] += len(ops)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                facts["function"] += 1
            case ast.Lambda():
                facts.update(("function", "return"))
            case ast.Return() | ast.Raise() | ast.Subscript() | ast.IfExp():
                facts[type(node).__name__.lower()] += 1
            case ast.For() | ast.While() | ast.AsyncFor():
                facts["loop"] += 1
            case ast.Yield() | ast.YieldFrom() | ast.Await():
                facts["through"] += 1
            case _:
                pass
    return facts


def _facts_of_ir(module: ir.Module) -> Counter[str]:
    facts: Counter[str] = Counter()
    seen: set[int] = set()
    stack: list[object] = [module.body]
    kinds = {
        ir.Call: "call", ir.Compare: "compare", ir.Function: "function", ir.Return: "return", ir.Raise: "raise",
        ir.Index: "subscript", ir.Slice: "subscript", ir.Choice: "ifexp", ir.Loop: "loop", ir.Through: "through",
    }  # fmt: skip
    while stack:
        one = stack.pop()
        if isinstance(one, tuple):
            stack.extend(one)
        elif isinstance(one, ir.Node) and id(one) not in seen:
            seen.add(id(one))
            if type(one) in kinds:
                facts[kinds[type(one)]] += 1
            elif isinstance(one, ir.Attr):
                facts[f".{one.name}"] += 1
            elif isinstance(one, ir.Const) and isinstance(one.value, (int, float, str)) and one.value != "" and not one.form:
                facts[repr(one.value)] += 1
            stack.extend(getattr(one, name) for name in one.__struct_fields__ if name not in ("owner", "lower", "_body"))
            if isinstance(one, ir.Function):
                stack.append(one.body)
    return facts


@pytest.mark.parametrize(
    "name", ["argparse.py", "dataclasses.py", "http/server.py", "inspect.py", "subprocess.py", "zipfile.py"]
)
def test_nothing_gets_lost_in_real_code(name: str) -> None:
    """As many calls, attributes, constants, functions … as Python's own parser finds, and nothing that is not understood."""
    path = Path(ast.__file__).parent / name
    if not path.is_file():
        pytest.skip("not in this Python")
    text = path.read_text("utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = _facts(ast.parse(text))
    module = lower(Source(text, "python"))
    found = _facts_of_ir(module)
    expected = Counter({fact: count for fact, count in expected.items() if not fact.lstrip("-").isdigit()})
    assert {fact: (count, found[fact]) for fact, count in expected.items() if found[fact] != count} == {}
    assert module.coverage.share == 1.0


@pytest.mark.parametrize("name", ["argparse.py", "dataclasses.py", "inspect.py"])
def test_what_stands_in_a_construct_lies_within_it(name: str) -> None:
    module = lower(Source((Path(ast.__file__).parent / name).read_text("utf-8"), "python"))
    stack: list[tuple[ir.Node, object]] = [(statement, statement) for statement in module.body]
    while stack:
        holder, one = stack.pop()
        if isinstance(one, tuple):
            stack.extend((holder, each) for each in one)
        elif isinstance(one, ir.Node):
            assert holder.at <= one.at <= one.end <= holder.end, (holder, one)
            stack.extend(
                (one, getattr(one, name)) for name in one.__struct_fields__ if name not in ("owner", "lower", "_body")
            )
            if isinstance(one, ir.Function):
                stack.append((one, one.body))
