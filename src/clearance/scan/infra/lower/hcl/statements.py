"""Statements of policies, whichever way they are written: one shape for JSON, `jsonencode` and `aws_iam_policy_document`.

The body of such a unit holds `effect`, `actions`, `not_actions`, `resources`, `not_resources`, `principals`,
`not_principals` (lists; of principals the accounts by themselves, others as `Service/ec2.amazonaws.com`), `conditions` (the
names of what is compared, in lower case), `compared` (by name, with what), and `at`: the attribute in which the policy
stands.
"""

from collections.abc import Iterator, Sequence

from clearance.scan.infra.node import Kind, Node, Span, Unit

_KIND = "terraform.statement"
_DOCUMENT = "aws_iam_policy_document"
_MOST = 500
_IN_JSON = {
    "effect": "effect",
    "action": "actions",
    "notaction": "not_actions",
    "resource": "resources",
    "notresource": "not_resources",
    "principal": "principals",
    "notprincipal": "not_principals",
}
_LISTS = ("actions", "not_actions", "resources", "not_resources")


def statements_of(unit: Unit) -> Iterator[Unit]:
    """Give the statements of the policies of a resource, or of a policy document."""
    if unit.type == _DOCUMENT:
        for statement in _maps(unit.body.items.get("statement"))[:_MOST]:
            yield _unit(unit, statement, _of_block(statement), "statement")
        return
    for attribute, document in _documents(unit.body):
        statements = next((value for key, value in document.items.items() if key.lower() == "statement"), None)
        for statement in _maps(statements)[:_MOST]:
            yield _unit(unit, statement, _of_json(statement), attribute)


def _documents(body: Node) -> Iterator[tuple[str, Node]]:
    """Find policies among the attributes of a resource and of its blocks."""
    for name, value in body.items.items():
        for one in _maps(value):
            if any(key.lower() == "statement" for key in one.items):
                yield name, one
                continue
            for inner, nested in one.items.items():
                if nested.kind is Kind.MAP and any(key.lower() == "statement" for key in nested.items):
                    yield f"{name}.{inner}", nested


def _maps(node: Node | None) -> list[Node]:
    if node is None:
        return []
    return [one for one in (node.values if node.kind is Kind.LIST else [node]) if one.kind is Kind.MAP]


def _unit(unit: Unit, statement: Node, body: Node, attribute: str) -> Unit:
    body.put("at", statement.span, Node.scalar(attribute, statement.span))
    sid = next((value for key, value in statement.items.items() if key.lower() == "sid"), None)
    name = f"{unit.name}.{sid.text}" if sid is not None and sid.kind is Kind.SCALAR and sid.text else unit.name
    effect = body.items["effect"]
    head = effect.span if effect.span[0] != statement.span[0] else (statement.span[0], statement.span[0] + 1)
    return Unit(_KIND, unit.type, name, head, body, unit)


def _of_json(statement: Node) -> Node:
    body = Node.mapping(statement.span)
    body.text = statement.text
    body.put("effect", statement.span, Node.scalar("Allow", statement.span))
    for key, value in statement.items.items():
        name = _IN_JSON.get(key.lower())
        span = statement.key_spans[key]
        if name == "effect":
            body.put(name, span, value)
        elif name in _LISTS:
            body.put(name, span, _as_list(value))
        elif name is not None:
            body.put(name, span, _principals(value))
        elif key.lower() == "condition":
            operators = [*value.items.values()] if value.kind is Kind.MAP else []
            compared = [(word, one.key_spans[word]) for one in operators if one.kind is Kind.MAP for word in one.items]
            body.put("conditions", span, _words(compared, value) if value.kind is Kind.MAP else value)
            body.put(
                "compared",
                span,
                _compared([word for one in operators if one.kind is Kind.MAP for word in one.items.items()], span),
            )
    return body


def _of_block(statement: Node) -> Node:
    body = Node.mapping(statement.span)
    body.put("effect", statement.span, Node.scalar("Allow", statement.span))
    for key, value in statement.items.items():
        span = statement.key_spans[key]
        if key == "effect":
            body.put(key, span, value)
        elif key in _LISTS:
            body.put(key, span, _as_list(value))
        elif key in ("principals", "not_principals"):
            found = Node.sequence(value.span)
            for one in _maps(value):
                named = one.items.get("type")
                found.values.extend(_named(named.text if named is not None else "", one.items.get("identifiers")))
            body.put(key, span, found)
        elif key == "condition":
            variables = [one.items["variable"] for one in _maps(value) if "variable" in one.items]
            body.put("conditions", span, _words([(one.text, one.span) for one in variables], value))
            pairs = [
                (one.items["variable"].text, one.items["values"])
                for one in _maps(value)
                if {"variable", "values"} <= one.items.keys()
            ]
            body.put("compared", span, _compared(pairs, span))
    return body


def _compared(pairs: list[tuple[str, Node]], span: Span) -> Node:
    """Give what the variables of conditions are compared with, by the variable."""
    made = Node.mapping(span)
    for variable, values in pairs:
        found = made.items.get(variable)
        if found is None:
            found = Node.sequence(values.span)
            made.put(variable, values.span, found)
        found.values.extend(_as_list(values).values)
    return made


def _principals(value: Node) -> Node:
    """Read `"*"`, or a map from what sort of principal to one or more of them."""
    found = Node.sequence(value.span)
    if value.kind is Kind.MAP:
        for sort, who in value.items.items():
            found.values.extend(_named(sort, who))
    else:
        found.values.extend(_as_list(value).values)
    return found


def _named(sort: str, who: Node | None) -> list[Node]:
    """Name principals: accounts and `*` as they are, the others with their sort before them."""
    if who is None:
        return []
    plain = sort in ("AWS", "*")
    return [
        one if plain or one.kind is not Kind.SCALAR else Node.scalar(f"{sort}/{one.text}", one.span)
        for one in _as_list(who).values
    ]


def _as_list(node: Node) -> Node:
    if node.kind is Kind.LIST:
        return node
    found = Node.sequence(node.span)
    found.values.append(node)
    return found


def _words(words: Sequence[tuple[str, Span]], value: Node) -> Node:
    found = Node.sequence(value.span)
    found.values = [Node.scalar(word.lower(), span) for word, span in words]
    return found
