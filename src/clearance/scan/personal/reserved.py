"""Values that were set apart for examples: nobody's address, number or card."""

import re

# RFC 2606, RFC 6761, RFC 6762 (local), RFC 8375 (home.arpa), RFC 9476 (alt); `internal` is ICANN's for private use.
_DOMAINS = re.compile(
    r"(?:^|\.)(?:example\.(?:com|net|org|edu)|[\w-]+\.(?:example|test|invalid|localhost|local|internal|alt))$"
)
_MADE_UP = frozenset(
    {"domain.com", "yourdomain.com", "mydomain.com", "yourcompany.com", "mycompany.com", "company.com", "foo.com", "bar.com",
     "foobar.com", "baz.com", "test.com", "tests.com", "testing.com", "email.com", "mail.com", "mail.de", "site.com",
     "website.com", "somewhere.com", "somedomain.com", "host.com", "server.com", "abc.com", "xyz.com", "b.com", "b.c",
     "y.com",
     "acme.com", "acme.org", "contoso.com", "fabrikam.com", "a.com", "x.com", "y.z", "c.com", "d.com", "user.com"}
)  # fmt: skip
_NOBODY = frozenset(
    {"user", "username", "your", "you", "yourname", "your.name", "your-name", "your_name", "youremail", "your.email", "name",
     "email", "foo", "bar", "baz", "foobar", "a", "b", "x", "y", "me", "someone", "somebody", "test", "tester", "testuser",
     "test.user", "first.last", "firstname.lastname", "john.doe", "johndoe", "jane.doe", "janedoe", "john", "jane", "joe",
     "alice", "bob", "example", "sample", "xxx", "abc", "u", "user1", "user2", "admin", "info", "mail"}
)  # fmt: skip
ROLES = frozenset(
    {"abuse", "accounts", "admin", "administrator", "billing", "bot", "bugs", "ci", "conduct", "contact", "devel", "dev",
     "do-not-reply", "donotreply", "feedback", "hello", "help", "hostmaster", "info", "jobs", "legal", "list", "mail",
     "mailer-daemon", "marketing", "media", "news", "newsletter", "no-reply", "noreply", "office", "ops", "postmaster",
     "press",
     "privacy", "root", "sales", "security", "service", "services", "support", "team", "webmaster", "www"}
)  # fmt: skip
"""Parts before the `@` that name a function and no person (RFC 2142 and custom)."""

# Numbers that payment providers publish for tests.
_TEST_CARDS = """
4242424242424242 4000056655665556 5555555555554444 2223003122003222 5200828282828210 5105105105105100
378282246310005 371449635398431 6011111111111117 6011000990139424 6011981111111113 3056930009020004
36227206271667 6555900000604105 3566002020360505 6200000000000005 6200000000000047 6205500000000000004
4111111111111111 4012888888881881 4222222222222 378734493671000 30569309025904 38520000023237 3530111333300000
4000000000000002 4000000000009995 4000000000000069 4000000000000127 4000000000000119 4000000000003220
4000002500003155 4000000000009987 4000002760003184 4012000033330026 4012000077777777 4500600000000061
6331101999990016 6304000000000000 5019717010103742 2222420000001113 2223000048410010 4917610000000000
4000000000000077 4000000000000010 4000000000000028 4000000000000036 4000000000000044 4000000000000101
4000000000000341 4000000000005126 4000000000000259 4000000000001976 4000000000002685 4000000000005423
4000000000009979 4005519200000004 4009348888881881 4012000000001006 4500600000000061 5431111111111111
5424000000000015 4007000000027 370000000000002 6011000000000012 3088000000000017 38000000000006
4000000000000085 4988438843884305 4166676667666746 2222400010000008 5577000055770004 5136333333333335
4646464646464644 4444333322221111 5454545454545454 4917300800000000
"""
_CARDS = frozenset(_TEST_CARDS.split())
_PHONES = re.compile(
    r"\+1\d{3}55501\d\d"  # the North American Numbering Plan's for fiction
    # Ofcom's for drama
    r"|\+44(?:1632960\d{3}|2079460\d{3}|1[1-6]1496\d{4}|1[1-6]14960\d{3}|2890180\d{3}|2920180\d{3}|1914980\d{3}|7700900\d{3}"
    r"|8081570\d{3}|9098790\d{3}|3069990\d{3})"
    r"|\+33(?:19900|26191|35301|46571|53649|63998)\d{4}"  # Arcep's for fiction
    r"|\+49(?:3023125\d{3}|6990009\d{3}|4066969\d{3}|2214710\d{3}|8999998\d{3}|17139200\d\d"
    r"|17639200\d\d)"  # Bundesnetzagentur's
    r"|\+61(?:49157\d{4}|4915[78]\d{5}|[2378]5550\d{4}|[2378]7010\d{4}|1800975\d{3})"  # ACMA's
    r"|\+35320912\d{4}"  # ComReg's
)
_SSNS = frozenset({"078051120", "123456789", "219099999", "457555462", "111111111", "123121234"})
"""Numbers that were printed in advertisements, and those that everybody makes up."""


def email(local: str, domain: str) -> bool:
    """Whether an address, in lower case, is one for examples."""
    return bool(_DOMAINS.search(domain)) or (domain in _MADE_UP and local in _NOBODY) or domain in {"b.c", "y.z", "foo.bar"}


def card(digits: str) -> bool:
    """Whether a card number is a provider's for tests, or made of hardly any digits."""
    return digits in _CARDS or len(set(digits)) <= 2 or len(set(digits[6:-1])) == 1


def phone(e164: str) -> bool:
    """Whether a number (`+`, country code, digits) was set apart for fiction."""
    return _PHONES.fullmatch(e164) is not None


def ssn(digits: str) -> bool:
    """Whether a number of the form of a US Social Security Number is a well-known example."""
    return digits in _SSNS
