"""JavaScript and TypeScript as IR."""

import re

import pytest

from clearance.scan.code import ir
from clearance.scan.code.lower import lower
from clearance.scan.code.lower.javascript_types import module_name, number_of, unescaped
from clearance.scan.code.lower.show import show
from clearance.scan.code.source import Source, scripts_only

# Each case: code after `>`, then what it is lowered to.
_JAVASCRIPT = r"""
> 'a' + "b"
('a' + 'b')

> '\n\x41\u00e9\u{1F600}\q'
'\nAé😀q'

> 0x1F + 0b11 + 0o17 + 1_000 + 10n + 1.5e3 + 017
(31 + 3 + 15 + 1000 + 10 + 1500 + 15)

> -1
-1

> null ?? undefined
(None ?? None)

> /a[/]b/gi.test(x)
/a[/]b/.test(x)

> /^a$/m
/(?m)^a$/

> `a${b}\n${c}`
text('a', b, '\n', c)

> ``
''

> tag`a${b}c`
tag tag(list('a', 'c'), b)

> a + b + c - d
((a + b + c) - d)

> a && b.c || !d
if (not (a and b.c)):
  (not d)

> x = a === b && c != d
x = ((a == strictly b) and (c != d))

> x = typeof a in b
x = ((typeof a) in b)

> x = a instanceof B
x = (a instanceof B)

> x = a >>> 2 ** 3
x = (a >> (2 ** 3))

> x = a ? b : c ? d : e
x = (a ? b : (c ? d : e))

> void 0
(void 0)

> delete a.b
delete a.b

> x = delete a[b]
x = (delete a[b])

> a?.b?.[c]?.(d)
a.b[c](d)

> new Foo
new Foo()

> new a.b(c, ...d)
new a.b(c, *d)

> (0, x.y)(1)
x.y(1)

> (f(), g)(1)
tuple(f(), g)[1](1)

> import.meta.url
import.meta.url

> import('x')
import('x')

> require('fs').readFile(a)
require('fs').readFile(a)

> [a, , ...b]
list(a, None, *b)

> ({a, 'b': 1, [c]: 2, 3: 4, ...s})
{'a': a, 'b': 1, c: 2, 3: 4, **s}

> ({ async *m() {}, get g() { return 1 } })
{'m': <function m () 0 statements>, 'g': <g () 1>}

> x = y => y
x = <x (y) y>

> x = async ({a}, [b] = [], ...c) => { f() }
x = <function x ({'a': a}, list(b) = list(), *c) 1 statements>

> x = function named() {}
x = <function named () 0 statements>

> x = class extends A {}
x = <class x>

> await x
(await x)

> async function f() { for await (const a of b) c(await a) }
async def f():
  each a in b:
    c((await a))

> function* g() { const x = yield a; yield* b; }
generator def g():
  let x = (yield a)
  (yield from b)

> let a
let a

> var a = 1, b = 2
let a = 1
let b = 2

> const {a, b: [c], d = 1, ...e} = f
let {'a': a, 'b': list(c), 'd': (d := 1), **e} = f

> [a, b] = [b, a]
list(a, b) = list(b, a)

> a = b = c.d = f()
c.d = f()
b = c.d
a = b

> const x = y = z
y = z
let x = z

> a += b
a += b

> a ||= b
a or= b

> i++
i += 1

> x = i--
x = (i -:= 1)

> while ((m = re.exec(s))) f(m)
while (m := re.exec(s)):
  f(m)

> a, b()
a
b()

> return_ = (a(), b)
return_ = tuple(a(), b)[1]

> function f() { return a(), b }
def f():
  a()
  return b

> a && b()
if a:
  b()

> a || b()
if (not a):
  b()

> a ? b() : c = 2
if a:
  b()
else:
  c = 2

> if (a) b(); else if (c) { d() } else e()
if a:
  b()
elif c:
  d()
else:
  e()

> for (let i = 0, n = 3; i < n; i++, j--) f()
let i = 0
let n = 3
for (i < n):
  f()
step:
  i += 1
  j -= 1

> for (;;) {}
for:

> for (const k in o) f(k)
each keys k in o:
  f(k)

> for (x.y of z);
each x.y in z:

> do { f() } while (x)
until x:
  f()

> a: for (;;) { continue a }
scope a:
  for:
    continue a

> with (o) { p() }
o
scope:
  p()

> switch (x) { case 1: f(); break; case 2: case 3: g(); default: { h(); break } }
switch x:
case 1:
  f()
case 2, 3 falls:
  g()
default:
  h()

> switch (x) { default: f(); case 1: return_() ; case 2: }
switch x:
default falls:
  f()
case 1 falls:
  return_()
case 2:

> try { a() } catch (e) { b(e) } finally { c() }
try:
  a()
catch as e:
  b(e)
finally:
  c()

> try { a() } catch { b() }
try:
  a()
catch:
  b()

> try { a() } catch ({message}) { b(message) }
try:
  a()
catch:
  let {'message': message} = ?caught()
  b(message)

> throw a, b
a
raise b

> { using r = open(); f(r); }
scope:
  with open() as r:
    f(r)

> 'use strict'; debugger; ;
'use strict'

> class A extends B.C { #p = 1; static s; 'q' = () => 1; [k] = 2;
> constructor(a) { super(a) } static async m() {} get g() { return this.#p } set g(v) {} static { f() } *gen() {} }
class A(B.C):
  let #p = 1
  let s
  let q = <q () 1>
  let this[k] = 2
  scope:
    f()
  constructor def constructor(a):
    super(a)
  async static def m():
  getter def g():
    return this.#p
  setter def g(v):
  generator def gen():

> @dec class A { @f x = 1; @g() m(a) {} }
@dec
class A():
  @f let x = 1
  @g()
  def m(a):

> g(); function g() {}
def g():
g()

> if (a) { h(); function h() {} }
if a:
  def h():
  h()

> const el = <A.B x='1' y={2} {...z} flag>text {v} {/* c */}<></> <br/></A.B>
let el = <A.B x='1' y=2 *=z flag=True>('text ', v, <>(), <br>())

> import d, { e as f, default as h } from 'm'; import * as all from './n'; import '../side.js'
from m import default as d
from m import e as f
from m import default as h
import .n as all
import ..side

> import j from '@a/b/c.js' with { type: 'json' }
from a.b.c import default as j

> const fs = require('node:fs/promises'), { exec: run, spawn } = require('child_process');
> const e = require('../../lib/e.js').f, n = require(name), s = util.promisify(require('a').b)
import fs.promises
from child_process import exec as run
from child_process import spawn
from ...lib.e import f as e
let n = require(name)
let s = util.promisify(require('a').b)

> const { readFile } = await import('fs'); const { a: { b } } = require('x')
from fs import readFile
let {'a': {'b': b}} = require('x')

> export { a as b, c, d as default }; export * from 'x'; export * as n from 'y';
> export { default, z as w } from 'z'
exports.b = a
module.exports = d
export from x import *
export import y as n
export from z import default
export from z import z as w

> export default async () => 1
module.exports = <default () 1>

> export default function f() {}
def f():
module.exports = f

> export const a = 1, b = () => 2
let a = 1
let b = <b () 2>

> export default class {}
module.exports = <class default>

> module.exports = { async run(c) { return c }, h: function () {} }; exports.z = c => c
module.exports = {'run': <run (c) c>, 'h': <function h () 0 statements>}
exports.z = <z (c) c>
"""

_TYPESCRIPT = r"""
> let a: string | null = x as any
let a: (string | None) = (cast any x)

> const u = x as const, w = y satisfies Z, s = f<T>, v = <T>x, n = x!.y!
let u = x
let w = (cast Z y)
let s = f
let v = (cast T x)
let n = (assert (assert x).y)

> function f(this: Foo, a?: A.B, ...r: Promise<string>[]): x is string { g() }
def f(a: A.B, *r: Array[Promise[string]]):
  g()

> function f(a: string): void; function f(a: any) { g() }
def f(a: any):
  g()

> class A extends B<T> implements D { private readonly x: string = '1'; y?: number;
> constructor(private readonly svc: Svc, @Inject('a') public b = 3, c) { super(); } abstract q(): void; }
class A(B, D):
  let x: string = '1'
  let y: number
  constructor def constructor(svc: Svc, @Inject('a') b = 3, c):
    this.svc: Svc = svc
    this.b = b
    super()
  abstract def q() -> void:

> @Controller('x') export class A { @Get(':id') async get(@Param('id') id: string, @Body() body: Dto) { f(id) } }
@Controller('x')
class A():
  @Get(':id')
  async def get(@Param('id') id: string, @Body() body: Dto):
    f(id)

> enum E { A, B = 3, C, 'D' = 'x' }
enum E():
  let A = 0
  let B = 3
  let C = 4
  let D = 'x'

> namespace N { export function f() { g() } export const a = 1; h() }
namespace N():
  let a = 1
  h()
  static def f():
    g()

> declare module 'x' {} declare const g: Req; declare function h(): void
let g: Req

> import a = require('b'); import q = N.M; import type { T } from './t'; import { type U } from 'u'
import b as a
let q = N.M
from .t import T
from u import U

> export = a
module.exports = a

> export type { T } from 'x'
export from x import T

> type A = { a: string; b?: number } & B; type C = 'x' | 'y'
interface A(B):
  let a: string
  let b: number
interface C(('x' | 'y')):

> interface I extends J, K<L> { a: string; m(x: number): void; [k: string]: any }
private interface I(J, K[L]):
  let a: string
  private abstract def m(x: number) -> void:

> abstract class Q { abstract w(a: string): void; m(): void; m(a?: any) { f() } }
class Q():
  abstract def w(a: string) -> void:
  def m(a: any):
    f()

> let t: [a: string, b: A[]], o: { x: B }, f: (a: A) => B, r: readonly A[]
let t: ?tuple_type()
let o: {'x': B}
let f: ?function_type()
let r: Array[A]
"""


def cases(text: str) -> list[tuple[str, str]]:
    found = []
    for case in text.strip("\n").split("\n\n"):
        lines = case.split("\n")
        code = [line[2:] for line in lines if line.startswith("> ")]
        found.append(("\n".join(code), "\n".join(line for line in lines if not line.startswith("> "))))
    return found


def lowered(code: str, language: str = "javascript") -> ir.Module:
    return lower(Source(code, language))


def shown(code: str, language: str = "javascript") -> str:
    return show(lowered(code, language)).rstrip("\n")


@pytest.mark.parametrize(("code", "expected"), cases(_JAVASCRIPT))
def test_javascript(code: str, expected: str) -> None:
    assert shown(code) == expected


# The grammar of TypeScript does not know `using` yet.
@pytest.mark.parametrize(("code", "expected"), [case for case in cases(_JAVASCRIPT) if "using r" not in case[0]])
def test_typescript_reads_javascript_alike(code: str, expected: str) -> None:
    assert shown(code, "tsx" if "</" in code else "typescript") == expected


@pytest.mark.parametrize(("code", "expected"), cases(_TYPESCRIPT))
def test_typescript(code: str, expected: str) -> None:
    assert shown(code, "typescript") == expected


@pytest.mark.parametrize("code", [code for code, _ in cases(_JAVASCRIPT)] + [code for code, _ in cases(_TYPESCRIPT)])
def test_everything_is_understood(code: str) -> None:
    module = lowered(code, "javascript" if (code, "javascript") in _IN_JAVASCRIPT else "typescript")
    show(module)
    assert module.coverage.opaque == {}
    assert module.coverage.nodes


_IN_JAVASCRIPT = {(code, "javascript") for code, _ in cases(_JAVASCRIPT)}


def test_text_that_does_not_parse_is_told_and_its_parts_are_kept() -> None:
    code = "a b f(c);\ng(d)"
    module = lowered(code)
    assert module.coverage.opaque
    assert "f(c)" in shown(code)
    assert "g(d)" in shown(code)
    assert 0 <= module.coverage.share < 1


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("fs", "fs"),
        ("node:fs/promises", "fs.promises"),
        ("@nestjs/common", "nestjs.common"),
        ("./db", ".db"),
        ("../db.js", "..db"),
        ("../../lib/db.mjs", "...lib.db"),
        ("./a/b.ts", ".a.b"),
        (".", "."),
        ("..", ".."),
        ("@/lib/db", "lib.db"),
        ("crypto-js/aes", "crypto-js.aes"),
    ],
)
def test_names_of_modules(text: str, name: str) -> None:
    assert module_name(text) == name


@pytest.mark.parametrize(
    ("text", "value"), [("0xff", 255), ("1_000", 1000), ("5n", 5), ("1e3", 1000), (".5", 0.5), ("08", 8), ("9" * 5000, ...)]
)
def test_numbers(text: str, value: object) -> None:
    assert number_of(text) == value


def test_escapes() -> None:
    assert (
        unescaped(
            r"a\n\x41\u0042\u{43}\
d\\\'"
        )
        == "a\nABCd\\'"
    )
    assert unescaped(r"\u{ffffff}") == "\ufffd"


def functions(code: str, language: str = "javascript") -> dict[str, ir.Function]:
    return {function.name: function for function in lowered(code, language).functions}


def test_functions_that_a_file_exports_are_public() -> None:
    found = functions(
        "export function a() {}\nfunction b() {}\nexport const c = () => 1;\nconst d = () => 1;\n"
        "function e() {}\nexport { e as f };\nexport default { g() {}, _h() {} };\napp.get('/', (req) => 1);"
    )
    assert {name for name, function in found.items() if function.public} == {"a", "c", "e", "g"}
    assert set(found) == {"a", "b", "c", "d", "e", "g", "_h"}


def test_functions_that_a_commonjs_file_exports_are_public() -> None:
    found = functions(
        "function a() {}\nfunction b() {}\nconst c = () => 1;\nexports.d = () => 1;\nmodule.exports = { a, c, e() {} };"
    )
    assert {name for name, function in found.items() if function.public} == {"a", "c", "d", "e"}


def test_in_a_file_without_exports_all_functions_are_public_but_callbacks() -> None:
    found = functions(
        "function a() {}\nconst b = { c() {}, _d() {} };\nclass E { f() {} #g() {} }\nlist.map(function h() {});"
    )
    assert {name for name, function in found.items() if function.public} == {"a", "c", "f"}
    assert "h" not in found


def test_private_methods_are_not_public() -> None:
    found = functions("export class A { private a() {} protected b() {} c() {} }\nclass B { d() {} }", "typescript")
    assert {name for name, function in found.items() if function.public} == {"c"}


def test_methods_know_their_class() -> None:
    (statement,) = lowered("class A { b() {} }").body
    assert isinstance(statement, ir.ClassStatement)
    (method,) = statement.definition.methods
    assert method.owner is statement.definition


def test_functions_in_fields_know_their_class() -> None:
    (statement,) = lowered("class A { b = () => this.c; }").body
    assert isinstance(statement, ir.ClassStatement)
    (field,) = statement.definition.fields
    assert isinstance(field.value, ir.Lambda)
    assert field.value.function.owner is statement.definition


def test_spans_are_bytes_of_the_text() -> None:
    code = "const é = 'ü' + b;\nfunction ñ(x) { return x }"
    module = lowered(code)
    data = code.encode()
    (function,) = module.functions
    assert data[function.name_at :].startswith("ñ".encode())
    assign = module.body[1]
    assert isinstance(assign, ir.Assign)
    assert assign.value is not None
    assert data[assign.value.at : assign.value.end].decode() == "'ü' + b"


def test_bodies_are_lowered_when_asked_for() -> None:
    module = lowered("function f() { " + "g();" * 50 + " }")
    before = module.coverage.nodes
    assert len(module.functions[0].body) == 50
    assert module.coverage.nodes > before + 50
    assert module.functions[0].body is module.functions[0].body


def test_scripts_of_a_page_keep_their_places() -> None:
    page = "<p>a</p>\n<script>const a = f(b);</script>\n<script lang='ts'>let c: string = d!;</script>"
    text, language = scripts_only(page)
    module = lowered(text, language)
    assert shown(text, language) == "let a = f(b)\nlet c: string = (assert d)"
    assert page[module.body[0].at :].startswith("a = f(b)")


_DEEP = 3000
_HOSTILE = {
    "parentheses": "(" * _DEEP + "x" + ")" * _DEEP,
    "calls": "f(" * _DEEP + "x" + ")" * _DEEP,
    "lists": "[" * _DEEP + "]" * _DEEP,
    "objects": "x = " + "{a:" * _DEEP + "1" + "}" * _DEEP,
    "functions": "function f() {" * _DEEP + "}" * _DEEP,
    "arrows": "x = " + "() => " * _DEEP + "1",
    "methods": "class A { m() {" * _DEEP + "} }" * _DEEP,
    "branches": "if (a) {" * _DEEP + "}" * _DEEP,
    "else if": "if (a) {}" + " else if (b) { f(x) }" * _DEEP,
    "sum": "x = " + " + ".join(["a"] * _DEEP),
    "sums": "x = a" + " + a - b" * _DEEP,
    "promises": "p" + ".then((x) => x)" * _DEEP,
    "attributes": "a" + ".b" * _DEEP,
    "assignments": "a = " * _DEEP + "1",
    "ternaries": "x = " + "a ? b : " * _DEEP + "c",
    "commas": ", ".join(["f(x)"] * _DEEP),
    "cases": "switch (x) {" + "case 1: f();" * _DEEP + "}",
    "templates": "`${" * _DEEP + "x" + "}`" * _DEEP,
    "markup": "x = " + "<a>" * _DEEP + "</a>" * _DEEP,
    "patterns": "let " + "[" * _DEEP + "]" * _DEEP + " = x",
    "using": "using a = f();\n" * _DEEP,
    "types": "let x: " + "A<" * _DEEP + "B" + ">" * _DEEP,
    "union": "let x: " + " | ".join(["A"] * _DEEP),
    "namespaces": "namespace A {" * _DEEP + "}" * _DEEP,
    "errors": "}{)(][" * _DEEP,
    "nulls": "\0\0x\0=\0",
    "escapes": "'" + r"\u0041" * _DEEP + "'",
}


@pytest.mark.parametrize("language", ["javascript", "typescript", "tsx"])
@pytest.mark.parametrize("name", _HOSTILE)
def test_hostile_text_is_lowered_flat(name: str, language: str) -> None:
    module = lowered(_HOSTILE[name], language)
    stack: list[tuple[object, int]] = [(module.body, 0)]
    deepest = 0
    while stack:
        node, depth = stack.pop()
        deepest = max(depth, deepest)
        if isinstance(node, tuple):
            stack += [(one, depth) for one in node]
        elif isinstance(node, ir.Function):
            stack += [(node.params, depth), (node.body, depth)]
        elif isinstance(node, ir.Node):
            fields = [field for field in node.__struct_fields__ if field != "owner"]
            stack += [(getattr(node, field), depth + 1) for field in fields]
    assert deepest <= 3 * ir.MAX_DEPTH


def test_long_chains_keep_what_they_are_given() -> None:
    module = lowered("p" + "".join(f".then(f{number})" for number in range(500)))
    text = show(module)
    assert all(re.search(rf"\bf{number}\b", text) for number in range(500))


def test_the_same_text_gives_the_same_answer() -> None:
    code = "\n".join(code for code, _ in cases(_JAVASCRIPT))
    assert shown(code) == shown(code)
