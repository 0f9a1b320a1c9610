"""What names stand for: dotted names resolved through bindings, imports and aliases."""

import re

from tree_sitter import Node

from clearance.scan.code.bindings import (
    LONGEST_NAME,
    MAX_HOPS,
    Binding,
    Collector,
    Scope,
    bound_before,
    module_name,
    string_text,
)
from clearance.scan.code.source import Source
from clearance.scan.code.walk import Frame
from clearance.scan.family import Budget

_REQUIRE = re.compile(rb"\b(?:require|import|__import__)\(\s{0,20}[\"'`]([\w./:@-]{1,120})[\"'`]")
_FIRST = 16
"""So many of the things that a name stands for are looked at for an import."""


class Scopes:
    """Collects bindings function by function, once each, and resolves names through them."""

    def __init__(self, source: Source, top: Frame, budget: Budget) -> None:
        self.source = source
        self.top = top
        self.budget = budget
        self._module_names: set[str] | None = None

    def of(self, frame: Frame) -> Scope:
        """Give the bindings of a function or of the file."""
        if frame.scope is None:
            frame.scope = Collector(self.source, frame, self.budget).collect()
        return frame.scope

    def lookup(self, name: str, frame: Frame) -> tuple[list[Binding], Frame] | None:
        """Give the bindings of a name where it is visible from, and the frame that holds them."""
        at: Frame | None = frame
        while at is not None:
            found = self.of(at).names.get(name)
            if found:
                return found, at
            at = at.outer
        return None

    def resolve(self, node: Node, frame: Frame) -> str | None:
        """Give the dotted name that an expression stands for, or None where it is no name.

        Calls within are written `()`, entries by constant keys like attributes; what is known only by its variable
        starts with that variable; a parameter or unknown value starts with `?`.
        """
        return self._resolve(node, frame, MAX_HOPS)

    def _resolve(self, node: Node, frame: Frame, hops: int) -> str | None:
        tail: list[str] = []
        at: Node | None = node
        while at is not None and len(tail) < MAX_HOPS:
            kind = at.type
            if kind in ("identifier", "shorthand_property_identifier", "property_identifier", "import"):
                base = self._base(at, frame, hops)
                return ".".join([base, *reversed(tail)]).replace(".()", "()")
            if kind in ("attribute", "member_expression"):
                leaf = at.child_by_field_name("attribute") or at.child_by_field_name("property")
                if leaf is None:
                    return None
                tail.append(self.source.text(leaf))
                at = at.child_by_field_name("object")
            elif kind in ("call", "call_expression"):
                imported = self._required(at)
                if imported:
                    return ".".join([imported, *reversed(tail)]).replace(".()", "()")
                tail.append("()")
                at = at.child_by_field_name("function")
            elif kind == "new_expression":
                tail.append("()")
                at = at.child_by_field_name("constructor")
            elif kind in ("subscript", "subscript_expression"):
                key = self.key_of(at)
                tail.append(key if key is not None else "[]")
                at = at.child_by_field_name("value") or at.child_by_field_name("object")
            elif kind in ("await", "await_expression", "parenthesized_expression", "non_null_expression", "as_expression"):
                at = at.named_child(0) if at.named_child_count else None
            elif kind in ("this", "super"):
                return ".".join(["self", *reversed(tail)]).replace(".()", "()")
            else:
                return ".".join(["?", *reversed(tail)]).replace(".()", "()") if tail else None
        return None

    def _base(self, node: Node, frame: Frame, hops: int) -> str:
        """Resolve the first part of a dotted name."""
        name = self.source.text(node)
        found = self.lookup(name, frame)
        if found is None:
            return name
        bindings, where = found
        imported = next((one for one in bindings[:_FIRST] if one.how == "import"), None)
        if imported is not None:
            return imported.key
        binding = bindings[max(0, bound_before(bindings, node.start_byte + 1) - 1)]
        if hops <= 0:
            return "?"
        if binding.how == "value" and binding.node is not None and binding.node.id != node.id:
            inner = _unpromised(binding.node, self.source)
            resolved = self._resolve(inner, where, hops // 2) if inner is not None else None
            return resolved if resolved and len(resolved) < LONGEST_NAME else "?"
        if binding.how == "property" and binding.node is not None:
            resolved = self._resolve(binding.node, where, hops // 2)
            return f"{resolved}.{binding.key}" if resolved else "?"
        return "?"

    def _required(self, call: Node) -> str | None:
        """Give the module that `require("x")`, `import("x")` or `__import__("x")` gives."""
        function = call.child_by_field_name("function")
        if function is None or self.source.text(function) not in (
            "require",
            "import",
            "__import__",
            "importlib.import_module",
        ):
            return None
        arguments = call.child_by_field_name("arguments")
        first = arguments.named_child(0) if arguments is not None and arguments.named_child_count else None
        text = string_text(first, self.source) if first is not None else None
        return module_name(text) if text else None

    def key_of(self, subscript: Node) -> str | None:
        """Give the constant text key of `x["key"]`."""
        index = subscript.child_by_field_name("subscript") or subscript.child_by_field_name("index")
        return string_text(index, self.source) if index is not None else None

    def modules(self) -> set[str]:
        """Give the dotted names that the file imports at its top level."""
        if self._module_names is None:
            required = (found[1].decode("utf-8", "replace") for found in _REQUIRE.finditer(self.source.data))
            self._module_names = {*self.of(self.top).modules, *map(module_name, required)}
        return self._module_names


def _unpromised(node: Node, source: Source) -> Node | None:
    """Give `exec` of `promisify(exec)`, and any other node as it is."""
    if node.type == "call_expression":
        function = node.child_by_field_name("function")
        arguments = node.child_by_field_name("arguments")
        if (
            function is not None
            and arguments is not None
            and arguments.named_child_count
            and source.data[max(function.start_byte, function.end_byte - 9) : function.end_byte] == b"promisify"
        ):
            return arguments.named_child(0)
    return node
