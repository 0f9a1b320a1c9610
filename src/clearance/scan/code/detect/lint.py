"""Checks the blocks of pages without running their examples: `python -m clearance.scan.code.detect.lint PAGE…`."""

import sys
from pathlib import Path

from clearance.facts.errors import BadPage
from clearance.rules.page import VOCABULARY, read_page
from clearance.scan.code.detect.read import read_rules
from clearance.scan.code.detect.words import read_words


def main(paths: list[str]) -> int:
    """Read pages; 1 where one is broken."""
    broken = 0
    for name in paths:
        path = Path(name)
        family = path.resolve().parent.name
        try:
            rule = read_page(path.read_text(encoding="utf-8"), path=name, family=family)
            if family == VOCABULARY:
                read_words([rule])
            else:
                read_rules([rule])
        except BadPage as error:
            broken += 1
            sys.stdout.write(f"{error}\n")
    sys.stdout.write(f"{len(paths)} pages, {broken} broken\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
