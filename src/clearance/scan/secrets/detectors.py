"""The detectors that pages of this family may name under `detector`, and the probes of all pages."""

from collections.abc import Callable, Mapping, Sequence

from clearance.facts.errors import BadPage
from clearance.rules.model import Rule
from clearance.scan.secrets.assignment import assignment_probe
from clearance.scan.secrets.commands import command_line
from clearance.scan.secrets.credentials import basic_auth, bearer, connection_string, url_credentials
from clearance.scan.secrets.positional import positional_credential
from clearance.scan.secrets.privatekey import private_key
from clearance.scan.secrets.probe import Probe
from clearance.scan.secrets.prose import prose_password
from clearance.scan.secrets.structured import json_web_key, otp_seed
from clearance.scan.secrets.tokens import ENGINE, Token, read_token, token_probe

DETECTORS: dict[str, Callable[[str], Probe]] = {
    "basic-auth": basic_auth,
    "bearer": bearer,
    "command-line": command_line,
    "connection-string": connection_string,
    "json-web-key": json_web_key,
    "otp-seed": otp_seed,
    "positional-credential": positional_credential,
    "private-key": private_key,
    "prose-password": prose_password,
    "secret-assignment": assignment_probe,
    "url-credentials": url_credentials,
}


def read_tokens(rules: Sequence[Rule]) -> dict[str, list[Token]]:
    """Read the token formats of all pages, by rule.

    Raises:
        BadPage: a block is no token format, or a page names an engine or a detector that is not there.
    """
    tokens: dict[str, list[Token]] = {}
    for rule in rules:
        if rule.detector and rule.detector not in DETECTORS:
            raise BadPage(f"no detector {rule.detector!r}", where=f"{rule.page}:1", next=f"known are {', '.join(DETECTORS)}")
        for block in rule.detect:
            if block.engine != ENGINE:
                raise BadPage(
                    f"no engine {block.engine[:40]!r}",
                    where=f"{rule.page}:{block.line - 1}",
                    next=f"secrets know {ENGINE!r}",
                )
            tokens.setdefault(rule.id, []).append(read_token(block, rule.page))
    return tokens


def make_probes(rules: Sequence[Rule], tokens: Mapping[str, Sequence[Token]]) -> tuple[Probe, ...]:
    """Make the probes of all pages: a detector each, and one for each token format."""
    probes = [DETECTORS[rule.detector](rule.id) for rule in rules if rule.detector in DETECTORS]
    probes += [token_probe(rule.id, token) for rule in rules for token in tokens.get(rule.id, ())]
    return tuple(probes)
