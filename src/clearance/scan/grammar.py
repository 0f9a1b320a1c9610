"""Parsers for the languages that scanners read as trees."""

from functools import lru_cache

from tree_sitter import Language, Parser


@lru_cache(maxsize=8)
def parser_for(language: str) -> Parser:
    """Give the parser of `python`, `javascript`, `typescript` or `tsx`; loading a grammar takes a few milliseconds."""
    match language:
        case "python":
            import tree_sitter_python

            return Parser(Language(tree_sitter_python.language()))
        case "javascript":
            import tree_sitter_javascript

            return Parser(Language(tree_sitter_javascript.language()))
        case _:
            import tree_sitter_typescript

            tsx = language == "tsx"
            make = tree_sitter_typescript.language_tsx if tsx else tree_sitter_typescript.language_typescript
            return Parser(Language(make()))
