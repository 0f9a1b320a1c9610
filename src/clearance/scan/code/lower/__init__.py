"""Lowers a text of any language into `ir`: one file a language, found by its name.

That name is also the engine which Detect blocks name; `source.ENGINE_OF` says which languages a file lowers.
"""

from importlib import import_module

from clearance.scan.code.ir import Module
from clearance.scan.code.source import ENGINE_OF, Source


def lower(source: Source) -> Module:
    """Lower a text. Never fails on what it reads: broken code becomes `Unknown` and `Opaque`.

    Raises:
        KeyError: nothing lowers that language.
    """
    module: Module = import_module(f"clearance.scan.code.lower.{ENGINE_OF[source.language]}").lower(source)
    return module
