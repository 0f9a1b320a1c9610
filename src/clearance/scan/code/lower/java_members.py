"""Which fields and methods a bare name in a Java class may mean."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from tree_sitter import Node

Owner = tuple[str, ...]
"""How a member's owner is written: `("this",)`, `("Outer",)` for what is static, `("Outer", "this")`."""
TYPES: Final = frozenset(
    {"class_declaration", "interface_declaration", "enum_declaration", "record_declaration", "annotation_type_declaration"}
)
"""Nodes that declare a type."""
_HOLDERS = frozenset({"class_body", "interface_body", "enum_body", "enum_body_declarations", "annotation_type_body"})
_MOST_BASES = 8
_MOST_HIDDEN = 100
_LARGEST_BASE = 500


class Members(NamedTuple):
    """Fields and methods that can be named without saying whose they are, each with its owner: those of a class, and what
    can be named around it.

    `hidden` are fields behind local variables of the same name; where there are very many of those, the fields are
    `blurred`: none is known any more, and names stay as they are written.
    """

    fields: Mapping[str, Owner]
    methods: Mapping[str, Owner]
    outer: "Members | None" = None
    outer_name: str = ""
    hidden: frozenset[str] = frozenset()
    blurred: bool = False

    def field(self, name: str) -> Owner | None:
        """Give the owner of a field."""
        if self.blurred or name in self.hidden:
            return None
        owner = self.fields.get(name)
        if owner is not None or self.outer is None:
            return owner
        return self._around(self.outer.field(name))

    def method(self, name: str) -> Owner | None:
        """Give the owner of a method."""
        owner = self.methods.get(name)
        if owner is not None or self.outer is None:
            return owner
        return self._around(self.outer.method(name))

    def _around(self, owner: Owner | None) -> Owner | None:
        """Write the owner of a member of a class around as it is seen from within this class."""
        if owner != ("this",):
            return owner
        return (self.outer_name, "this") if self.outer_name else None

    def without(self, name: str) -> "Members":
        """Hide a field behind a local variable of the same name."""
        if self.field(name) is None:
            return self
        if len(self.hidden) >= _MOST_HIDDEN:
            return self._replace(blurred=True)
        return self._replace(hidden=self.hidden | {name})


NO_MEMBERS: Final = Members({}, {})


class TypeTable:
    """The types that a file declares, by their plain names; read when somebody first asks for a base class."""

    def __init__(self, root: Node, data: bytes) -> None:
        self._root = root
        self._data = data
        self._types: dict[str, Node] | None = None

    def members(self, node: Node, body: Node | None, name: str, outer: Members, outer_name: str) -> Members:
        """Give what can be named in a class: its members, those of its bases in this file, and those of the class around
        it. `name` is empty for an anonymous class."""
        fields: dict[str, Owner] = {}
        methods: dict[str, Owner] = {}
        for declared, at, inner in (*self._bases(node, name), (node, name, body)):
            self._add(declared, at, inner, fields, methods)
        around = outer if outer.fields or outer.methods or outer.outer is not None else None
        return Members(fields, methods, around, outer_name)

    def components(self, name: str) -> tuple[str, ...]:
        """Give the names of the components of a record of this file, none for what is no such record."""
        declared = self._known().get(name)
        parameters = declared.child_by_field_name("parameters") if declared is not None else None
        names = [one.child_by_field_name("name") for one in parameters.named_children] if parameters is not None else []
        return tuple([self._text(one) for one in names if one is not None])

    def _add(self, node: Node, name: str, body: Node | None, fields: dict[str, Owner], methods: dict[str, Owner]) -> None:
        ours: Owner = ("this",)
        static: Owner = (name,) if name else ours
        all_static = node.type in {"interface_declaration", "annotation_type_declaration"}
        if node.type == "record_declaration":
            parameters = node.child_by_field_name("parameters")
            for parameter in parameters.named_children if parameters is not None else ():
                found = parameter.child_by_field_name("name")
                if found is not None:
                    fields[self._text(found)] = ours
                    methods[self._text(found)] = ours
        for member in _parts(body):
            kind = member.type
            if kind in {"field_declaration", "constant_declaration"}:
                owner = static if all_static or _is_static(member) else ours
                for declarator in member.children_by_field_name("declarator"):
                    found = declarator.child_by_field_name("name")
                    if found is not None:
                        fields[self._text(found)] = owner
            elif kind == "method_declaration":
                found = member.child_by_field_name("name")
                if found is not None:
                    methods[self._text(found)] = static if _is_static(member) else ours
            elif kind == "enum_constant":
                found = member.child_by_field_name("name")
                if found is not None:
                    fields[self._text(found)] = static

    def _bases(self, node: Node, name: str) -> list[tuple[Node, str, Node | None]]:
        """Give the classes of this file from which one inherits, the farthest first."""
        found: list[tuple[Node, str, Node | None]] = []
        seen = {name}
        wanted = [*_named_bases(node)]
        while wanted and len(found) < _MOST_BASES:
            base = self._text(wanted.pop())
            if base in seen:
                continue
            seen.add(base)
            declared = self._known().get(base)
            body = declared.child_by_field_name("body") if declared is not None else None
            if declared is not None and body is not None and body.named_child_count <= _LARGEST_BASE:
                found.append((declared, base, body))
                wanted.extend(_named_bases(declared))
        return found[::-1]

    def _known(self) -> dict[str, Node]:
        if self._types is None:
            self._types = {}
            stack = [self._root]
            while stack:
                for child in stack.pop().named_children:
                    if child.type in TYPES:
                        name = child.child_by_field_name("name")
                        body = child.child_by_field_name("body")
                        if name is not None and body is not None:
                            self._types.setdefault(self._text(name), child)
                            stack.append(body)
                    elif child.type in _HOLDERS:
                        stack.append(child)
        return self._types

    def _text(self, node: Node) -> str:
        return self._data[node.start_byte : node.end_byte].decode("utf-8", "replace")


def _parts(body: Node | None) -> Iterator[Node]:
    for child in body.named_children if body is not None else ():
        if child.type == "enum_body_declarations":
            yield from child.named_children
        else:
            yield child


def _is_static(member: Node) -> bool:
    first = member.child(0)
    return first is not None and first.type == "modifiers" and any(one.type == "static" for one in first.children)


def _named_bases(node: Node) -> Iterator[Node]:
    """Give the plain names of what a type extends and implements, or what an anonymous class is made of."""
    made = node.child_by_field_name("type") if node.type == "object_creation_expression" else None
    if made is not None and made.type == "type_identifier":
        yield made
    for child in node.named_children:
        if child.type in {"superclass", "super_interfaces", "extends_interfaces"}:
            stack = [*child.named_children]
            while stack:
                one = stack.pop()
                if one.type == "type_identifier":
                    yield one
                elif one.type in {"type_list", "generic_type"}:
                    stack.extend(one.named_children[: 1 if one.type == "generic_type" else None])
