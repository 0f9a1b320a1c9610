"""Token formats as their vendors document them: how to make a token, what is nearly one, which rule would be right.

Prefix, alphabet and length are facts from the vendors' own pages; check digits are computed as they publish them.
"""

import base64
import json
import zlib
from collections.abc import Callable
from random import Random
from string import ascii_letters, ascii_lowercase, ascii_uppercase, digits
from typing import NamedTuple

from benchmarks.sets.secrets.values import ALNUM, BASE32, BASE64, HEX, URLSAFE, draw, jwt, uuid

_BASE62 = digits + ascii_uppercase + ascii_lowercase
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


class Format(NamedTuple):
    """One vendor's format. `make` gives a token; `near` gives what misses the format, with the reason; `kinds` are words of
    which one stands in the id of a rule of the right kind; `core` cuts the part that has to be found from a token that is
    told in full or by that part alone (a URL with its key)."""

    name: str
    make: Callable[[Random], str]
    near: Callable[[Random], list[tuple[str, str]]]
    kinds: tuple[str, ...]
    core: Callable[[str], str] = str


def crc_base62(text: str) -> str:
    """Give the CRC-32 as six digits of base 62."""
    number, written = zlib.crc32(text.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        written = _BASE62[digit] + written
    return written


def _checked(prefix: str) -> Callable[[Random], str]:
    def make(rng: Random) -> str:
        body = draw(rng, ALNUM, 30)
        return prefix + body + crc_base62(body)

    return make


def _plain(*parts: str | tuple[str, int]) -> Callable[[Random], str]:
    """Make tokens of fixed parts and drawn ones."""

    def make(rng: Random) -> str:
        return "".join(part if isinstance(part, str) else draw(rng, *part) for part in parts)

    return make


def _simple(name: str, kinds: str, *parts: str | tuple[str, int]) -> Format:
    """A format of fixed parts and drawn ones; near misses are too short, hold what is not in the alphabet, or are a mask."""
    make = _plain(*parts)

    def near(rng: Random) -> list[tuple[str, str]]:
        found = []
        drawn = [n for n, part in enumerate(parts) if not isinstance(part, str) and part[1] >= 12]
        at = max(drawn, key=lambda n: parts[n][1])  # the longest drawn part
        alphabet, length = parts[at]

        def with_body(body: str) -> str:
            return "".join(
                body if n == at else part if isinstance(part, str) else draw(rng, *part) for n, part in enumerate(parts)
            )

        found.append((with_body(draw(rng, str(alphabet), int(length) // 2)), "too short by half"))
        body = draw(rng, str(alphabet), int(length))
        middle = int(length) // 2
        found.append((with_body(body[:middle] + rng.choice("$<(,") + body[middle + 1 :]), "wrong alphabet"))
        found.append((with_body("x" * int(length)), "masked"))
        found.append((with_body("*" * int(length)), "masked"))
        found.append((with_body(("YOUR_KEY_HERE_" * 9)[: int(length)].strip("_")), "placeholder"))
        return found

    return Format(name, make, near, tuple(kinds.split()))


def _checked_format(name: str, prefix: str, kinds: str) -> Format:
    make = _checked(prefix)

    def near(rng: Random) -> list[tuple[str, str]]:
        body = draw(rng, ALNUM, 30)
        right = crc_base62(body)
        wrong = right[:-1] + ("a" if right[-1] != "a" else "b")
        return [
            (prefix + body + wrong, "check digits"),
            (prefix + draw(rng, ALNUM, 35), "one short"),
            (prefix + "x" * 36, "masked"),
            (prefix + "*" * 36, "masked"),
            (prefix + "YOUR_TOKEN_HERE", "placeholder"),
        ]

    return Format(name, make, near, tuple(kinds.split()))


def _pypi(rng: Random) -> str:
    """A macaroon of version 2 (libmacaroons), base64url, as pypi.org hands it out."""
    who = json.dumps({"version": 1, "permissions": "user"}).encode()
    data = b"\x02\x01\x08pypi.org\x02\x24" + uuid(rng).encode() + b"\0"
    data += b"\x02" + bytes([len(who)]) + who + b"\0\0\x06\x20" + rng.randbytes(32)
    return "pypi-" + base64.urlsafe_b64encode(data).decode().rstrip("=")


def _bech32(rng: Random) -> str:
    """An age identity: 32 bytes in Bech32 (BIP 173) with the human part `age-secret-key-`."""
    human = "age-secret-key-"
    number = int.from_bytes(rng.randbytes(32), "big") << 4
    words = [(number >> (5 * at)) & 31 for at in range(51, -1, -1)]
    values = [ord(one) >> 5 for one in human] + [0] + [ord(one) & 31 for one in human] + words + [0] * 6
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= generator if top >> bit & 1 else 0
    check ^= 1
    words += [check >> 5 * (5 - at) & 31 for at in range(6)]
    return (human + "1" + "".join(_BECH32[word] for word in words)).upper()


def _azure(rng: Random) -> str:
    name = draw(rng, ascii_lowercase, 10)
    secret = base64.b64encode(rng.randbytes(64)).decode()
    return f"DefaultEndpointsProtocol=https;AccountName={name};AccountKey={secret};EndpointSuffix=core.windows.net"


def _discord(rng: Random) -> str:
    user = base64.b64encode(str(rng.randint(10**17, 10**18)).encode()).decode().rstrip("=")
    return f"{user}.{rng.choice('GHXY')}{draw(rng, URLSAFE, 5)}.{draw(rng, URLSAFE, 38)}"


def _slack_hook(rng: Random) -> str:
    place = "/".join(("T" + draw(rng, ascii_uppercase + digits, 10), "B" + draw(rng, ascii_uppercase + digits, 10)))
    return f"https://hooks.slack.com/services/{place}/{draw(rng, ALNUM, 24)}"


def _discord_hook(rng: Random) -> str:
    return f"https://discord.com/api/webhooks/{rng.randint(10**17, 10**18)}/{draw(rng, URLSAFE, 68)}"


def _bad_jwt(rng: Random) -> list[tuple[str, str]]:
    head, body, _ = jwt(rng).split(".")
    return [
        (f"{head}.{body}", "no signature"),
        (f"{head[:-4]}.{draw(rng, URLSAFE, 40)}.{draw(rng, URLSAFE, 43)}", "header is no JSON"),
        (f"{draw(rng, URLSAFE, 36)}.{draw(rng, URLSAFE, 60)}.{draw(rng, URLSAFE, 43)}", "header is no JSON"),
    ]


def _bad_pypi(rng: Random) -> list[tuple[str, str]]:
    return [("pypi-" + "x" * 80, "masked"), ("pypi-" + draw(rng, URLSAFE, 20), "too short by half")]


def _bad_age(rng: Random) -> list[tuple[str, str]]:
    token = _bech32(rng)
    return [
        (token[:-1] + ("Q" if token[-1] != "Q" else "P"), "check digits"),
        (token[:40], "too short by half"),
    ]


def _bad_azure(rng: Random) -> list[tuple[str, str]]:
    name = draw(rng, ascii_lowercase, 10)
    return [
        (f"DefaultEndpointsProtocol=https;AccountName={name};AccountKey={key};EndpointSuffix=core.windows.net", reason)
        for key, reason in (("<account-key>", "placeholder"), ("${STORAGE_KEY}", "reference"), ("x" * 86 + "==", "masked"))
    ]


def _bad_hook(_: Random) -> list[tuple[str, str]]:
    return [
        ("https://hooks.slack.com/services/T00000000/B00000000/" + "X" * 24, "placeholder"),
        ("https://hooks.slack.com/services/YOUR/WEBHOOK/URL", "placeholder"),
    ]


def _bad_discord(rng: Random) -> list[tuple[str, str]]:
    return [(f"{draw(rng, URLSAFE, 12)}.{draw(rng, URLSAFE, 3)}.{draw(rng, URLSAFE, 20)}", "too short by half")]


def _bad_discord_hook(rng: Random) -> list[tuple[str, str]]:
    return [
        ("https://discord.com/api/webhooks/123456789012345678/your-webhook-token", "placeholder"),
        (f"https://discord.com/api/webhooks/{rng.randint(10**17, 10**18)}", "no key"),
    ]


def _last_part(token: str) -> str:
    return token.rpartition("/")[2]


def _account_key(token: str) -> str:
    return token.partition("AccountKey=")[2].partition(";")[0]


FORMATS: tuple[Format, ...] = (
    _checked_format("GitHub personal token", "gh" + "p_", "github"),
    _checked_format("GitHub server token", "gh" + "s_", "github"),
    _simple("GitHub fine-grained token", "github", "github" + "_pat_", (ALNUM, 22), "_", (ALNUM, 59)),
    _checked_format("npm token", "np" + "m_", "npm"),
    Format("PyPI token", _pypi, _bad_pypi, ("pypi",)),
    _simple("AWS access key id", "aws amazon", "AK" + "IA", (BASE32, 16)),
    _simple("Stripe secret key", "stripe", "sk" + "_live_", (ALNUM, 24)),
    _simple("Stripe restricted key", "stripe", "rk" + "_live_", (ALNUM, 24)),
    _simple("Slack bot token", "slack", "xo" + "xb-", (digits, 12), "-", (digits, 13), "-", (ALNUM, 24)),
    Format("Slack webhook", _slack_hook, _bad_hook, ("slack",), _last_part),
    _simple("Google API key", "google gcp", "AI" + "za", (URLSAFE, 35)),
    _simple("GitLab personal token", "gitlab", "gl" + "pat-", (ALNUM, 20)),
    _simple("OpenAI project key", "openai", "sk" + "-proj-", (URLSAFE, 74), "T3Blbk" + "FJ", (URLSAFE, 74)),
    _simple("Anthropic API key", "anthropic", "sk" + "-ant-api03-", (URLSAFE, 93), "AA"),
    _simple("SendGrid key", "sendgrid", "S" + "G.", (URLSAFE, 22), ".", (URLSAFE, 43)),
    _simple("Twilio API key", "twilio", "S" + "K", (HEX, 32)),
    _simple("DigitalOcean token", "digitalocean", "do" + "p_v1_", (HEX, 64)),
    _simple("Hugging Face token", "hugging hf", "h" + "f_", (ascii_letters, 34)),
    _simple("Databricks token", "databricks", "da" + "pi", (HEX, 32)),
    _simple("Vault service token", "vault hashicorp", "hv" + "s.", (ALNUM, 24)),
    Format("JSON web token", jwt, _bad_jwt, ("jwt", "json-web-token", "supabase")),
    _simple("Shopify access token", "shopify", "shp" + "at_", (HEX, 32)),
    _simple("Telegram bot token", "telegram", (digits[1:], 10), ":AA", (URLSAFE, 33)),
    Format("Discord bot token", _discord, _bad_discord, ("discord",)),
    Format("Discord webhook", _discord_hook, _bad_discord_hook, ("discord",), _last_part),
    Format("age identity", _bech32, _bad_age, ("age",)),
    Format("Azure storage connection string", _azure, _bad_azure, ("azure", "connection"), _account_key),
    _simple("Mailgun key", "mailgun", "key" + "-", (HEX, 32)),
    _simple("Postman key", "postman", "PM" + "AK-", (HEX, 24), "-", (HEX, 34)),
    _simple("New Relic user key", "new-relic newrelic", "NR" + "AK-", (ascii_uppercase + digits, 27)),
    _simple("Linear key", "linear", "lin" + "_api_", (ALNUM, 40)),
    _simple("Doppler token", "doppler", "dp" + ".pt.", (ALNUM, 43)),
    _simple("Terraform Cloud token", "terraform hashicorp", (ALNUM, 14), ".atlas" + "v1.", (ALNUM, 67)),
    _simple("RubyGems key", "rubygems", "rub" + "ygems_", (HEX, 48)),
    _simple("Docker Hub token", "docker", "dckr" + "_pat_", (ALNUM, 27)),
    _simple("Groq key", "groq", "gs" + "k_", (ALNUM, 52)),
    _simple("Airtable token", "airtable", "pa" + "t", (ALNUM, 14), ".", (HEX, 64)),
    _simple("Mailchimp key", "mailchimp", (HEX, 32), "-us", ("123456789", 1)),
    _simple("Brevo key", "brevo sendinblue", "xk" + "eysib-", (HEX, 64), "-", (ALNUM, 16)),
    _simple("Figma token", "figma", "fi" + "gd_", (URLSAFE, 40)),
    _simple("Square access token", "square", "EA" + "AA", (URLSAFE, 60)),
    _simple("PlanetScale token", "planetscale", "psc" + "ale_tkn_", (ALNUM, 43)),
    _simple("Supabase token", "supabase", "sb" + "p_", (HEX, 40)),
    _simple("crates.io token", "crates cargo", "ci" + "o", (ALNUM, 32)),
)
_ = BASE64
