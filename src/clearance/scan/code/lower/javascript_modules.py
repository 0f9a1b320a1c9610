"""JavaScript: what a module takes from others and gives to them.

A default import has the name `default`, and `export default x` is written `module.exports = x`: there is one way for both
kinds of modules. `export { a as b }` is `exports.b = a`; what is exported under its own name is found by it.
"""

import re

from tree_sitter import Node

from clearance.scan.code import ir
from clearance.scan.code.lower.javascript_definitions import LISTED, PUBLIC
from clearance.scan.code.lower.javascript_expressions import Expressions
from clearance.scan.code.lower.javascript_types import module_name

_WORD = re.compile(r"[A-Za-z_$][\w$]*")
_EXPORTS = re.compile(rb"\bexport(?:s|ed)?\b")
_IMPORTS = re.compile(rb"\brequire\s*\(|^import\b", re.MULTILINE)
_MOST_EXPORTED = 20_000


class Modules(Expressions):
    """Imports and exports."""

    exported: frozenset[str] | None = None
    """What others can call by name; None where the file exports nothing and imports nothing: a script, whose functions other
    scripts of the page can call."""

    # What is exported

    def read_exports(self, root: Node) -> None:
        """Find the names that the file exports, from the statements at its top."""
        if _EXPORTS.search(self.data) is None:
            if _IMPORTS.search(self.data) is not None:  # a module that gives nothing out is a program
                self.exported = frozenset()
            return
        names: set[str] = set()
        any_export = False
        for node in root.named_children:
            if node.type == "export_statement":
                any_export = True
                for part in node.named_children:
                    if part.type == "export_clause":
                        names.update(found[0] for one in part.named_children for found in _WORD.finditer(self.text(one)))
                    elif part.type == "identifier":
                        names.add(self.text(part))
            elif node.type == "expression_statement":
                right = self._given_out(node)
                if right is None:
                    continue
                any_export = True
                if right.type == "identifier":
                    names.add(self.text(right))
                elif right.type in ("object", "call_expression", "new_expression"):
                    size = right.end_byte - right.start_byte
                    text = self.data[right.start_byte : right.start_byte + min(size, _MOST_EXPORTED)].decode(
                        "utf-8", "replace"
                    )
                    names.update(found[0] for found in _WORD.finditer(text))
        if any_export:
            self.exported = frozenset(names)

    def _given_out(self, statement: Node) -> Node | None:
        """Give the value of `module.exports = x`, `exports.a = exports.b = x`; None for any other statement."""
        at = self.named(statement)
        node = at[0] if at else None
        right = None
        while node is not None and node.type == "assignment_expression":
            left = node.child_by_field_id(self.f.left)
            node = node.child_by_field_id(self.f.right)
            if left is not None and left.type == "member_expression" and left.end_byte - left.start_byte < 200:
                text = self.text(left)
                if text == "module.exports" or text.startswith(("module.exports.", "exports.")):
                    right = node
        return node if right is not None else None

    def standing_of(self, name: str) -> int:
        """Tell what a function of that name at the top is: one that others can call, or only one of the file's."""
        if self.inside:
            return 0
        return PUBLIC if self.exported is None or name in self.exported else LISTED

    def standing_at(self, target: Node) -> int:
        """Tell what a function is that is assigned to a place: public below `exports` and what is exported."""
        if self.inside:
            return 0
        root = _WORD.match(self.data[target.start_byte : target.start_byte + 200].decode("utf-8", "replace"))
        name = root[0] if root else ""
        if name in ("module", "exports"):
            return PUBLIC
        return self.standing_of(name)

    # Imports

    def import_(self, node: Node, out: list[ir.Stmt], *, exported: bool = False) -> None:
        """Lower `import … from "x"` and TypeScript's `import x = require("x")`."""
        start, end = node.start_byte, node.end_byte
        source = node.child_by_field_id(self.f.source)
        for child in self.named(node):
            if child.type == "import_require_clause":
                inner = self.named(child)
                if len(inner) == 2:
                    alias, module = self.text(inner[0]), module_name(self.string_text(inner[1]))
                    out.append(ir.Import(start, end, module, "", alias, exported))
                return
            if child.type == "import_clause" and source is not None:
                self._clause(child, module_name(self.string_text(source)), out)
                return
        if source is not None:
            out.append(ir.Import(start, end, module_name(self.string_text(source)), "", "", exported))
        else:
            self.unknown(node, out)

    def _clause(self, clause: Node, module: str, out: list[ir.Stmt]) -> None:
        for child in self.named(clause):
            start, end = child.start_byte, child.end_byte
            if child.type == "identifier":
                out.append(ir.Import(start, end, module, "default", self.text(child)))
            elif child.type == "namespace_import":
                inner = self.named(child)
                if inner:
                    out.append(ir.Import(start, end, module, "", self.text(inner[-1])))
            elif child.type == "named_imports":
                specifiers = [one for one in self.named(child) if one.type == "import_specifier"]
                out.extend(self._specifier(one, module, exported=False) for one in specifiers)

    def _specifier(self, node: Node, module: str, *, exported: bool) -> ir.Import:
        names = [node.child_by_field_id(self.f.name), node.child_by_field_id(self.f.alias)]
        texts = ["" if one is None else self.string_text(one) if one.type == "string" else self.text(one) for one in names]
        return ir.Import(node.start_byte, node.end_byte, module, texts[0], texts[1] or texts[0], exported)

    def alias(self, node: Node, out: list[ir.Stmt]) -> None:
        """Lower TypeScript's `import A = B.C`."""
        inner = self.named(node)
        if len(inner) != 2:
            self.unknown(node, out)
            return
        out.append(ir.Assign(node.start_byte, node.end_byte, self.name(inner[0]), self.type_of(inner[1]), declares=True))

    def required(self, name: Node, value: Node, out: list[ir.Stmt]) -> bool:
        """Write a variable that takes `require("x")`, `require("x").y` or `await import("x")` as imports, if it does."""
        member = ""
        if value.type == "member_expression" and name.type == "identifier":
            member = self.text(value.children[-1])
            value = value.children[0]
        if value.type == "await_expression":
            inner = self.named(value)
            value = self.unwrapped(inner[0]) if inner else value
            wanted = "import"
        else:
            wanted = "require"
        if value.type != "call_expression":
            return False
        kids = value.children
        if len(kids) != 2 or self.data[kids[0].start_byte : kids[0].end_byte] != wanted.encode():
            return False
        given = self.named(kids[1])
        if len(given) != 1 or given[0].type not in ("string", "template_string"):
            return False
        if given[0].type == "template_string" and len(given[0].named_children) != 1:
            return False
        module = module_name(self.string_text(given[0]))
        if name.type == "identifier":
            out.append(ir.Import(name.start_byte, value.end_byte, module, member, self.text(name)))
            return True
        found: list[ir.Stmt] = []
        for child in self.named(name) if name.type == "object_pattern" else ():
            taken, alias = child, child
            if child.type == "pair_pattern":
                key, to = child.child_by_field_id(self.f.key), child.child_by_field_id(self.f.value)
                if key is None or to is None or key.type != "property_identifier" or to.type != "identifier":
                    return False
                taken, alias = key, to
            elif child.type != "shorthand_property_identifier_pattern":
                return False
            word = self.text(taken)
            found.append(ir.Import(child.start_byte, child.end_byte, module, word, self.text(alias)))
        out.extend(found)
        return bool(found)

    # Exports

    def export(self, node: Node, out: list[ir.Stmt]) -> None:
        """Lower an `export` statement of any form."""
        start, end = node.start_byte, node.end_byte
        source = node.child_by_field_id(self.f.source)
        kids = self.kids(node)
        words = {kid.type for kid in kids}
        if source is not None:
            module = module_name(self.string_text(source))
            for kid in kids:
                if kid.type == "export_clause":
                    specifiers = [one for one in self.named(kid) if one.type == "export_specifier"]
                    out.extend(self._specifier(one, module, exported=True) for one in specifiers)
                elif kid.type == "namespace_export":
                    inner = self.named(kid)
                    out.append(ir.Import(start, end, module, "", self.text(inner[-1]) if inner else "", exported=True))
                elif kid.type == "*":
                    out.append(ir.Import(start, end, module, "*", "", exported=True))
            return
        before, self.standing = self.standing, 0 if self.inside else PUBLIC
        decorators = [part for kid in kids if kid.type == "decorator" for part in self.exprs(kid.children)]
        declaration = self.field(node, self.f.declaration)
        value = self.field(node, self.f.value)
        if declaration is not None:
            self.declared(declaration, out, decorators)
            own = declaration.child_by_field_id(self.f.name)
            if "default" in words and own is not None and declaration.type != "interface_declaration":
                out.append(ir.Assign(start, end, _exports(start), self._own(own)))
        elif value is not None:
            made = self._class_with(value, decorators) if value.type == "class" else self.taken(value, "default", -1)
            out.append(ir.Assign(start, end, _exports(start), made))
        else:
            for kid in kids:
                if kid.type == "export_clause":
                    self._renamed(kid, out)
                elif kid.type in ("identifier", "member_expression"):
                    out.append(ir.Assign(start, end, _exports(start), self.expr(kid)))
                elif kid.type in ("import_alias", "import_statement"):
                    self.stmt(kid, out)
        self.standing = before

    def _own(self, name: Node) -> ir.Expr:
        return ir.Name(name.start_byte, name.end_byte, self.text(name))

    def _class_with(self, node: Node, decorators: list[ir.Expr]) -> ir.Expr:
        made = self.class_of(node, "default", decorators=decorators)
        return ir.ClassValue(node.start_byte, node.end_byte, made)

    def _renamed(self, clause: Node, out: list[ir.Stmt]) -> None:
        for one in self.named(clause):
            name, alias = one.child_by_field_id(self.f.name), one.child_by_field_id(self.f.alias)
            if name is None or alias is None or name.type != "identifier":
                continue
            start, end = one.start_byte, one.end_byte
            word = self.string_text(alias) if alias.type == "string" else self.text(alias)
            target = _exports(start) if word == "default" else ir.Attr(start, end, ir.Name(start, start, "exports"), word)
            out.append(ir.Assign(start, end, target, self.name(name)))

    def declared(self, node: Node, out: list[ir.Stmt], decorators: list[ir.Expr]) -> None:
        """Lower the declaration that an `export` holds."""
        raise NotImplementedError


def _exports(at: int) -> ir.Expr:
    return ir.Attr(at, at, ir.Name(at, at, "module"), "exports")
