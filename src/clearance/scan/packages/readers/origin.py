"""Reads where a package comes from: an address without credentials, its host, and digests in one spelling."""

import binascii
import re

_ODD = re.compile(r"[\x00-\x20\x7f]")
_WEB = re.compile(r"(https?|ftp):[/\\]*", re.IGNORECASE)
_USER = re.compile(r"(?<=://)(?!git@)[^/?#\s]*@")
_HOST = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//(?:[^/?#\s]*@)?([^/?#\s@]+)", re.IGNORECASE)
_SHORT = re.compile(r"(?:[\w.-]+@)([\w.-]+):")
_HEX = re.compile(r"[0-9a-fA-F]{32,128}")
_BITS = {"md5": 32, "sha1": 40, "sha224": 56, "sha256": 64, "sha384": 96, "sha512": 128}
"""Digits of a hexadecimal digest."""


def fetched(address: str) -> str:
    """Give an address as the programs that fetch it understand it (WHATWG URL, section 4.4): blanks and control characters
    are left out, `\\` is `/`, and any number of these begins the host (`https:host`, `https:\\\\host`)."""
    address = _ODD.sub("", address)
    web = _WEB.match(address)
    if web is None:
        return address
    end = min((at for at in map(address.find, "?#") if at >= 0), default=len(address))
    return f"{web[1]}://{address[web.end() : end]}".replace("\\", "/") + address[end:]


def bare(address: str) -> str:
    """Give an address without the user and password that may stand in it (`git@` names nobody and stays)."""
    return _USER.sub("", address, count=1)


def host(address: str) -> str:
    """Give the host of an address in lower case, with its port where it has one; empty for a local path."""
    address = fetched(address)
    found = _HOST.match(address) or _SHORT.match(address)
    return found[1].lower() if found else ""


def integrity(value: str) -> tuple[str, ...]:
    """Read Subresource Integrity (`sha512-<base64>`, several with blanks between) as `algorithm:hexadecimal digest`."""
    given = []
    for one in value.split()[:16]:
        algorithm, _, encoded = one.partition("-")
        try:
            digest = binascii.a2b_base64(encoded.partition("?")[0]).hex()
        except (binascii.Error, ValueError):
            continue
        if len(digest) == _BITS.get(algorithm):
            given.append(f"{algorithm}:{digest}")
    return tuple(given)


def digest(value: str) -> str:
    """Read `algorithm:digest` into that spelling in lower case; empty where it is no digest of a known algorithm."""
    algorithm, _, encoded = value.partition(":")
    algorithm = algorithm.strip().lower()
    return f"{algorithm}:{encoded.lower()}" if _HEX.fullmatch(encoded) and len(encoded) == _BITS.get(algorithm) else ""


_NPM = frozenset({"registry.npmjs.org", "registry.yarnpkg.com", "registry.npmjs.com"})


def npm_is_public(where: str) -> bool:
    """Whether a host is npm's own registry, by any of its names."""
    return where in _NPM
