"""What a word in the code is: a call, an assignment, an import, …; one method for each kind of block."""

from collections.abc import Callable
from typing import NamedTuple

from tree_sitter import Node

from clearance.scan.code.bindings import import_names
from clearance.scan.code.detect import CodeBlock
from clearance.scan.code.names import NamePattern
from clearance.scan.code.scopes import Scopes
from clearance.scan.code.source import Source
from clearance.scan.code.walk import FUNCTIONS, STRINGS, Site

_MEMBERS = frozenset({"attribute", "member_expression"})
CALLS = frozenset({"call", "call_expression", "new_expression"})
_NAMES = frozenset({"identifier", "property_identifier", "shorthand_property_identifier"})
_NOTHING = frozenset({"pass_statement", "comment", "continue_statement", "empty_statement", "ellipsis"})
"""Statements that do nothing."""
_EQUAL = frozenset({"==", "!=", "===", "!=="})
_IMPORTS = frozenset({"import_statement", "import_from_statement", "future_import_statement"})


class Candidate(NamedTuple):
    """What a block asks about: the node that is shown, and the values that its conditions may ask about."""

    node: Node
    value: Node | None = None
    other: Node | None = None
    receiver: Node | None = None
    arguments: Node | None = None
    name: str = ""


class _Named(NamedTuple):
    """An expression, how many nodes around the leaf it takes, and the dotted name that it stands for."""

    node: Node
    taken: int
    name: str


class Finder:
    """Finds what blocks ask about at the places of one file."""

    def __init__(self, source: Source, scopes: Scopes) -> None:
        self.source = source
        self.scopes = scopes
        self._site: Site | None = None
        self._named: list[_Named | None] = []
        self._finders: dict[str, Callable[[Site, CodeBlock], Candidate | None]] = {
            "call": self._call, "decorator": self._decorator, "assign": self._assign, "key": self._key, "use": self._use,
            "import": self._import, "define": self._define, "compare": self._compare, "return": self._return,
            "assert": self._assert, "catch": self._catch,
        }  # fmt: skip

    def find(self, site: Site, block: CodeBlock) -> Candidate | None:
        """Give what a block asks about, where the place is such a thing and has one of the names."""
        return self._finders[block.kind](site, block)

    def _longer(self, site: Site, steps: int) -> _Named | None:
        """Give the expression whose last part is the word (`a.b` at `b`), or the one that goes so many steps further.

        What was found is kept until another place is asked about, because many blocks ask about one place.
        """
        if self._site is not site:
            self._site = site
            self._named = []
        while len(self._named) <= steps:
            above = site.above
            if not self._named:
                member = above and above[0].type in _MEMBERS and above[0].end_byte == site.leaf.end_byte
                node, taken = (above[0], 1) if member else (site.leaf, 0)
            else:
                before = self._named[-1]
                longer = above[before.taken] if before is not None and len(above) > before.taken else None
                if (
                    before is None
                    or longer is None
                    or longer.type not in _MEMBERS
                    or longer.start_byte != before.node.start_byte
                ):
                    self._named.append(None)
                    continue
                node, taken = longer, before.taken + 1
            name = self.scopes.resolve(node, site.frame)
            self._named.append(_Named(node, taken, name) if name is not None else None)
        return self._named[steps]

    def _fitting(self, site: Site, block: CodeBlock) -> _Named | None:
        """Give the expression that one of a block's names means."""
        if site.leaf.type not in _NAMES:
            return None
        above = site.above
        member = above and above[0].type in _MEMBERS and above[0].end_byte == site.leaf.end_byte
        if member and block.names.fit_any(word_of(site)):
            return _Named(above[0], 1, "?")  # `*.execute`: nothing to resolve
        for steps in range(block.names.beyond + 1):
            named = self._longer(site, steps)
            if named is None:
                return None
            if block.names.fits(named.name) or (not steps and self._starred(named.name, block, site)):
                return named
        return None

    def _starred(self, name: str, block: CodeBlock, site: Site) -> bool:
        """Tell whether a bare name may have come from `from module import *`."""
        stars = self.scopes.of(self.scopes.top).stars
        if not stars or "." in name or self.scopes.lookup(name, site.frame) is not None:
            return False
        return any(block.names.fits(f"{module}.{name}") for module in stars)

    def _call(self, site: Site, block: CodeBlock) -> Candidate | None:
        above = site.above
        found = self._fitting(site, block)
        if found is None:
            return None
        node, taken, name = found
        call = above[taken] if len(above) > taken else None
        if call is None or call.type not in CALLS:
            return None
        function = call.child_by_field_name("function") or call.child_by_field_name("constructor")
        if function is None or function.id != node.id:
            return None
        return Candidate(
            node=call,
            receiver=node.child_by_field_name("object") if node.type in _MEMBERS else None,
            arguments=call.child_by_field_name("arguments"),
            name=name,
        )

    def _decorator(self, site: Site, block: CodeBlock) -> Candidate | None:
        found = self._fitting(site, block)
        if found is None:
            return None
        _, taken, name = found
        around = site.above[taken : taken + 2]
        if around and around[0].type in CALLS and len(around) > 1 and around[1].type == "decorator":
            return Candidate(node=around[1], arguments=around[0].child_by_field_name("arguments"), name=name)
        return Candidate(node=around[0], name=name) if around and around[0].type == "decorator" else None

    def _assign(self, site: Site, block: CodeBlock) -> Candidate | None:
        above = site.above
        node: Node = site.leaf
        taken = 0
        if above and above[0].type in _MEMBERS and above[0].end_byte == node.end_byte:
            node, taken = above[0], 1
        elif node.type in STRINGS:
            if len(above) < 2 or above[1].type not in ("subscript", "subscript_expression"):
                return None
            node, taken = above[1], 2
        if len(above) <= taken:
            return None
        around = above[taken]
        value = self._assigned(node, around)
        if value is None:
            return None
        name = self.source.text(node) if taken == 0 else self.scopes.resolve(node, site.frame)
        if name is None or not block.names.fits(name.lower()):
            return None
        return Candidate(node=around, value=value, name=name)

    def _assigned(self, node: Node, around: Node) -> Node | None:
        """Give what a target gets, where it is one."""
        kind = around.type
        if kind in ("assignment", "assignment_expression", "augmented_assignment", "augmented_assignment_expression"):
            left = around.child_by_field_name("left")
            return around.child_by_field_name("right") if left is not None and left.id == node.id else None
        fields = {
            "variable_declarator": ("name", "value"), "default_parameter": ("name", "value"),
            "typed_default_parameter": ("name", "value"), "field_definition": ("property", "value"),
            "public_field_definition": ("name", "value"), "assignment_pattern": ("left", "right"),
            "required_parameter": ("pattern", "value"),
        }.get(kind)  # fmt: skip
        if fields is None:
            return None
        name = around.child_by_field_name(fields[0])
        return around.child_by_field_name(fields[1]) if name is not None and name.id == node.id else None

    def _key(self, site: Site, block: CodeBlock) -> Candidate | None:
        above = site.above
        taken = 1 if site.leaf.type in STRINGS else 0
        if len(above) <= taken:
            return None
        around = above[taken]
        if around.type not in ("pair", "keyword_argument", "jsx_attribute") or around.start_byte != (
            above[0].start_byte if taken else site.leaf.start_byte
        ):
            return None
        if not block.names.fits(word_of(site)):
            return None
        value = around.child_by_field_name("value")
        if around.type == "jsx_attribute" and around.named_child_count > 1:
            value = around.named_child(1)
        return Candidate(node=around, value=value) if value is not None else None

    def _use(self, site: Site, block: CodeBlock) -> Candidate | None:
        if any(node.type.startswith("import") for node in site.above[:3]):
            return None
        found = self._fitting(site, block)
        return Candidate(node=found[0], name=found[2]) if found is not None else None

    def _import(self, site: Site, block: CodeBlock) -> Candidate | None:
        statement = site.above[0] if site.above else None
        if statement is None:
            return None
        if statement.type in _IMPORTS:
            names = import_names(statement, self.source, self.scopes.budget)
        elif statement.type in CALLS:
            names = (self.scopes.resolve(statement, site.frame) or "?",)
        else:
            return None
        if any(under(name, pattern) for name in names for pattern in block.names.patterns):
            return Candidate(node=statement)
        return None

    def _define(self, site: Site, block: CodeBlock) -> Candidate | None:
        if not site.above:
            return None
        around = site.above[0]
        name = around.child_by_field_name("name")
        if around.type in ("variable_declarator", "pair"):
            value = around.child_by_field_name("value")
            name = (name or around.child_by_field_name("key")) if value is not None and value.type in FUNCTIONS else None
        elif around.type not in FUNCTIONS:
            return None
        if name is None or name.id != site.leaf.id:
            return None
        text = self.source.text(name)
        return Candidate(node=name, name=text) if block.names.fits(text.lower()) else None

    def _compare(self, site: Site, block: CodeBlock) -> Candidate | None:
        above = site.above
        member = above and above[0].type in _MEMBERS and above[0].end_byte == site.leaf.end_byte
        node, taken = (above[0], 1) if member else (site.leaf, 0)
        if len(above) > taken and above[taken].type in CALLS:
            node, taken = above[taken], taken + 1
        if len(above) <= taken or above[taken].type not in ("comparison_operator", "binary_expression"):
            return None
        around = above[taken]
        if around.child_count != 3 or around.children[1].type not in _EQUAL:
            return None
        left, _, right = around.children
        if node.id not in (left.id, right.id) or not block.names.fits(word_of(site).lower()):
            return None
        return Candidate(node=around, other=right if node.id == left.id else left)

    def _return(self, site: Site, _block: CodeBlock) -> Candidate | None:
        statement = site.above[0] if site.above else None
        if statement is None or statement.type != "return_statement" or site.leaf.is_named:
            return None
        value = statement.named_child(0) if statement.named_child_count else None
        return Candidate(node=statement, value=value) if value is not None else None

    def _assert(self, site: Site, _block: CodeBlock) -> Candidate | None:
        statement = site.above[0] if site.above else None
        if statement is None or statement.type != "assert_statement" or site.leaf.is_named:
            return None
        return Candidate(node=statement, value=statement.named_child(0) if statement.named_child_count else None)

    def _catch(self, site: Site, block: CodeBlock) -> Candidate | None:
        found = self._fitting(site, block)
        if found is None or not any(node.type in CALLS for node in site.above[found[1] : found[1] + 1]):
            return None
        attempt = next((node for node in site.above if node.type == "try_statement"), None)
        body = attempt.child_by_field_name("body") if attempt is not None else None
        if attempt is None or body is None or not body.start_byte <= site.leaf.start_byte < body.end_byte:
            return None
        for handler in attempt.named_children:
            if handler.type in ("except_clause", "catch_clause") and self._is_silent(handler):
                return Candidate(node=handler)
        return None

    def _is_silent(self, handler: Node) -> bool:
        """Tell whether a handler catches everything and does nothing."""
        caught = handler.child_by_field_name("value")
        if caught is not None and handler.type == "except_clause":
            name = self.source.text(caught).split(" as ", 1)[0].strip()
            if name not in ("Exception", "BaseException"):
                return False
        body = handler.child_by_field_name("body") or next(
            (child for child in handler.named_children if child.type == "block"), None
        )
        if body is None:
            return False
        return all(
            child.type in _NOTHING
            or (child.type == "expression_statement" and child.named_child_count and child.named_child(0).type in _NOTHING)
            for child in body.named_children
        )


def word_of(site: Site) -> str:
    """Give the word of a place as text."""
    return site.word.decode("utf-8", "replace")


def under(name: str, pattern: NamePattern) -> bool:
    """Tell whether an imported name is the one that is meant, or lies under it."""
    return pattern.fits(name) or name.startswith(f"{pattern.text}.")
