"""Parsers for the languages that scanners read as trees."""

from functools import lru_cache

from tree_sitter import Language, Parser

PARSED = frozenset({"python", "javascript", "typescript", "tsx", "java", "go"})
"""Languages that there is a parser for."""


@lru_cache(maxsize=8)
def parser_for(language: str) -> Parser:
    """Give the parser of `python`, `javascript`, `typescript`, `tsx`, `java` or `go`; loading one takes milliseconds."""
    match language:
        case "python":
            import tree_sitter_python

            return Parser(Language(tree_sitter_python.language()))
        case "javascript":
            import tree_sitter_javascript

            return Parser(Language(tree_sitter_javascript.language()))
        case "java":
            import tree_sitter_java

            return Parser(Language(tree_sitter_java.language()))
        case "go":
            import tree_sitter_go

            return Parser(Language(tree_sitter_go.language()))
        case _:
            import tree_sitter_typescript

            tsx = language == "tsx"
            make = tree_sitter_typescript.language_tsx if tsx else tree_sitter_typescript.language_typescript
            return Parser(Language(make()))


def broken_pieces(language: str, data: bytes) -> int:
    """Count the places at which a text does not parse; 0 for a language without a parser."""
    if language not in PARSED:
        return 0
    cursor = parser_for(language).parse(data).walk()
    broken = 0
    while True:
        node = cursor.node
        if node is not None and node.has_error:
            broken += node.is_error or node.is_missing
            if cursor.goto_first_child():
                continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return broken
