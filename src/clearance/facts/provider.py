"""An identity provider, as a person configured it."""

from typing import Literal

from clearance.facts.fact import Fact

Names = Literal["people", "github", "gitlab"]
"""Whom a provider's tokens name: people by mail address, or jobs of a CI service by repository."""


class Provider(Fact):
    """One `[[oidc]]` of trust.toml: an identity provider whose ID tokens are believed, and what they may name."""

    issuer: str
    """Its address, `https://…`; the same stands in its tokens."""
    audience: tuple[str, ...]
    """For whom its tokens must be; at least one."""
    names: Names = "people"
    """Whom its tokens name: `people` by mail address, jobs of `github` or `gitlab` by repository."""
    jwks: str = ""
    """A file with its keys (RFC 7517), absolute; without one they are asked for at the issuer."""
    domains: tuple[str, ...] = ()
    """For people: only mail addresses of these domains; empty: any."""
    repositories: tuple[str, ...] = ()
    """For jobs: the repositories whose jobs may sign, `owner/name`, or `owner/*` for all below; at least one."""
