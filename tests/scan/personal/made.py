"""Makes values that pass the checks, at run time: no file holds any."""

import random
import re
import re._constants as sre
import re._parser as sre_parse
import string
from collections.abc import Callable
from typing import Any

_SIGNS = string.digits + string.ascii_uppercase


def _one(node: tuple[Any, Any], source: random.Random) -> str:
    kind, value = node
    if kind is sre.LITERAL:
        return chr(value)
    if kind is sre.IN:
        allowed = "".join(_of(item) for item in value)
        return source.choice(allowed)
    if kind in (sre.MAX_REPEAT, sre.MIN_REPEAT):
        low, high, inner = value
        return "".join(shaped(inner, source) for _ in range(source.randint(low, min(high, 40))))
    if kind is sre.SUBPATTERN:
        return shaped(value[-1], source)
    if kind is sre.BRANCH:
        return shaped(source.choice(value[1]), source)
    raise AssertionError(kind)


def _of(item: tuple[Any, Any]) -> str:
    kind, value = item
    if kind is sre.LITERAL:
        return chr(value)
    if kind is sre.RANGE:
        return "".join(map(chr, range(value[0], value[1] + 1)))
    if kind is sre.CATEGORY and value is sre.CATEGORY_DIGIT:
        return string.digits
    raise AssertionError(kind)


def shaped(parsed: Any, source: random.Random) -> str:
    """Give a text of a form."""
    return "".join(_one(node, source) for node in parsed)


def _date(source: random.Random) -> tuple[str, str, str]:
    return f"{source.randint(50, 99):02}", f"{source.randint(1, 12):02}", f"{source.randint(1, 28):02}"


def _with_date(text: str, source: random.Random) -> str:
    """Put a date where many numbers have one."""
    year, month, day = _date(source)
    places = [index for index, sign in enumerate(text) if sign.isdigit()]
    start = source.choice((0, 0, 0, 1, 1, 4, 6))
    digits = source.choice(
        (year + month + day, day + month + year, day + month + "9" + year, "19" + year + month + day, year + month)
    )
    signs = list(text)
    for index, digit in zip(places[start:], digits, strict=False):
        signs[index] = digit
    return "".join(signs)


NARROWER = {
    "cn.id": r"110101(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[0-9X]",
    "mx.curp": r"[B-D][AEIO][B-D][B-D]\d{6}[HM](?:DF|JC|NL)[B-D]{3}[0-9]\d",
    "it.codicefiscale": r"[A-Z]{6}\d{2}[ABCDEHLMPRST]\d{2}[A-Z]\d{3}[A-Z]",
}
"""Forms in which most values are valid, by check."""


def valid(pattern: str, check: Callable[[str], bool], source: random.Random) -> str:
    """Give a value of a form that passes a check."""
    parsed = sre_parse.parse(pattern)
    for _ in range(3_000_000):
        text = shaped(parsed, source)
        for one in (text, _with_date(text, source)):
            # Most checks have one last sign that fits: try all of them.
            for last in _SIGNS if one[-1].isalpha() else string.digits:
                made = one[:-1] + last
                if re.fullmatch(pattern, made, re.ASCII) and len(set(re.sub(r"\D", "", made))) > 3 and check(made):
                    return made
    raise AssertionError(f"nothing fits {pattern}")


def luhn(body: str) -> str:
    """Add the check digit."""
    total = 0
    for place, digit in enumerate(reversed(body)):
        twice = int(digit) * (2 - place % 2)
        total += twice - 9 * (twice > 9)
    return body + str(-total % 10)


def card(source: random.Random) -> str:
    """Give a payment card number of 14 to 16 digits."""
    prefix, size = source.choice(
        (("4", 16), ("4", 16), ("51", 16), ("53", 16), ("55", 16), ("2221", 16), ("2720", 16), ("34", 15), ("37", 15),
         ("36", 14), ("6011", 16), ("65", 16), ("3530", 16), ("62", 16))
    )  # fmt: skip
    body = prefix + "".join(source.choice(string.digits) for _ in range(size - len(prefix) - 1))
    return luhn(body)


_IBANS = {"DE": "n18", "GB": "a4n14", "FR": "n10c11n2", "ES": "n20", "NL": "a4n10", "IT": "a1n10c12", "BE": "n12",
          "PL": "n24", "NO": "n11", "CH": "n5c12", "AT": "n16", "SE": "n20", "PT": "n21", "IE": "a4n14", "MT": "a4n5c18",
          "DK": "n14"}  # fmt: skip


def iban(source: random.Random, country: str = "") -> str:
    """Give an IBAN without blanks."""
    country = country or source.choice(sorted(_IBANS))
    body = "".join(
        source.choice({"n": string.digits, "a": string.ascii_uppercase, "c": _SIGNS}[kind])
        for kind, count in re.findall(r"([nac])(\d+)", _IBANS[country])
        for _ in range(int(count))
    )
    number = int("".join(str(int(sign, 36)) for sign in f"{body}{country}00"))
    return f"{country}{98 - number % 97:02}{body}"


def ssn(source: random.Random) -> str:
    """Give a US Social Security number with hyphens."""
    area = source.choice([*range(1, 666), *range(667, 900)])
    return f"{area:03}-{source.randint(1, 99):02}-{source.randint(1, 9999):04}"


_FIRST = (
    "anna",
    "jonas",
    "maria",
    "li.wei",
    "oluwaseun",
    "priya",
    "tomasz",
    "zoe",
    "karim",
    "ines",
    "noah",
    "chidi",
    "yuki",
    "elena",
)
_LAST = (
    "keller",
    "okafor",
    "lindqvist",
    "moreau",
    "tanaka",
    "fernandes",
    "novak",
    "haddad",
    "rossi",
    "nguyen",
    "obrien",
    "silva",
)
_MAIL = ("gmail.com", "outlook.com", "web.de", "proton.me", "yahoo.co.uk", "orange.fr", "kestrel-logistics.com",
         "mail.tu-berlin.de", "nordwind.io", "brightwater.org", "libero.it", "uni-graz.at")  # fmt: skip


def email(source: random.Random) -> str:
    """Give a mail address of somebody who is not there."""
    first, last = source.choice(_FIRST), source.choice(_LAST)
    local = source.choice(
        (
            f"{first}.{last}",
            f"{first[0]}{last}",
            f"{first}_{last}{source.randint(1, 99)}",
            f"{last}+{first}",
            f"{first}{last}",
        )
    )
    return f"{local}@{source.choice(_MAIL)}"
