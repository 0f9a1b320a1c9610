"""The arguments of a call: by position, by name, and (in JavaScript) as properties of an options object."""

from tree_sitter import Node

from clearance.scan.code.source import Source
from clearance.scan.code.value import Evaluator
from clearance.scan.code.walk import Frame


class Arguments:
    """The arguments of a call."""

    def __init__(self, node: Node | None, source: Source, frame: Frame, evaluator: Evaluator) -> None:
        self.source = source
        self.frame = frame
        self.evaluator = evaluator
        self.positional: list[Node] = []
        self.named: dict[str, Node] = {}
        self.spread = self.spread_names = False
        if node is not None and node.type == "generator_expression":
            self.positional.append(node)
            return
        for child in node.named_children if node is not None else ():
            if child.type == "keyword_argument":
                name, value = child.child_by_field_name("name"), child.child_by_field_name("value")
                if name is not None and value is not None:
                    self.named[source.text(name)] = value
            elif child.type == "dictionary_splat":
                self.spread_names = True
            elif child.type in ("list_splat", "spread_element"):
                self.spread = True
                self.positional.append(child)
            elif child.type != "comment":
                self.positional.append(child)

    def all(self) -> list[Node]:
        """Give every argument."""
        return [*self.positional, *self.named.values()]

    def find(self, which: tuple[int | str, ...]) -> tuple[Node | None, bool, Frame]:
        """Give the argument that is meant, or None and whether it is certainly not given; and the frame it stands in."""
        certain = True
        for one in which:
            if isinstance(one, int):
                if one < len(self.positional):
                    return None if self.spread else self.positional[one], not self.spread, self.frame
                certain = certain and not self.spread
            elif one in self.named:
                return self.named[one], True, self.frame
            else:
                node, sure, frame = self._option(one)
                if node is not None:
                    return node, True, frame
                certain = certain and sure and not self.spread_names
        return None, certain, self.frame

    def _option(self, key: str) -> tuple[Node | None, bool, Frame]:
        """Give the property of an options object among the arguments (JavaScript)."""
        if self.evaluator.language != "javascript":
            return None, True, self.frame
        certain = not self.spread
        for number, node in enumerate(self.positional):
            value = self.evaluator.ask(node, self.frame)
            if value.form == "dict" and value.frame is not None:
                found, sure = self.evaluator.entry(value, key)
                if found is not None:
                    return found, True, value.frame
                certain = certain and sure
            elif number and not value.constant and value.form != "function" and value.text is None:
                certain = False
        return None, certain, self.frame
