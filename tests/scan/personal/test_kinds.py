"""What counts as personal data and what does not: tables whose rows read as sentences."""

from typing import Any

import pytest

from clearance.scan.personal.names import NameLists, fold

AT = "@"


def mail(local: str, domain: str) -> str:
    """Put an address together at run time."""
    return local + AT + domain


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"write to {mail('jonas.keller', 'gmail.com')}.", {mail("jonas.keller", "gmail.com")}),
        (f"<{mail('jörg.weiß', 'müller-bau.de')}>", {mail("jörg.weiß", "müller-bau.de")}),
        (f"{mail('a.b', 'web.de')},{mail('c.d', 'web.de')};{mail('e', 'f.co.uk')}", {
            mail("a.b", "web.de"), mail("c.d", "web.de"), mail("e", "f.co.uk")}),
        (f"mailto:{mail('jonas.keller', 'web.de')}?subject=x", {mail("jonas.keller", "web.de")}),
        (f"to={mail('jonas.keller', 'web.de')}&x=1", {mail("jonas.keller", "web.de")}),
        (f"https://nordwind.io/u?mail={mail('jonas.keller', 'web.de')}", {mail("jonas.keller", "web.de")}),
        (f"写信给{mail('jonas.keller', 'web.de')}吧", {mail("jonas.keller", "web.de")}),
        ("full-width: jonas.keller\uff20web.de", {"jonas.keller\uff20web.de"}),
        (f"{mail('jonas.keller', 'web.de')}. Next", {mail("jonas.keller", "web.de")}),
        (f"sub {mail('x', 'mail.dept.uni-graz.at')}", {mail("x", "mail.dept.uni-graz.at")}),
        # what only has an @ in it
        ("git@github.com:owner/repo.git", set()),
        ("ssh://deploy@build.kestrel-logistics.com/srv", set()),
        ("postgres://app:pw@db.kestrel-logistics.com:5432/x", set()),
        ("npm i left-pad@1.3.0 @scope/pkg@2.0.0", set()),
        ("logo@2x.png icon@3x.webp a@b x@y.z", set()),
        ("@app.route('/') def f(): return A@B.T", set()),
        ("user@example.com, jane.doe@mail.example.org, x@host.test, y@db.internal", set()),
        ("user@domain.com, your.name@yourcompany.com", set()),
        (f"{mail('noreply', 'kestrel-logistics.com')}", set()),
        ("..@.. @@@ a@ @b .@. -@-.-", set()),
    ],
)  # fmt: skip
def test_mail_addresses(text: str, found: set[str], prompt: Any) -> None:
    assert {what for rule, what in prompt.found(text) if rule == "email-address"} == found


@pytest.mark.parametrize(
    ("path", "line", "reason"),
    [
        ("package.json", '"author": "A. Person <@@>"', "PUBLIC"),
        ("pyproject.toml", 'authors = [{ email = "@@" }]', "PUBLIC"),
        ("LICENSE", "Permission is granted by @@", "PUBLIC"),
        ("AUTHORS.md", "- A. Person @@", "PUBLIC"),
        ("src/app.py", "# Copyright 2024 A. Person <@@>", "PUBLIC"),
        ("src/App.java", " * @author A. Person @@", "PUBLIC"),
        ("locale/de.po", '"Last-Translator: A. Person <@@>\\n"', "PUBLIC"),
        ("x.py", 'x = "@@"', ""),
        ("people.csv", "author,@@", ""),
        ("users.json", '{"mail": "@@"}', ""),
    ],
)
def test_an_address_that_is_public_by_choice_is_set_aside_in_files(
    path: str, line: str, reason: str, code: Any, prompt: Any
) -> None:
    address = mail("a.person", "kestrel-logistics.com")
    text = line.replace("@@", address)
    if reason:
        assert code.found(text, path) == set()
        assert code.aside(text, path) == {("email-address", address, reason)}
    else:
        assert code.found(text, path) == {("email-address", address)}
    assert prompt.found(text) == {("email-address", address)}


def test_an_address_of_a_function_counts_in_a_prompt_only(code: Any, prompt: Any) -> None:
    text = f"x = '{mail('support', 'kestrel-logistics.com')}'"
    assert code.aside(text, "x.py") == {("email-address", mail("support", "kestrel-logistics.com"), "WEAK")}
    assert prompt.found(text) == {("email-address", mail("support", "kestrel-logistics.com"))}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Call +49 30 901 820 now", {"+49 30 901 820"}),
        ("tel:+1-415-823-4567", {"+1-415-823-4567"}),
        ("Ring me on 0049 30 901820", {"0049 30 901820"}),
        ("(415) 823-4567 or 415-823-4568 or 1-415-823-4569", {"(415) 823-4567", "415-823-4568", "1-415-823-4569"}),
        ("phone: 4158234567", {"4158234567"}),
        ("Appelle-moi au 06 12 34 56 78", {"06 12 34 56 78"}),
        ("Telefon: 030 / 901820-12", {"030 / 901820-12"}),
        ("Handy 0171/2345678", {"0171/2345678"}),
        ("手机13812345678", {"13812345678"}),
        ("Reach me at +44\u00a020\u00a07183\u00a08750", {"+44\u00a020\u00a07183\u00a08750"}),
        # no phone numbers
        ("4158234567 rows", set()),
        ("on 2024-05-06 12:30:45 and 06.05.2024 14:00", set()),
        ("order 415-823-4567", set()),
        ("+0200, +12345, x+4930901820", set()),
        ("1.2.3.4.5.6.7.8.9.10.11", set()),
        ("+1 202 555 0143, 020 7946 0018, +33 1 99 00 12 34", set()),
        ("phone 12345", set()),
        ("phone: 555-0100, phone (212) 555-0123", set()),
        ("phone (415) 823-4567x12", {"(415) 823-4567"}),
        # a plan that does not have it, and a word and a form that say what it is
        ("phone 797-386-9073", {"797-386-9073"}),
        ("797-386-9073", set()),
    ],
)
def test_phone_numbers(text: str, found: set[str], prompt: Any) -> None:
    assert {what for rule, what in prompt.found(text) if rule == "phone-number"} == found


def test_the_settings_say_whose_national_forms_count(open_eye: Any) -> None:
    text = "phone 06 1234 5678"
    assert open_eye(prompts=True, regions=("US",)).found(text) == set()
    assert open_eye(prompts=True, regions=("NL",)).found(text) == {("phone-number", "06 1234 5678")}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("born on 12 March 1987", {"12 March 1987"}),
        ("DOB: 03/12/1987, due 2024-01-01", {"03/12/1987"}),
        ("Geburtsdatum: 12.03.1987", {"12.03.1987"}),
        ("née le 1er mars 1987", {"1er mars 1987"}),
        ("nato il 12 marzo 1987", {"12 marzo 1987"}),
        ('{"birthDate": "1987-03-12T00:00:00Z"}', {"1987-03-12T00:00:00Z"}),
        ("生年月日：1987年3月12日", {"1987年3月12日"}),
        ("name,dob,x\nA,1987-03-12,2\nB,1990-11-30,3\n", {"1987-03-12", "1990-11-30"}),
        ("released on 2024-03-12", set()),
        ("date_of_birth = DateField()", set()),
        ("born on 31.02.1987", set()),
        ("born in the year 1987", set()),
    ],
)
def test_dates_of_birth(text: str, found: set[str], prompt: Any) -> None:
    assert {what for rule, what in prompt.found(text) if rule == "birth-date"} == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Failed login from 93.184." + "216.34 port 22", {"93.184." + "216.34"}),
        ("http://93.184." + "216.34:8080/x", {"93.184." + "216.34"}),
        ("client 2a01:4f8:c0c:" + "9c9f::1 connected", {"2a01:4f8:c0c:" + "9c9f::1"}),
        ("10.0.0.1 192.168.1.1 172.16.0.1 127.0.0.1 169.254.1.1 224.0.0.1 100.64.0.1", set()),
        ("192.0.2.7 198.51.100.7 203.0.113.7 2001:db8::7", set()),
        ("8.8.8.8 1.1.1.1", set()),
        ("version 121.0.6167.85 and v93.184." + "216.34", set()),
        ("93.184." + "216.34.5 and 993.184." + "216.34", set()),
        ("- 8.195." + "211.38 and Ines/134.153." + "187.189/open", {"8.195." + "211.38", "134.153." + "187.189"}),
        ("std::dead::beef 12:30:45", set()),
    ],
)
def test_addresses_of_the_internet(text: str, found: set[str], prompt: Any, code: Any) -> None:
    assert {what for rule, what in prompt.found(text) if rule == "ip-address"} == found
    assert "ip-address" not in {rule for rule, _ in code.found(text)}


NAMES = NameLists.of(
    authors=["Anna Keller <x>", "dependabot[bot]", "Zoë O'Brien-Smith", "root", "José  García"],
    owners="*.py @anna\n/docs/ docs@kestrel-logistics.com # Bruno Haller\n",
    directory="name;mail\nLi Wei;x\n# Carla Comment\nMax Müller\tDE\n",
)


def test_lists_give_names_and_nothing_else() -> None:
    assert set(NAMES.names) == {"Anna Keller", "Zoë O'Brien-Smith", "José García", "Li Wei", "Max Müller"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Ask Anna Keller, please.", {"Anna Keller"}),
        ("ask ANNA KELLER or Keller, Anna", {"ANNA KELLER", "Keller, Anna"}),
        ("anna.keller and anna_keller", {"anna.keller", "anna_keller"}),
        ("Jose Garcia is José García", {"Jose Garcia", "José García"}),
        ("Zoe O'Brien-Smith", {"Zoe O'Brien-Smith"}),
        ("Max\nMüller and MAX MULLER", {"Max\nMüller", "MAX MULLER"}),
        ("Joanna Kellerman, xanna keller, Anna, Keller", set()),
    ],
)
def test_names_of_lists_count_as_whole_words(text: str, found: set[str], open_eye: Any) -> None:
    eye = open_eye(prompts=True, names=NAMES)
    assert {what for rule, what in eye.found(text) if rule == "person-name"} == found


def test_folding_keeps_every_sign_in_its_place() -> None:
    text = "ÀÉîøßİıǅﬁ\u0301\u1e9e\n\t\U0001f600Ω"
    assert len(fold(text)) == len(text)


def test_a_column_says_what_its_cells_are(prompt: Any) -> None:
    number = "5362" + "28714"
    table = f"id,name,ssn,order\n1,A,{number},{number}\n2,B,,{number}\n"
    assert prompt.found(table) == {("us-social-security-number", number)}
    assert len(prompt.matches(table)) == 1  # the same number in another column is none
    assert len(prompt.matches(f'id|ssn\n1|"{number}"\n2|{number}\n{"the end " * 12}\n3|{number}\n')) == 2


def test_of_two_readings_the_surer_one_stands(prompt: Any, make: Any) -> None:
    import random

    value = make.iban(random.Random(1), "DE")
    assert prompt.found(f"phone or card or IBAN {value}") == {("iban", value)}
