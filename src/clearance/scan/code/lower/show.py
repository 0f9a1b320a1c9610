"""Writes IR as short text, alike for all languages: for tests and for looking at what a lowering made.

Statements are words with indented bodies; expressions look like Python's where it has them. A constant is its `repr`
(`/pattern/` for a regular expression), what is not understood is `?kind(parts)`, a class or function within an
expression is `<class name>`, `<function name>`. Operators of several operands always stand in parentheses.
"""

from clearance.scan.code import ir

_INDENT = "  "


def show(module: ir.Module) -> str:
    """Write a module with every body."""
    return "".join(_statements(module.body, 0))


def show_block(block: ir.Block) -> str:
    """Write some statements."""
    return "".join(_statements(block, 0))


def show_expr(expr: ir.Expr | None) -> str:
    """Write an expression; nothing for none."""
    match expr:
        case None:
            return ""
        case ir.Const(value=value, form=form):
            return (
                f"/{value}/"
                if form == "regex"
                else ("b" if form == "bytes" else "") + ("..." if value is ... else repr(value))
            )
        case ir.Name(id=name):
            return name
        case ir.Attr(base=base, name=name):
            return f"{show_expr(base)}.{name}"
        case ir.Index(base=base, key=key):
            return f"{show_expr(base)}[{show_expr(key)}]"
        case ir.Slice(base=base, low=low, high=high):
            return f"{show_expr(base)}[{show_expr(low)}:{show_expr(high)}]"
        case ir.Call(func=func, args=args, new=new, tagged=tagged):
            given = ", ".join(_arg(arg) for arg in args)
            return f"{'new ' if new else ''}{'tag ' if tagged else ''}{show_expr(func)}({given})"
        case ir.Text(parts=parts):
            return f"text({_list(parts)})"
        case ir.Binary(op=op, operands=operands):
            return "(" + f" {op} ".join(show_expr(each) for each in operands) + ")"
        case ir.Compare(op=op, left=left, right=right, strict=strict):
            return f"({show_expr(left)} {op}{' strictly' if strict else ''} {show_expr(right)})"
        case ir.Unary(op=op, operand=operand):
            return f"({op} {show_expr(operand)})"
        case ir.Choice(test=test, then=then, other=other):
            return f"({show_expr(test)} ? {show_expr(then)} : {show_expr(other)})"
        case ir.Bind(target=target, value=value, op=op):
            return f"({show_expr(target)} {op}:= {show_expr(value)})"
        case ir.Through(how=how, value=value, type=kind):
            return f"({how}{' ' + show_expr(kind) if kind else ''}{' ' + show_expr(value) if value else ''})"
        case _:
            return _container(expr)


def _container(expr: ir.Expr) -> str:
    match expr:
        case ir.Items(form=form, items=items):
            return f"{form}({_list(items)})"
        case ir.Spread(value=value):
            return f"*{show_expr(value)}"
        case ir.Object(entries=entries, type=kind):
            inner = ", ".join(
                f"{show_expr(key)}: {show_expr(value)}" if key else f"**{show_expr(value)}" for key, value in entries
            )
            return f"{show_expr(kind)}{{{inner}}}"
        case ir.Comprehension(form=form, element=element, key=key, clauses=clauses):
            each = "".join(
                f" for {show_expr(target)} in {show_expr(iterable)}" + "".join(f" if {show_expr(test)}" for test in tests)
                for target, iterable, tests in clauses
            )
            return f"{form}({show_expr(key) + ': ' if key else ''}{show_expr(element)}{each})"
        case ir.Lambda(function=function):
            return _lambda(function)
        case ir.ClassValue(definition=definition):
            return f"<class {definition.name}>"
        case ir.Opaque(kind=kind, parts=parts):
            return f"?{kind}({_list(parts)})"
        case ir.Markup(tag=tag, attributes=attributes, children=children):
            given = "".join(f" {name or '*'}={show_expr(value)}" for name, value in attributes)
            return f"<{show_expr(tag)}{given}>({_list(children)})"
        case _:
            return f"!{type(expr).__name__}"


def _list(parts: tuple[ir.Expr, ...]) -> str:
    return ", ".join(show_expr(part) for part in parts)


def _arg(arg: ir.Arg) -> str:
    return f"{arg.name + '=' if arg.name else ''}{arg.splat}{show_expr(arg.value)}"


def _lambda(function: ir.Function) -> str:
    body = function.body
    only = body[0] if len(body) == 1 else None
    name = f"{function.name} " if function.name else ""
    if isinstance(only, ir.Return):
        return f"<{name}({_params(function)}) {show_expr(only.value)}>"
    return f"<function {name}({_params(function)}) {len(body)} statements>"


def _params(function: ir.Function) -> str:
    return ", ".join(_param(param) for param in function.params)


def _param(param: ir.Param) -> str:
    kind = param.kind if param.kind in ("*", "**") else f"{param.kind} " if param.kind else ""
    decorators = "".join(f"@{show_expr(each)} " for each in param.decorators)
    name = param.name or show_expr(param.target)
    annotation = f": {show_expr(param.type)}" if param.type else ""
    return f"{decorators}{kind}{name}{annotation}{' = ' + show_expr(param.default) if param.default else ''}"


def _statements(block: ir.Block, level: int) -> list[str]:
    lines: list[str] = []
    for statement in block:
        lines += _statement(statement, level)
    return lines


def _body(head: str, body: ir.Block, level: int) -> list[str]:
    return [f"{_INDENT * level}{head}:\n", *_statements(body, level + 1)]


def _statement(statement: ir.Stmt, level: int) -> list[str]:
    match statement:
        case ir.If(branches=branches):
            lines = []
            for number, (test, body) in enumerate(branches):
                word = ("elif" if number else "if") if test else "else"
                lines += _body(f"{word} {show_expr(test)}".rstrip(), body, level)
            return lines
        case ir.Loop():
            return _loop(statement, level)
        case ir.Switch(subject=subject, cases=cases):
            return [
                *_body(f"switch {show_expr(subject)}".rstrip(), (), level),
                *(line for case in cases for line in _case(case, level)),
            ]
        case ir.Try(body=body, handlers=handlers, other=other, final=final):
            lines = _body("try", body, level)
            for handler in handlers:
                named = f" as {handler.name}" if handler.name else ""
                lines += _body(f"catch {_list(handler.types)}".rstrip() + named, handler.body, level)
            lines += _body("else", other, level) if other else []
            return lines + (_body("finally", final, level) if final else [])
        case ir.With(items=items, body=body):
            given = ", ".join(show_expr(value) + (f" as {show_expr(target)}" if target else "") for value, target in items)
            return _body(f"with {given}", body, level)
        case ir.Def(function=function):
            return _function(function, level)
        case ir.ClassStatement(definition=definition):
            return _class(definition, level)
        case ir.Scope(body=body, label=label):
            return _body(f"scope {label}".rstrip(), body, level)
        case ir.Unknown(kind=kind, body=body):
            return _body(f"unknown {kind}", body, level)
        case _:
            return [f"{_INDENT * level}{_simple(statement)}\n"]


def _simple(statement: ir.Stmt) -> str:
    match statement:
        case ir.Assign(target=target, value=value, op=op, type=kind, declares=declares, decorators=decorators):
            before = "".join(f"@{show_expr(each)} " for each in decorators) + ("let " if declares else "")
            annotation = f": {show_expr(kind)}" if kind else ""
            return f"{before}{show_expr(target)}{annotation}" + (f" {op}= {show_expr(value)}" if value else "")
        case ir.Eval(value=value):
            return show_expr(value)
        case ir.Return(value=value):
            return f"return {show_expr(value)}".rstrip()
        case ir.Raise(value=value):
            return f"raise {show_expr(value)}".rstrip()
        case ir.Jump(kind=kind, label=label):
            return f"{kind} {label}".rstrip()
        case ir.Defer(kind=kind, call=call):
            return f"{kind} {show_expr(call)}"
        case ir.Delete(targets=targets):
            return f"delete {_list(targets)}"
        case ir.Assert(test=test, message=message):
            return f"assert {show_expr(test)}{', ' + show_expr(message) if message else ''}"
        case ir.Global(names=names):
            return f"global {', '.join(names)}"
        case ir.Import(module=module, name=name, alias=alias, exported=exported):
            what = f"from {module} import {name}" if name else f"import {module}"
            plain = alias in ("", name or module, name or module.partition(".")[0])
            return ("export " if exported else "") + what + ("" if plain else f" as {alias}")
        case _:
            return f"!{type(statement).__name__}"


def _loop(loop: ir.Loop, level: int) -> list[str]:
    if loop.kind.startswith("each"):
        head = f"{loop.kind} {show_expr(loop.target)} in {show_expr(loop.iterable)}"
    else:
        head = f"{loop.kind} {show_expr(loop.test)}".rstrip()
    lines = _body(head, loop.body, level)
    lines += _body("step", loop.step, level) if loop.step else []
    return lines + (_body("else", loop.other, level) if loop.other else [])


def _case(case: ir.Case, level: int) -> list[str]:
    head = f"case {_list(case.tests)}" if case.tests else "default"
    head += f" as {show_expr(case.pattern)}" if case.pattern else ""
    head += f" if {show_expr(case.guard)}" if case.guard else ""
    return _body(head + (" falls" if case.falls else ""), case.body, level)


def _function(function: ir.Function, level: int) -> list[str]:
    lines = [f"{_INDENT * level}@{show_expr(each)}\n" for each in function.decorators]
    flags = "".join(f"{flag} " for flag in sorted(function.flags))
    private = "" if function.public else "private "
    returns = f" -> {show_expr(function.returns)}" if function.returns else ""
    return lines + _body(f"{private}{flags}def {function.name}({_params(function)}){returns}", function.body, level)


def _class(definition: ir.ClassDef, level: int) -> list[str]:
    lines = [f"{_INDENT * level}@{show_expr(each)}\n" for each in definition.decorators]
    private = "" if definition.public else "private "
    given = ", ".join([*(show_expr(base) for base in definition.bases), *(_arg(arg) for arg in definition.keywords)])
    lines += _body(f"{private}{definition.kind} {definition.name}({given})", (), level)
    lines += _statements(definition.fields, level + 1)
    lines += _statements(definition.body, level + 1)
    for method in definition.methods:
        lines += _function(method, level + 1)
    return lines
