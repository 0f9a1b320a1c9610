"""Check digits and forms of numbers that identify a person: those of python-stdnum by name (`nl.bsn`), and our own."""

import importlib
import re
from collections.abc import Callable
from datetime import date
from functools import cache

Check = Callable[[str], bool]
"""Whether a value, as it is written, can be such a number."""

_MODULE = re.compile(r"[a-z]{2}_?\.[a-z0-9_]{2,30}")


def _digits(value: str) -> list[int]:
    return [int(sign) for sign in value if sign in "0123456789"]


def national_insurance(value: str) -> bool:
    """UK National Insurance number: no check digit, but prefixes that are never given out (HMRC, NIM39110)."""
    plain = re.sub(r"[ -]", "", value).upper()
    found = re.fullmatch(r"([A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z])\d{6}[A-D]", plain)
    return found is not None and found[1] not in {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"}


def machine_readable(value: str) -> bool:
    """Serial number of a German identity card or passport with its check digit: weights 7, 3, 1 (ICAO Doc 9303)."""
    signs = re.sub(r"[ -]", "", value).upper()
    if len(signs) != 10 or not signs[-1].isdigit() or sum(sign.isdigit() for sign in signs[:9]) < 3:
        return False
    return sum(int(sign, 36) * (7, 3, 1)[place % 3] for place, sign in enumerate(signs[:9])) % 10 == int(signs[-1])


def hungarian_insurance(value: str) -> bool:
    """Hungarian TAJ number: weights 3 and 7 in turn, modulo 10."""
    digits = _digits(value)
    return len(digits) == 9 and sum(one * (3, 7)[place % 2] for place, one in enumerate(digits[:8])) % 10 == digits[8]


def hungarian_tax(value: str) -> bool:
    """Hungarian tax identification sign of a person: an 8, then weights 1 to 9, modulo 11."""
    digits = _digits(value)
    return (
        len(digits) == 10
        and digits[0] == 8
        and sum((place + 1) * one for place, one in enumerate(digits[:9])) % 11 == digits[9]
    )


def medicare(value: str) -> bool:
    """Australian Medicare card: weights 1, 3, 7, 9 over eight digits, modulo 10; then the issue and the person's line."""
    digits = _digits(value)
    if len(digits) not in (10, 11) or not 2 <= digits[0] <= 6 or digits[9] == 0:
        return False
    return sum(one * (1, 3, 7, 9)[place % 4] for place, one in enumerate(digits[:8])) % 10 == digits[8]


def singapore(value: str) -> bool:
    """Singapore NRIC and FIN: weights 2, 7, 6, 5, 4, 3, 2 and a letter that depends on the first one."""
    value = value.upper()
    if re.fullmatch(r"[STFGM]\d{7}[A-Z]", value) is None:
        return False
    total = sum(one * weight for one, weight in zip(_digits(value), (2, 7, 6, 5, 4, 3, 2), strict=True))
    match value[0]:
        case "S" | "T":
            return "JZIHGFEDCBA"[(total + 4 * (value[0] == "T")) % 11] == value[-1]
        case "F" | "G":
            return "XWUTRQPNMLK"[(total + 4 * (value[0] == "G")) % 11] == value[-1]
        case _:
            return "KLJNPQRTUWX"[10 - (total + 3) % 11] == value[-1]


def russian_insurance(value: str) -> bool:
    """Russian SNILS: weights 9 to 1, modulo 101, in two digits."""
    digits = _digits(value)
    if len(digits) != 11 or not any(digits[:9]):
        return False
    return sum(one * (9 - place) for place, one in enumerate(digits[:9])) % 101 % 100 == digits[9] * 10 + digits[10]


def taiwanese(value: str) -> bool:
    """Taiwanese national identification number: the letter as two digits, then weights 8 to 1, modulo 10."""
    value = value.upper()
    if re.fullmatch(r"[A-Z][12]\d{8}", value) is None:
        return False
    first = "ABCDEFGHJKLMNPQRSTUVXYWZIO".index(value[0]) + 10
    digits = [first // 10, first % 10, *_digits(value)]
    return sum(one * weight for one, weight in zip(digits, (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1), strict=True)) % 10 == 0


def _is_day(digits: str) -> bool:
    """Whether eight digits are a day: year, month, day."""
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8])).year >= 1900
    except ValueError:
        return False


def chinese(value: str) -> bool:
    """Resident identity number of China: a day of birth, and a check sign by ISO 7064 modulo 11, 2 (GB 11643). Places are
    not looked up: they are renamed every year, and numbers stay."""
    value = value.upper()
    if re.fullmatch(r"[1-8]\d{16}[0-9X]", value, re.ASCII) is None or not _is_day(value[6:14]):
        return False
    return sum((10 if sign == "X" else int(sign)) * pow(2, 17 - place, 11) for place, sign in enumerate(value)) % 11 == 1


def korean(value: str) -> bool:
    """Resident registration number of South Korea: a day of birth and the digit for sex and century; the check digit (modulo
    11) counts only where the hyphen is missing, because numbers given out since October 2020 have none."""
    digits = re.sub(r"\D", "", value)
    if len(digits) != 13:
        return False
    century = "19" if digits[6] in "1256" else "20" if digits[6] in "3478" else "18"
    try:
        date(int(century + digits[:2]), int(digits[2:4]), int(digits[4:6]))
    except ValueError:
        return False
    if value[6:7] == "-":
        return True
    total = sum(int(one) * weight for one, weight in zip(digits, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5), strict=False))
    return (11 - total % 11) % 10 == int(digits[12])


_OWN: dict[str, Check] = {
    "cn.id": chinese,
    "kr.rrn": korean,
    "au.medicare": medicare,
    "de.serial": machine_readable,
    "gb.nino": national_insurance,
    "hu.tax": hungarian_tax,
    "hu.taj": hungarian_insurance,
    "ru.snils": russian_insurance,
    "sg.nric": singapore,
    "tw.id": taiwanese,
}


@cache
def check(name: str) -> Check | None:
    """Give the check of this name, or None where there is none. A module of python-stdnum is imported on first use."""
    if name in _OWN:
        return _OWN[name]
    if _MODULE.fullmatch(name) is None:
        return None
    try:
        module = importlib.import_module(f"stdnum.{name}")
    except ImportError:
        return None
    found: Check | None = getattr(module, "is_valid", None)
    return None if found is None else _safe(found)


def _safe(check: Check) -> Check:
    """A check of the library that stumbles over a value has not passed it."""

    def safe(value: str) -> bool:
        try:
            return check(value)
        except Exception:  # noqa: BLE001 -- some modules raise KeyError and IndexError for values of the wrong form
            return False

    return safe


def exists(name: str) -> bool:
    """Whether there is a check of this name, without importing it."""
    from importlib.util import find_spec

    if name in _OWN:
        return True
    try:
        return _MODULE.fullmatch(name) is not None and find_spec(f"stdnum.{name}") is not None
    except ImportError:  # there is no such country
        return False
