"""Credentials that standards print as examples (RFC 4226, 5849, 6455, 6749, 6750, 7515, 7517, 7617, 8037) and that
everybody copies: known by digest."""

import hashlib

from clearance.scan.secrets.vocabulary import words

# The first 16 hexadecimal digits of the SHA-256 of each, so that none of them stands here.
_DIGESTS = words(
    """
    00cf4c781dc37003 05a65dd788c775e6 15cef4b629cc2d07 190edf59d5736c3b 293257ab6495ebb1 2ff8b0fb93aca981
    3142b8b1ec35319d 48c9d176f91db4b7 4c20e6f5cc11b937 53f5da0aaa93d64c 549c9390539efcfa 5ccf2edb4f070f0b
    649e1f5c769e718b 6aa14267d94944e6 6c96130f130ab0d6 80f8b7c904d4a43f 8b1b17a9740c068a 8be5d113c0871ce1
    8d567eb88afff34f 969d6377769fd9dd 9d03b692e941d5ac a35b81a7d7927b70 a45404ae333dd955 a71b359a87afde13
    acdf57e57293bf64 b8e148545b13c78b bb9b1163338b2a51 c20fbc2b96183894 ca7459e2b26776de cb87c87e4a138d9a
    cf4d418ed3de92d7 e9974c507d2a8021
    """
)


def is_specimen(text: str) -> bool:
    """Tell whether the text is a credential out of a published standard."""
    return 8 <= len(text) <= 256 and hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16] in _DIGESTS
