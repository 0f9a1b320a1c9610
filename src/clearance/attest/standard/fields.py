"""What the standard predicates share: the ResourceDescriptor of in-toto.

Format: https://github.com/in-toto/attestation/blob/main/spec/v1/resource_descriptor.md.
"""

from typing import Annotated

from msgspec import Meta

from clearance.attest.predicates.fields import NoUri, Sha256
from clearance.facts.fact import Fact

Text = Annotated[str, Meta(min_length=1, max_length=400)]
"""A short text."""


class Descriptor(Fact, omit_defaults=True):
    """A resource: what it is called, where it is, and its SHA-256 (`{"sha256": …}`); at least one of `uri` and `digest`."""

    name: Annotated[str, Meta(max_length=400)] = ""
    uri: NoUri = ""
    digest: dict[str, Sha256] = {}
