"""Secrets that their place in a record, a table or a map gives away, and those between quotation marks or under UTF-16."""

import base64
from typing import Any

import pytest

from clearance.facts.finding import Gap

_FOUND = (
    (".pgpass", "db1.corp:5432:shop:app:{}\n"),
    (".pgpass", "*:*:*:app:{}\n"),
    ("a.sh", 'echo "db1:6432:*:app:{}" > ~/.pgpass\n'),
    ("preseed.cfg", "d-i passwd/root-password password {}\n"),
    ("a.sh", 'echo "db-server db-server/root_password password {}" | debconf-set-selections\n'),
    ("a.py", 'PASSWORDS = {{"admin": "{}"}}\n'),
    ("a.py", 'USERS: dict[str, str] = {{"admin": "{}"}}\n'),
    ("a.js", "const users = {{ admin: '{}' }};\n"),
    ("a.go", 'var accounts = map[string]string{{\n\t"admin": "{}",\n}}\n'),
    ("a.php", "$users = ['admin' => '{}'];\n"),
    ("a.yml", "passwords:\n  admin: {}\n"),
    ("a.csv", "user,password\njoe,{}\n"),
    ("a.csv", 'user;password;mail\r\n"joe";"{}";"joe@corp.io"\r\n'),
    ("a.tsv", "user\tapi_key\njoe\t{}\n"),
    ("a.txt", "user,password,role\njoe,{},admin\n"),
    ("a.txt", "password: \u201e{}\u201c\n"),
    ("a.txt", "password: \u00ab{}\u00bb\n"),
    ("a.txt", "password: \u300c{}\u300d\n"),
)
_CLEAN = (
    (".pgpass", "db1.corp:5432:shop:app:changeme\n"),
    (".pgpass", "db1.corp:5432:shop:app:$PGPASSWORD\n"),
    ("compose.yml", "ports: ['127.0.0.1:5432:5432']\n"),
    ("a.log", "10:5432:*:main:started\n"),
    ("preseed.cfg", "d-i passwd/root-password password ${{ROOT_PASSWORD}}\n"),
    ("a.md", "see docs/auth password handling\n"),
    ("a.py", 'PASSWORDS = {{"admin": os.environ["ADMIN"]}}\n'),
    ("a.py", 'USERS = {{"admin": "Administrator", "bob": "Bob Smith"}}\n'),
    ("a.py", 'USERS = {{"admin": "admin@corp.io", "bob": "/home/bob"}}\n'),
    ("a.php", "return ['passwords' => ['reset' => 'Your password has been reset!']];\n"),
    ("a.yml", "users:\n  name: operator1\n  shell: /bin/zsh\n"),
    ("a.yml", "passwords:\n  admin: '{{{{ vault_admin }}}}'\n"),
    ("a.yml", "passwords:\n  admin: $2b$12${{{}}}\n"),
    ("a.csv", "user,password\njoe,\nann,changeme\n"),
    ("a.csv", "setting,description\npassword,must have 12 characters\n"),
    ("a.csv", "user,password_hash\njoe,{}\n"),
    ("a.csv", "user,public_key\njoe,{}\n"),
    ("a.txt", "password, or so they say, is {{}}\n"),
    ("a.txt", "password: \u00abpassword\u00bb\n"),
    ("a.txt", "password: \u201eIhr Passwort\u201c\n"),
)


def _texts(eye: Any, path: str, text: str) -> list[str]:
    return [text[one.start : one.end] for one in eye.matches(path, text)]


@pytest.mark.parametrize("which", ["eye", "keyword_eye"])
@pytest.mark.parametrize(("path", "line"), _FOUND)
def test_the_place_in_a_record_gives_a_secret_away(
    path: str, line: str, which: str, make: Any, request: pytest.FixtureRequest
) -> None:
    value = make.alnum(9) + make.alnum(9)
    assert _texts(request.getfixturevalue(which), path, line.format(value)) == [value]


@pytest.mark.parametrize("which", ["eye", "keyword_eye"])
@pytest.mark.parametrize(("path", "line"), _CLEAN)
def test_what_stands_in_such_a_place_and_is_no_secret_is_not_told(
    path: str, line: str, which: str, make: Any, request: pytest.FixtureRequest
) -> None:
    assert _texts(request.getfixturevalue(which), path, line.format(make.hex(64))) == []


def test_an_escaped_colon_of_a_password_file_is_undone_and_its_span_exact(eye: Any, make: Any) -> None:
    first, second = make.alnum(7), make.alnum(7)
    written = f"{first}\\:{second}"
    (match,) = eye.matches(".pgpass", f"db1:5432:shop:app:{written}\n")
    assert (match.start, match.end) == (18, 18 + len(written))
    assert match.hidden == (f"{first}:{second}",)


def test_each_entry_of_a_map_and_each_row_of_a_table_is_told(eye: Any, make: Any) -> None:
    one, two = make.alnum(14), make.alnum(14)
    assert _texts(eye, "a.py", f'USERS = {{"admin": "{one}", "bob": "{two}"}}\n') == [one, two]
    assert _texts(eye, "a.csv", f"id,password,x\n1,{one},2\n2,{two},3\n") == [one, two]


def test_a_table_of_too_many_rows_is_told_as_a_gap(eye: Any, make: Any) -> None:
    rows = "user,password\n" + f"joe,{make.alnum(14)}\n" + "joe,-\n" * 10_000
    gaps = [one.detail for one in eye.all("a.csv", rows) if isinstance(one, Gap)]
    assert gaps == ["a table that is too long to look at all of it"]


@pytest.mark.parametrize("order", ["le", "be"])
@pytest.mark.parametrize("before", ["", "x", "xy"])
def test_a_token_under_base64_of_utf_16_has_its_exact_span(order: str, before: str, eye: Any, make: Any) -> None:
    token = "hvs" + "." + make.alnum(60)
    written = base64.b64encode(f"{before}$t='{token}'; run".encode(f"utf-16-{order}")).decode()
    (match,) = eye.matches("a.ps1", f"powershell -EncodedCommand {written}\n")
    start = 27 + (len(before) + 4) * 2 * 4 // 3
    assert match.hidden == (token,)
    assert abs(match.start - start) <= 1
    assert abs(match.end - start - len(token) * 8 / 3) <= 2


@pytest.mark.parametrize("path", ["a.txt", "ticket.md"])
def test_quoted_printable_is_undone_in_a_ticket_and_not_in_code(path: str, eye: Any, make: Any) -> None:
    token = "hvs" + "." + make.alnum(60)
    text = f"token {token[:30]}=\n{token[30:]} here\n"
    assert [one.hidden for one in eye.matches(path, text)] == [(token,)]
    assert [one for one in eye.matches("a.c", text) if one.hidden == (token,)] == []


def test_the_secret_id_of_an_app_role_is_told_and_its_role_id_is_not(eye: Any, make: Any) -> None:
    role, secret = ("-".join(make.draw("0123456789abcdef", size) for size in (8, 4, 4, 4, 12)) for _ in range(2))
    assert _texts(eye, "a.yml", f"role_id: {role}\nsecret_id: {secret}\n") == [secret]
    assert _texts(eye, "a.yml", f"order_id: {role}\nsecret_id: {secret}\n") == []
