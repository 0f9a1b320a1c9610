"""The built-in pages, read once for all tests of a process: nothing changes them."""

from functools import cache

from clearance.rules.catalogue import Catalogue, read_catalogue
from clearance.stores.pages import builtin_pages


@cache
def catalogue() -> Catalogue:
    """Give the built-in catalogue."""
    return read_catalogue(builtin_pages())
