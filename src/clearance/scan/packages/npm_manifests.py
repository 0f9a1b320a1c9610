"""Reads what JavaScript projects declare: package.json."""

from collections.abc import Iterator

from clearance.scan.family import Budget
from clearance.scan.packages.commands import escaped_commands
from clearance.scan.packages.json_text import strings
from clearance.scan.packages.mention import Mention, Remote, Source
from clearance.scan.packages.requirement import npm_requirement

KINDS = {"dependencies", "devDependencies", "peerDependencies", "optionalDependencies"}


def package_json(text: str, budget: Budget) -> Iterator[Mention | Remote]:
    """Read package.json: all kinds of dependencies, and the commands in its scripts.

    Raises:
        Unparsed: it is no JSON.
    """
    private = '"publishConfig"' in text and '"registry"' in text
    for one in strings(text, budget):
        if len(one.path) != 2 or one.key is None:
            continue
        if one.path[0] in KINDS:
            found = npm_requirement(str(one.path[1]), one.value, one.key, one.span, Source.MANIFEST)
            if found:
                yield found._replace(private=private) if isinstance(found, Mention) else found
        elif one.path[0] == "scripts":
            yield from escaped_commands(text, *one.span, budget)
