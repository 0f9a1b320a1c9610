"""Names of container images: registry and repository, tag, digest (OCI distribution specification, "pulling manifests")."""

from typing import NamedTuple

from clearance.scan.infra.node import Node, Span


class ImageName(NamedTuple):
    """An image's name taken apart; what it lacks is empty."""

    base: str
    tag: str
    digest: str


def read_image(text: str) -> ImageName:
    """Take a name apart. Variables may stand in it: `node:${VERSION}`, `${REGISTRY}/node`."""
    rest, _, digest = text.partition("@")
    depth, colon = 0, -1
    for at, char in enumerate(rest[:1_000]):
        if char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
        elif not depth and char == "/":
            colon = -1
        elif not depth and char == ":":
            colon = at
    if colon < 0:
        return ImageName(rest, "", digest)
    return ImageName(rest[:colon], rest[colon + 1 :], digest)


def put_image(body: Node, text: str, span: Span, *, sure: bool) -> None:
    """Put `image`, `base`, `tag` and `digest` into a map. What a variable decides is unknown, and so is the tag where a
    variable ends the name."""
    one = read_image(text)

    def put(key: str, said: str) -> None:
        body.put(key, span, Node.scalar(said, span) if sure or "$" not in said else Node.unknown(said, span))

    put("image", text)
    put("base", one.base)
    tag = one.tag
    if not tag and not sure and "$" in one.base.rpartition("/")[2]:
        tag = one.base
    if tag:
        put("tag", tag)
    if one.digest:
        put("digest", one.digest)
