"""What names stand for: variables, what the file defines, imports (followed into the tree where it holds them), builtins,
types."""

import builtins
import re
from typing import Final

from clearance.scan.code import ir
from clearance.scan.code.flow.algebra import attribute
from clearance.scan.code.flow.customs import JAVA, JAVASCRIPT
from clearance.scan.code.flow.frame import Frame, Look, Unit
from clearance.scan.code.flow.prelude import MODULES, THINGS
from clearance.scan.code.flow.value import ANYTHING, UNKNOWN, Refers, Value

_CAPITALS: Final = re.compile(r"_{0,2}[A-Z][A-Z0-9_]*[A-Z0-9]\Z")
_DOTTED: Final = re.compile(r"[A-Za-z_][\w.]{0,200}")
_CUSTOMS: Final = {"java": JAVA, "javascript": JAVASCRIPT}
_BARE: Final = "no imports"
_PACKAGE: Final = re.compile(rb"^\s*package\s", re.MULTILINE).search
_MAX_NAMES: Final = 6
_MAX_BASES: Final = 8
_BUILTINS: Final = frozenset(dir(builtins)) | frozenset({
    "eval", "Function", "fetch", "require", "setTimeout", "setInterval", "setImmediate", "alert", "atob", "btoa", "console",
    "process",
    "window", "document", "location", "XMLHttpRequest", "WebSocket", "Math", "JSON", "Object", "Array", "String", "Number",
    "Buffer",
    "Promise", "RegExp", "escape", "unescape", "encodeURI", "encodeURIComponent", "decodeURI", "decodeURIComponent",
    "localStorage",
})  # fmt: skip
_CONSTANT_NAMES: Final = frozenset(
    {"__file__", "__name__", "__dirname", "__filename", "__doc__", "__package__", "NaN", "Infinity"}
)
_JAVA_LANG: Final = frozenset({
    "Boolean", "Byte", "Character", "Class", "ClassLoader", "Double", "Enum", "Error", "Exception", "Float", "Integer",
    "Long", "Math",
    "Number", "Object", "Process", "ProcessBuilder", "Runtime", "RuntimeException", "Short", "String", "StringBuffer",
    "StringBuilder",
    "System", "Thread", "Throwable", "IllegalArgumentException", "Iterable", "Runnable", "SecurityException",
})  # fmt: skip
_WRAPPERS: Final = frozenset(
    {"Optional", "Annotated", "Final", "ClassVar", "Required", "NotRequired", "ReadOnly", "Readonly", "Partial"}
)
_CONSTANT: Final = Value(constant=True)


def is_capital(name: str) -> bool:
    """Tell whether a name is written as one of a constant."""
    return _CAPITALS.match(name) is not None


def dotted(imported: ir.Import, language: str) -> str:
    """Give the dotted name that an import binds."""
    module, name = imported.module, imported.name
    if not name:
        if language == "python" and "." in module[1:] and imported.alias == module.split(".", 1)[0]:
            return imported.alias  # `import os.path` binds `os`
        return module
    if name == "default":
        return module
    return f"{module}{name}" if module.endswith(".") else f"{module}.{name}"


def import_value(unit: Unit, imported: ir.Import) -> Value:
    """Give what an import binds; who calls it or reads of it looks into the tree."""
    key = f"import {imported.at} {imported.alias} {imported.name}"
    value = unit.values.get(key)
    if value is None:
        name = dotted(imported, unit.language)
        value = Value(
            constant=bool(imported.name) and is_capital(imported.name),
            names=(name,),
            refers=Refers(imported, unit),
            key=imported.alias,
        )
        unit.values[key] = value
    return value


def function_value(unit: Unit, function: ir.Function, outer: Frame | None) -> Value:
    """Give a function as a value."""
    refers = _refers(unit, function, outer)
    name = function.name
    if function.owner is not None:
        name = f"{function.owner.name}.{name}" if name else ""
    return Value(form="function", names=(name,) if name and name not in _BUILTINS else (), refers=refers)


def class_value(unit: Unit, definition: ir.ClassDef, outer: Frame | None) -> Value:
    """Give a class as a value."""
    name = definition.name
    return Value(
        form="class", names=(name,) if name and name not in _BUILTINS else (), refers=_refers(unit, definition, outer)
    )


def _refers(unit: Unit, node: ir.Function | ir.ClassDef, outer: Frame | None) -> Refers:
    if outer is not None and outer.function is None:
        outer = None  # the top of a file is found by its unit
    found = unit.refers.get(id(node))
    if found is None or found.outer is not outer:
        found = unit.refers[id(node)] = Refers(node, unit, outer)
    return found


def name_value(frame: Frame, name: str) -> Value:
    """Give what a name stands for at this point."""
    state = frame.state
    if state is not None:
        value = state.vars.get(name)
        if value is not None:
            return value
    around = frame.outer
    while around is not None:
        if around.state is not None:
            value = around.state.vars.get(name)
            if value is not None:
                return value
        around = around.outer
    unit = frame.unit
    if unit.language == "java" and frame.cls is not None and frame.receiver:
        value = _own_field(frame, name)
        if value is not None:
            return value
    top = unit.top if unit.top is not None or name not in unit.given else frame.look.top_of(unit)
    if top is not None and top is not frame and top.state is not None:
        value = top.state.vars.get(name)
        if value is not None:
            return _global(unit, name, value)
    return _defined(frame, name)


def _own_field(frame: Frame, name: str) -> Value | None:
    """Give a field of the object itself that is written without `this`."""
    state, cls = frame.state, frame.cls
    this = state.vars.get(frame.receiver) if state is not None else None
    outer = frame.outer
    while this is None and outer is not None:
        this = outer.state.vars.get(frame.receiver) if outer.state is not None else None
        outer = outer.outer
    if this is not None and this.items is not None and name in this.items:
        return this.items[name]
    if cls is not None and any(type(one.target) is ir.Name and one.target.id == name for one in cls.node.fields[:200]):
        return attribute(this if this is not None else ANYTHING, name)
    return None


def is_own_field(frame: Frame, name: str) -> bool:
    """Tell whether a bare name is a field of the class around (Java)."""
    return (
        frame.unit.language == "java"
        and frame.cls is not None
        and any(type(one.target) is ir.Name and one.target.id == name for one in frame.cls.node.fields[:200])
    )


def _global(unit: Unit, name: str, value: Value) -> Value:
    if value.refers is None and value.literal is not UNKNOWN and not is_capital(name) and unit.changes(name):
        return Value(text=None, form=value.form, names=value.names, key=value.key, taints=value.taints)
    return value


def _defined(frame: Frame, name: str) -> Value:
    unit = frame.unit
    known = unit.values.get(name)
    if known is not None:
        return known
    value: Value | None = None
    if name in unit.functions:
        value = function_value(unit, unit.functions[name], None)
    elif name in unit.classes:
        value = class_value(unit, unit.classes[name], None)
    elif name in unit.imports:
        value = import_value(unit, unit.imports[name])
    elif unit.language in ("java", "go") and frame.look.files is not None:
        value = _sibling(frame.look, unit, name)
    if value is None:
        value = _unbound(unit, name)
    unit.values[name] = value
    return value


def _sibling(look: Look, unit: Unit, name: str) -> Value | None:
    """Give what another file of the same package defines."""
    if look.files is None or (unit.language == "java" and not name[:1].isupper()):
        return None
    for other in look.files.unit(unit, f"={name}"):
        if name in other.functions:
            return function_value(other, other.functions[name], None)
        if name in other.classes:
            return class_value(other, other.classes[name], None)
    return None


def _unbound(unit: Unit, name: str) -> Value:
    if name in _CONSTANT_NAMES:
        return Value(constant=True, names=(name,), key=name)
    names: tuple[str, ...] = (name,)
    if unit.language == "java" and name in _JAVA_LANG:
        names = (f"java.lang.{name}", name)
    elif unit.language == "python" and name not in _BUILTINS and (known := THINGS.get(name) or MODULES.get(name)):
        names = (known, name)
    elif (custom := _CUSTOMS.get(unit.language, {}).get(name)) and _bare(unit):
        names = (custom, name) if custom != name else (name,)
    elif unit.stars and name not in _BUILTINS:
        names = (*(f"{star}.{name}" for star in unit.stars[: _MAX_NAMES - 1]), name)
    return Value(constant=is_capital(name), names=names, key=name)


def _bare(unit: Unit) -> bool:
    """Tell whether a piece of code shows no imports, so that names in it mean what they usually do."""
    known = unit.assigned.get(_BARE)
    if known is None:
        shown = unit.imports or unit.stars or b"require(" in unit.data or b"import(" in unit.data
        known = unit.assigned[_BARE] = not shown and not (unit.language == "java" and _PACKAGE(unit.data))
    return known


# Imports of the tree


def in_tree(look: Look, refers: Refers, depth: int = 0) -> Value | None:
    """Give what an import stands for in the tree, or None where it does not hold it. A module itself stays an import."""
    imported: ir.Import = refers.node
    if look.files is None or depth > 4:
        return None
    unit: Unit = refers.unit
    if not imported.name:
        return None
    if imported.name == "default":
        for other in look.files.unit(unit, imported.module):
            found = _member_of(look, other, "default", depth)
            if found is not None:
                return found
        return None
    modules = [imported.module]
    if unit.language == "java":
        modules.insert(0, f"{imported.module}.{imported.name}")
    for module in modules:
        for other in look.files.unit(unit, module):
            found = _member_of(look, other, imported.name, depth)
            if found is not None:
                return found
    return None


def module_default(look: Look, refers: Refers) -> Value | None:
    """Give what a module of the tree is when it is called itself (`module.exports = function …`)."""
    if look.files is None:
        return None
    for other in look.files.unit(refers.unit, refers.node.module):
        found = _member_of(look, other, "default", 0)
        if found is not None:
            return found
    return None


def module_member(look: Look, refers: Refers, name: str) -> Value | None:
    """Give what `module.name` stands for in the tree."""
    imported: ir.Import = refers.node
    if look.files is None:
        return None
    unit: Unit = refers.unit
    module = imported.module
    if imported.name and imported.name != "default":
        module = f"{module}{imported.name}" if module.endswith(".") else f"{module}.{imported.name}"
    elif not imported.name:
        module = dotted(imported, unit.language)
    for other in look.files.unit(unit, module):
        found = _member_of(look, other, name, 0)
        if found is not None:
            return found
    return None


def _member_of(look: Look, unit: Unit, name: str, depth: int) -> Value | None:
    if name in unit.functions:
        return function_value(unit, unit.functions[name], None)
    if name in unit.classes:
        return class_value(unit, unit.classes[name], None)
    top = look.top_of(unit) if not unit.lazy(name) else None
    if top is not None and top.state is not None:
        value = top.state.vars.get(name)
        if value is None and unit.language == "javascript":
            value = _exported(top, name)
        if value is not None:
            if value.refers is not None and type(value.refers.node) is ir.Import:
                return in_tree(look, value.refers, depth + 1) or value
            return value
    if unit.language == "java":
        for definition in list(unit.classes.values())[:20]:
            for method in definition.methods:
                if method.name == name and "static" in method.flags:
                    return function_value(unit, method, None)
    if name in unit.imports:
        value = import_value(unit, unit.imports[name])
        return in_tree(look, value.refers, depth + 1) or value if value.refers is not None else value
    return None


def _exported(top: Frame, name: str) -> Value | None:
    """Give what `module.exports` or `exports` of a JavaScript file holds under a name."""
    if top.state is None:
        return None
    module = top.state.vars.get("module")
    exports = module.items.get("exports") if module is not None and module.items is not None else None
    for one in (exports, top.state.vars.get("exports")):
        if one is None:
            continue
        if name == "default" and (one.refers is not None or one.form):
            return one
        if one.items is not None and name in one.items:
            return one.items[name]
    return None


# Classes and types


def class_of(refers: Refers | None) -> ir.ClassDef | None:
    """Give the class that is meant, where it is one."""
    return refers.node if refers is not None and type(refers.node) is ir.ClassDef else None


def bases(look: Look, refers: Refers) -> list[tuple[Refers | None, tuple[str, ...]]]:
    """Give the bases of a class: the class of the tree, where it is one, and the dotted names."""
    unit: Unit = refers.unit
    settled = refers.outer is None and (unit.done or unit.top is None)
    if settled:
        known = unit.bases.get(id(refers.node))
        if known is not None and known[0] == unit.done:
            return known[1]
    out: list[tuple[Refers | None, tuple[str, ...]]] = []
    frame = refers.outer if refers.outer is not None else look.frame_of(unit)
    for base in refers.node.bases[:_MAX_BASES]:
        value = type_value(frame, base)
        found = value.refers
        if found is not None and type(found.node) is ir.Import:
            inner = in_tree(look, found)
            found = inner.refers if inner is not None else None
        out.append((found if class_of(found) is not None and found is not refers else None, value.names))
    if settled and (unit.done or unit.top is None):
        unit.bases[id(refers.node)] = unit.done, out
    return out


def lineage(look: Look, refers: Refers) -> list[Refers]:
    """Give a class and those of its ancestors that the tree holds, nearest first."""
    out = [refers]
    seen = {id(refers.node)}
    for one in out:
        for base, _ in bases(look, one):
            if base is not None and id(base.node) not in seen and len(out) < 12:
                seen.add(id(base.node))
                out.append(base)
    return out


def class_names(look: Look, refers: Refers) -> tuple[str, ...]:
    """Give the names by which an instance of a class is known without `()`: those of its bases, then its own."""
    unit: Unit = refers.unit
    key = f"names of {refers.node.at}"
    known = unit.values.get(key)
    if known is None:
        names: dict[str, None] = {}
        for one in lineage(look, refers):
            for base, dotted_names in bases(look, one):
                if base is None:
                    names.update(dict.fromkeys(dotted_names))
        for one in lineage(look, refers):
            if one.node.name:
                names[one.node.name] = None
        known = unit.values[key] = Value(names=tuple(names)[:_MAX_NAMES])
    return known.names


def find_method(look: Look, refers: Refers, name: str, count: int = -1) -> tuple[ir.Function, Refers] | None:
    """Give a method of a class or of its ancestors in the tree, with the class that holds it; of several that with so many
    parameters."""
    for one in lineage(look, refers):
        found = None
        for method in one.unit.methods_of(one.node, name):
            if "abstract" not in method.flags and (found is None or len(method.params) == count):
                found = method
        if found is not None:
            return found, one
        if one.unit.language == "go" and look.files is not None:
            for other in look.files.unit(one.unit, f"={one.node.name}"):
                held = other.classes.get(one.node.name)
                if held is None:
                    continue
                for method in held.methods:
                    if method.name == name:
                        return method, _refers(other, held, None)
    return None


def instance_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Give the names of an instance of a thing, or of what a call of it gives."""
    return tuple(f"{name}()" for name in names)


def type_names(frame: Frame, node: ir.Expr | None) -> tuple[str, ...]:
    """Give the dotted names of a type that is written."""
    return type_value(frame, node).names if node is not None else ()


def type_value(frame: Frame, node: ir.Expr | None, depth: int = 0) -> Value:
    """Give the class (of the tree, or by name) that a written type means: `Optional[X]`, `X | None`, `*X`, `"X"` are X."""
    if node is None or depth > 6:
        return ANYTHING
    if isinstance(node, ir.Name):
        value = name_value(frame, node.id)
        return value if value.form != "object" and value.names else ANYTHING
    if isinstance(node, ir.Attr):
        base = type_value(frame, node.base, depth + 1)
        if base.refers is not None and isinstance(base.refers.node, ir.Import):
            found = module_member(frame.look, base.refers, node.name)
            if found is not None and found.form == "class":
                return found
        return attribute(base, node.name)
    if isinstance(node, ir.Index):
        return _generic(frame, node, depth)
    if isinstance(node, ir.Binary):
        return _first_type(frame, node.operands, depth)
    if isinstance(node, ir.Unary):
        return type_value(frame, node.operand, depth + 1)
    if isinstance(node, ir.Const) and isinstance(node.value, str):
        return _written(frame, node.value)
    return ANYTHING


def _generic(frame: Frame, node: ir.Index, depth: int) -> Value:
    base = type_value(frame, node.base, depth + 1)
    word = base.names[0].rpartition(".")[2] if base.names else ""
    key = node.key
    parts = key.items if isinstance(key, ir.Items) else (key,)
    if word in _WRAPPERS and parts:
        return type_value(frame, parts[0], depth + 1)
    return _first_type(frame, parts, depth) if word == "Union" else base


_NUMBERS: Final = frozenset({
    "byte", "short", "int", "long", "float", "double", "boolean", "Byte", "Short", "Integer", "Long", "Float", "Double",
    "Boolean", "UUID",
    "BigInteger", "BigDecimal", "LocalDate", "LocalDateTime", "Instant", "Duration", "int8", "int16", "int32", "int64",
    "uint", "uint8", "uint16",
    "uint32", "uint64", "uintptr", "float32", "float64", "bool", "complex64", "complex128",
})  # fmt: skip


def is_number(frame: Frame, node: ir.Expr | None) -> bool:
    """Tell whether the language itself holds values of a declared type to numbers and the like."""
    if node is None or frame.unit.language not in ("java", "go"):
        return False
    word = node.id if type(node) is ir.Name else node.name if type(node) is ir.Attr else ""
    return word in _NUMBERS


def _first_type(frame: Frame, parts: tuple[ir.Expr, ...], depth: int) -> Value:
    for part in parts[:8]:
        if type(part) is ir.Const and not isinstance(part.value, str):
            continue
        value = type_value(frame, part, depth + 1)
        if value.names:
            return value
    return ANYTHING


def _written(frame: Frame, text: str) -> Value:
    """Read a type that is given as text (`"db.Session"`)."""
    text = text.strip().removeprefix("Optional[").removesuffix(" | None")
    found = _DOTTED.match(text)
    if found is None:
        return ANYTHING
    parts = found[0].split(".")[:_MAX_NAMES]
    value = name_value(frame, parts[0])
    for part in parts[1:]:
        value = attribute(value, part)
    return value
