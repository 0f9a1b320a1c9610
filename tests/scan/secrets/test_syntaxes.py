"""The assignment detector and its neighbours, one row a syntax."""

import base64
from typing import Any

import pytest

SYNTAXES = [
    ("a.py", 'password = "{}"'),
    ("a.py", "connect(host='db', db_password='{}')"),
    ("a.py", 'SETTINGS = {{"secret_key": "{}"}}'),
    ("a.py", 'os.environ["DB_PASSWORD"] = "{}"'),
    ("a.py", 'password = os.getenv("DB_PASSWORD", "{}")'),
    ("a.py", 'if password == "{}":'),
    ("a.py", 'api_token: str | None = "{}"'),
    ("a.py", 'password = SecretStr("{}")'),
    ("a.py", 'password = """{}"""'),
    ("a.py", "password = (\n    '{}'\n)"),
    ("a.js", "const dbPassword = '{}';"),
    ("a.js", "const secret = process.env.APP_SECRET || '{}';"),
    ("a.ts", "const config: Config = {{ clientSecret: '{}' }};"),
    ("a.ts", "const password: string = `{}`;"),
    ("A.java", 'private static final String DB_PASSWORD = "{}";'),
    ("A.java", 'dataSource.setPassword("{}");'),
    ("A.kt", 'val password: String = "{}"'),
    ("A.cs", 'var password = @"{}";'),
    ("a.go", 'password := "{}"'),
    ("a.go", 'const dbPassword string = "{}"'),
    ("a.rs", 'let password: &\'static str = "{}";'),
    ("a.rb", ':password => "{}"'),
    ("a.php", "define('DB_PASSWORD', '{}');"),
    ("a.php", "$config['password'] = '{}';"),
    ("a.sh", "export DB_PASSWORD={}"),
    ("a.sh", "app --db-password {} --verbose"),
    (".env", "DB_PASSWORD={}"),
    ("a.yaml", "db:\n  password: {}  # the old one"),
    ("a.yaml", "env:\n- name: DB_PASSWORD\n  value: '{}'"),
    ("a.json", '{{"password": "{}"}}'),
    ("a.json", '{{"text": "{{\\"password\\": \\"{}\\"}}"}}'),
    ("a.json", '{{"name": "DB_PASSWORD", "value": "{}"}}'),
    ("a.toml", 'password = "{}"'),
    ("a.ini", "[db]\npassword = {}"),
    ("a.properties", "spring.datasource.password={}"),
    ("a.tf", '  db_password = "{}"'),
    ("a.xml", "<db><password>{}</password></db>"),
    ("web.config", '<add key="DbPassword" value="{}" />'),
    ("a.sql", "CREATE USER app WITH PASSWORD '{}';"),
    ("a.sql", "ALTER USER app IDENTIFIED BY '{}';"),
    (".netrc", "machine git.internal login deploy password {}"),
    ("Dockerfile", "ENV DB_PASSWORD={}"),
    ("notes.md", "password: {}"),
    ("a.py", 'url = "postgresql://app:{}@db.internal/shop"'),
    ("A.cs", 'var text = "Server=db;User Id=app;Password={};Encrypt=true";'),
    ("a.py", 'dsn = "host=db user=app password={} dbname=shop"'),
    ("a.sh", "curl -u deploy:{} https://repo.internal"),
    ("a.sh", "sshpass -p {} ssh app@host"),
    ("a.sh", "docker login -u ci -p {} registry.internal"),
    ("a.sh", "mysql -u root -p{} shop"),
]
KEY_SYNTAXES = [
    ("a.py", 'requests.get("https://api.internal/v1?api_key={}&page=2")'),
    (".npmrc", "//registry.internal/:_authToken={}"),
    ("a.py", 'headers = {{"Authorization": "Bearer {}"}}'),
    ("a.http", "Authorization: token {}"),
    ("a.py", 'headers = {{"X-Api-Key": "{}"}}'),
]


@pytest.mark.parametrize(("path", "template"), SYNTAXES)
def test_a_password_is_found_where_it_stands(path: str, template: str, eye: Any, make: Any) -> None:
    value = make.password()
    if "://" in template:
        value = value.replace("@", "!")
    text = f"первая строка ✓\n{template.format(value)}\n"
    (match,) = eye.matches(path, text)
    assert text[match.start : match.end] == value
    assert match.secrets == ((match.start, match.end),)


@pytest.mark.parametrize(("path", "template"), KEY_SYNTAXES)
def test_a_key_is_found_where_it_stands(path: str, template: str, eye: Any, make: Any) -> None:
    value = make.alnum(40)
    text = f"é\n{template.format(value)}\n"
    (match,) = eye.matches(path, text)
    assert text[match.start : match.end] == value


@pytest.mark.parametrize(
    "value",
    [
        "changeme",
        "your-password-here",
        "<password>",
        "xxxxxxxxxxxx",
        "********",
        "example-Pass1",
        "${DB_PASSWORD}",
        "{{ password }}",
        "%(password)s",
        "{password}",
        "$DB_PASSWORD",
        "password",
        "new_password2",
        "Passwort",
        "DB_PASSWORD",
        "/run/secrets/db",
        "vault:secret/db",
        "arn:aws:secretsmanager:eu-west-1",
        "settings.db.password",
        "https://host/reset",
        "password.txt",
        "12345678",
        "abcdefgh",
        "test",
        "",
        "$2b$12$abcdefghijklmnopqrstuv",
        "pbkdf2_sha256$600000$salt",
        "^[a-z0-9]+$",
        "Enter your password",
        "admin@company.com",
    ],
)
@pytest.mark.parametrize(("path", "template"), SYNTAXES)
def test_what_only_stands_for_a_password_is_not_found(path: str, template: str, value: str, eye: Any) -> None:
    assert eye.matches(path, template.format(value) + "\n") == []


@pytest.mark.parametrize(
    "line",
    [
        'password_hash = "{}"',
        'token_url = "{}"',
        'csrf_token = "{}"',
        'secret_name = "{}"',
        'password_field = "{}"',
        'public_key = "{}"',
        'keyboard = "{}"',
        'next_page_token = "{}"',
        'sha256 = "{}"',
        'cache_key = "{}"',
        'primary_key = "{}"',
        'commit = "{}"',
        'passed = "{}"',
        'password = get("{}")',
        "password = value_{}",
        'check_password("{}")',
    ],
)
def test_a_name_that_means_something_else_makes_no_finding(line: str, eye: Any, make: Any) -> None:
    assert eye.matches("a.py", line.format(make.alnum(24)) + "\n") == []


def test_a_list_of_names_makes_no_finding(eye: Any) -> None:
    assert (
        eye.matches(
            "a.py", 'calls = ["crypto.createSecretKey", "crypto.pbkdf2", "api_key", "x509.load2", "token", "utf8"]\n'
        )
        == []
    )


def test_hashes_and_uuids_under_a_name_that_promises_a_secret_are_told_apart(eye: Any, make: Any) -> None:
    uuid = "-".join(make.hex(size) for size in (8, 4, 4, 4, 12))
    assert eye.matches("a.py", f'api_token = "{uuid}"\n') == []
    assert eye.matches("package-lock.json", f'{{"integrity": "sha512-{make.alnum(86)}=="}}\n') == []
    assert len(eye.matches("a.py", f'api_token = "{make.hex(40)}"\n')) == 1


def test_code_without_quotes_is_no_value_but_configuration_is(eye: Any, make: Any) -> None:
    value = make.password()
    assert eye.matches("a.py", f"password = {value}\n") == []
    assert len(eye.matches("a.ini", f"password = {value}\n")) == 1


def test_in_tests_only_what_looks_random_counts_and_weighs_little(eye: Any, make: Any) -> None:
    assert eye.matches("tests/test_login.py", 'client.login(username="joe", password="secret123")\n') == []
    assert eye.matches("tests/test_login.py", 'client.login(username="joe", password="marmalade")\n') == []
    for value in ("Summer2024", make.hex(32), make.password()):
        (match,) = eye.matches("tests/test_login.py", f'client.login(username="joe", password="{value}")\n')
        assert (match.severity.value, match.confidence.value) == ("low", "low")


def test_basic_credentials_are_read_and_their_stand_ins_are_not(eye: Any, make: Any) -> None:
    real = base64.b64encode(f"deploy:{make.password()}".encode()).decode()
    stand_in = base64.b64encode(b"user:password").decode()
    assert [one.rule for one in eye.matches("a.sh", f'curl -H "Authorization: Basic {real}" https://x\n')] == [
        "basic-auth-header"
    ]
    assert [one.rule for one in eye.matches("config.json", f'{{"auths": {{"r": {{"auth": "{real}"}}}}}}\n')] == [
        "basic-auth-header"
    ]
    assert eye.matches("a.sh", f'curl -H "Authorization: Basic {stand_in}" https://x\n') == []


def test_a_private_key_is_found_whole_and_escaped_and_its_name_alone_is_not(eye: Any, make: Any) -> None:
    head, tail = "-----BEGIN " + "RSA PRIVATE KEY-----", "-----END " + "RSA PRIVATE KEY-----"
    body = "\n".join(make.alnum(64) for _ in range(12))
    text = f"# ключ\n{head}\n{body}\n{tail}\n"
    (match,) = eye.matches("id_rsa", text)
    assert text[match.start : match.end] == f"{head}\n{body}\n{tail}"
    escaped = f'{{"pem": "{head}\\n{body}\\n{tail}\\n"}}'.replace("\n", "\\n")
    assert [one.rule for one in eye.matches("a.json", escaped)] == ["private-key"]
    assert eye.matches("a.py", f'if text.startswith("{head}"):\n    read(text, "{tail}")\n') == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('KEYS = [b"parola", b"salasana", b"sifre", b"jelszo", b"geheim"]\n', False),
        ('if name in {"requirepass", "masterauth", "bindpw", "rootpw"}:\n', False),
        ('calls = ["*.hash*", "*.set_password", "*.derive", "*.hexdigest"]\n', False),
        ('pair = ("password", "{value}")\n', True),
        ('made = Map.of("user", "joe", "password", "{value}", "host", "db")\n', True),
    ],
)
def test_a_list_of_names_is_no_list_of_secrets(eye: Any, text: str, *, told: bool) -> None:
    value = "kR7#" + "vQ2pLx9"
    assert bool(eye.matches("src/a.py", text.replace("{value}", value))) is told
