"""Personal data that is made up, with its check digits, and decoys: what only looks like it."""

from collections.abc import Callable, Iterator
from random import Random
from string import ascii_uppercase, digits

import phonenumbers

from benchmarks.sets.cases import part_of
from benchmarks.sets.secrets import values
from benchmarks.sets.secrets.labelled import Labelled, Truth, line_of

_BEGIN, _END = "\ue000", "\ue001"


def luhn(body: str) -> str:
    """Give the check digit (ISO/IEC 7812-1)."""
    total = 0
    for place, digit in enumerate(reversed(body)):
        number = int(digit) * (2 if place % 2 == 0 else 1)
        total += number - 9 if number > 9 else number
    return str(-total % 10)


def _digits(rng: Random, size: int) -> str:
    return "".join(rng.choice(digits) for _ in range(size))


def card(rng: Random) -> str:
    """Make a payment card number of a network's range, written as people write it."""
    shape = rng.randrange(4)
    if shape == 0:
        body = rng.choice(["34", "37"]) + _digits(rng, 12)
    else:
        start = {1: "4" + _digits(rng, 5), 2: f"5{rng.randint(1, 5)}" + _digits(rng, 4), 3: "6011" + _digits(rng, 2)}[shape]
        body = start + _digits(rng, 9)
    number = body + luhn(body)
    cuts = (4, 10, 15) if shape == 0 else (4, 8, 12, 16)
    joint = rng.choice(["", " ", "-"])
    return joint.join(number[a:b] for a, b in zip((0, *cuts), cuts, strict=False))


def iban(rng: Random) -> str:
    """Make an IBAN (ISO 13616) of a country whose accounts are digits without check digits of their own."""
    country, size = rng.choice([("DE", 18), ("AT", 16), ("CH", 17), ("DK", 14), ("SE", 20), ("LT", 16)])
    account = _digits(rng, size)
    number = "".join(str(int(one, 36)) for one in account + country + "00")
    whole = f"{country}{98 - int(number) % 97:02}{account}"
    return " ".join(whole[at : at + 4] for at in range(0, len(whole), 4)) if rng.random() < 0.5 else whole


def ssn(rng: Random) -> str:
    """Make a social security number of the United States as it may be given out."""
    area = rng.choice([*range(1, 666), *range(667, 900)])
    return f"{area:03}-{rng.randint(1, 99):02}-{rng.randint(1, 9999):04}"


def phone(rng: Random) -> str:
    """Make a telephone number that its country's plan knows, written internationally."""
    shapes = (
        lambda: f"+49 30 {rng.randint(2_000_000, 9_999_999)}",
        lambda: f"+49 151 {_digits(rng, 4)}{rng.randint(1000, 9999)}",
        lambda: f"+1 {rng.choice(['212', '415', '312', '617'])}-{rng.randint(2, 9)}{rng.randint(20, 99)}-{_digits(rng, 4)}",
        lambda: f"+1 ({rng.choice(['202', '303', '503'])}) {rng.randint(2, 9)}{rng.randint(20, 99)}-{_digits(rng, 4)}",
        lambda: f"+44 20 7{_digits(rng, 3)} {_digits(rng, 4)}",
        lambda: f"+33 6 {rng.randint(10, 99)} {rng.randint(10, 99)} {rng.randint(10, 99)} {rng.randint(10, 99)}",
        lambda: f"+4179{rng.randint(2_000_000, 9_999_999)}",
        lambda: f"+91 98{_digits(rng, 3)} {_digits(rng, 5)}",
    )
    while True:
        found = rng.choice(shapes)()
        if phonenumbers.is_valid_number(phonenumbers.parse(found)):
            return found


def global_ip(rng: Random) -> str:
    """Make an address of the public internet (no range of IANA's special-purpose registry)."""
    first = rng.choice([5, 8, 23, 31, 37, 46, 51, 62, 77, 80, 91, 109, 134, 151, 178, 185, 193, 212, 217])
    return f"{first}.{rng.randint(1, 254)}.{rng.randint(1, 254)}.{rng.randint(1, 254)}"


def _pesel(rng: Random) -> str:
    body = f"{rng.randint(50, 99)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}{_digits(rng, 4)}"
    return body + str(-sum(int(one) * weight for one, weight in zip(body, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3), strict=True)) % 10)


def _dni(rng: Random) -> str:
    number = rng.randint(10_000_000, 99_999_999)
    return f"{number}{'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23]}"


def _nir(rng: Random) -> str:
    born = f"{rng.randint(1, 2)}{rng.randint(40, 99)}{rng.randint(1, 12):02}"
    body = born + f"{rng.randint(10, 95):02}{rng.randint(1, 990):03}{rng.randint(1, 999):03}"
    return f"{body}{97 - int(body) % 97:02}"


def _cpf(rng: Random) -> str:
    body = _digits(rng, 9)
    for size in (10, 11):
        rest = sum(int(one) * weight for one, weight in zip(body, range(size, 1, -1), strict=True)) * 10 % 11
        body += str(rest % 10)
    return f"{body[:3]}.{body[3:6]}.{body[6:9]}-{body[9:]}"


def _nhs(rng: Random) -> str:
    while True:
        body = str(rng.randint(4, 7)) + _digits(rng, 8)
        check = 11 - sum(int(one) * weight for one, weight in zip(body, range(10, 1, -1), strict=True)) % 11
        if check != 10:
            return f"{body[:3]} {body[3:6]} {body[6:]}{check % 11}"


_ODD = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
"""What a letter in an odd place counts; a digit counts like the letter of its number."""


def _fiscal(rng: Random) -> str:
    """An Italian tax code with its check letter (decree of 23 December 1976)."""
    letters = "".join(rng.choice("BCDFGLMNPRSTVZ") for _ in range(6))
    born = f"{rng.randint(50, 99)}{rng.choice('ABCDEHLMPRST')}{rng.randint(1, 28):02}"
    body = letters + born + f"{rng.choice('ABCDEFGHIL')}{rng.randint(100, 999)}"
    odd = dict(zip(digits + ascii_uppercase, _ODD[:10] + _ODD, strict=True))
    even = {one: int(one) if one.isdigit() else ord(one) - 65 for one in digits + ascii_uppercase}
    total = sum(odd[one] if place % 2 == 0 else even[one] for place, one in enumerate(body))
    return body + ascii_uppercase[total % 26]


def _email(rng: Random) -> str:
    first, last = rng.choice(values.FIRST), rng.choice(values.LAST)
    local = rng.choice(
        [f"{first}.{last}", f"{first[0]}{last}", f"{first}_{last}{rng.randint(1, 99)}", f"{last}+news", f"{first}-{last}"]
    )
    host = rng.choice(
        [
            "gmail.com",
            "outlook.com",
            "gmx.de",
            "posteo.net",
            "proton.me",
            f"{rng.choice(values.COMPANIES)}-corp.io",
            "kth.se",
            "tu-berlin.de",
        ]
    )
    return f"{local}@{host}"


LISTED = ("Irene Okafor", "Felix Brandt", "Yuki Tanaka", "Elena Kowalski", "Marcus Lindqvist", "Priya Raghunathan")
"""Names as a directory would list them."""
KINDS: dict[str, tuple[Callable[[Random], str], tuple[str, ...], str]] = {
    "email address": (_email, ("email", "mail"), "email"),
    "phone number": (phone, ("phone",), "phone"),
    "IBAN": (iban, ("iban",), "IBAN"),
    "payment card": (card, ("card",), "card number"),
    "US social security number": (ssn, ("social-security", "ssn"), "SSN"),
    "Polish PESEL": (_pesel, ("pesel",), "PESEL"),
    "Spanish DNI": (_dni, ("dni", "es-"), "DNI"),
    "French social security number": (_nir, ("fr-",), "numéro de sécurité sociale"),
    "Brazilian CPF": (_cpf, ("cpf",), "CPF"),
    "British NHS number": (_nhs, ("nhs",), "NHS number"),
    "Italian tax code": (_fiscal, ("it-",), "codice fiscale"),
    "global IP address": (global_ip, ("ip-address",), "client ip"),
    "name of a list": (lambda rng: rng.choice(LISTED), ("person-name",), "contact"),
}
"""Name: how it is made, words of which one stands in the right rule's id, the word that stands near it."""

_FORMS = (
    ("txt", "Please look at the case of {first}: {word} {v}, opened last week.\n"),
    ("txt", "{word}: {v}\n"),
    ("txt", "Hi, my {word} is {v}. Can you update it?\n"),
    ("md", "| {first} | {word} | {v} |\n"),
    ("json", '{{"name": "{first}", "{key}": "{v}"}}\n'),
    ("csv", "id,name,{key}\n17,{first},{v}\n"),
    ("yaml", "{key}: {v}\n"),
    ("log", "2025-01-07T10:00:01Z INFO saved {key}={v} user=17\n"),
    ("py", '{key} = "{v}"\n'),
    ("sql", "INSERT INTO people (name, {key}) VALUES ('{first}', '{v}');\n"),
    ("xml", "<{key}>{v}</{key}>\n"),
    ("txt", "customer {first}, {word} ({v}), asks for a refund\n"),
)

_BARE = (
    ("txt", "{v}\n"),
    ("txt", "then {v} wrote back\n"),
    ("csv", "17;{first};{v};open\n"),
    ("md", "- {v}\n"),
    ("json", '["{first}", "{v}", 17]\n'),
    ("log", "2025-01-07 10:00:01 [worker-3] {v} accepted\n"),
    ("html", "<td>{v}</td>\n"),
    ("txt", "{first} ({v})\n"),
    ("txt", "»{v}«, sagte {first}.\n"),
    ("js", "send('{v}', () => done());\n"),
    ("txt", "a:{v};b:17\n"),
    ("txt", "{first}/{v}/open\n"),
)
_ALONE = (
    "email address",
    "phone number",
    "IBAN",
    "payment card",
    "US social security number",
    "global IP address",
    "name of a list",
)


def people(times: int = 40) -> Iterator[Labelled]:
    """Give files of one line or two with a piece of personal data each. Kinds that need no word beside them stand without
    one in every second file."""
    index = 0
    for kind, (make, rules, word) in KINDS.items():
        for number in range(times):
            index += 1
            rng = Random(f"people {kind} {number}")
            forms = _BARE if kind in _ALONE and number % 2 else _FORMS
            suffix, form = forms[number // 2 % len(forms)]
            key = word.lower().replace(" ", "_").replace("é", "e")
            marked = form.format(first=rng.choice(values.FIRST).title(), word=word, key=key, v=_BEGIN + make(rng) + _END)
            begin = marked.index(_BEGIN)
            end = marked.index(_END) - 1
            text = marked.replace(_BEGIN, "").replace(_END, "")
            truth = Truth(line_of(text, begin), line_of(text, end - 1), kind, ((begin, end),), rules)
            yield Labelled(f"p/{index:04}.{suffix}", text, (truth,), part_of("people", kind, str(number)), kind)


def decoys() -> Iterator[Labelled]:
    """Give a hundred lines that hold nothing of a person."""
    rng = Random("decoys")
    bad_card = "4539 5787 6362 1" + str((int(luhn("453957876362 1".replace(" ", ""))) + 1) % 10) + "86"
    lines = [line.replace("BAD_CARD", bad_card) for line in values.lines("decoys")]
    assert len(lines) >= 100
    rng.shuffle(lines)
    for number, line in enumerate(lines[:100]):
        yield Labelled(
            f"d/{number:03}.txt", f"We looked at this today.\n{line}\nThat is all.\n", (), "dev", "decoy", ((2, "decoy"),)
        )
