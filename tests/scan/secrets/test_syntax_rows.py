"""Every syntax in which a password or key is written down, judged with values and with stand-ins."""

from typing import Any

import hyperscan
import pytest
import re2
from tests.scan.secrets.syntax_rows import KEY_ROWS, PASSWORD_ROWS

from clearance.facts.finding import Look
from clearance.rules.model import Rule
from clearance.scan.family import Budget, SetAside
from clearance.scan.secrets.detectors import make_probes
from clearance.scan.secrets.prefilter import HyperscanPrefilter, KeywordPrefilter, Prefilter
from clearance.scan.secrets.probe import Probe, Sheet

_STAND_INS = (
    "changeme",
    "<password>",
    "xxxxxxxx",
    "password123",
    "your-password",
    "********",
    "example-Pass1",
    "{{ password }}",
)


def _filled(template: str, value: str) -> str:
    return "x y\n" + template.format(*[value] * template.count("{}")) + "\n"


def _texts(eye: Any, path: str, text: str) -> list[str]:
    return [text[match.start : match.end] for match in eye.matches(path, text)]


@pytest.fixture(scope="module")
def probes(rules: tuple[Rule, ...]) -> tuple[Probe, ...]:
    return make_probes([rule for rule in rules if rule.detector], {})


@pytest.fixture(scope="module")
def prefilters(probes: tuple[Probe, ...]) -> tuple[Prefilter, Prefilter]:
    return HyperscanPrefilter.compile(probes), KeywordPrefilter(probes)


def _judged(probes: tuple[Probe, ...], prefilter: Prefilter, path: str, text: str) -> set[object]:
    sheet = Sheet.of(path, text.encode(), text[:200])
    places = prefilter.places(sheet, Budget(60))
    return {probes[number].judge(sheet, at) for number, starts in places for at in starts} - {None}


@pytest.mark.parametrize(("path", "template"), PASSWORD_ROWS)
def test_a_password_is_found_in_each_syntax(path: str, template: str, eye: Any, make: Any) -> None:
    value = make.password().replace("@", "!")
    assert value in _texts(eye, path, _filled(template, value))


@pytest.mark.parametrize(
    ("path", "template"),
    [row for row in PASSWORD_ROWS if row[1] != 'db_creds = "{}"'],  # a name that promises a key
)
def test_a_weak_password_is_found_in_each_syntax(path: str, template: str, eye: Any) -> None:
    value = "sunshine" + "42"
    assert value in _texts(eye, path, _filled(template, value))


@pytest.mark.parametrize("template", ["pw: {}", "password: **{}**", "**password:** {} for now", "- *pw: {}*."])
def test_an_asterisk_ends_a_password_only_where_emphasis_ends(template: str, eye: Any, make: Any) -> None:
    value = f"{make.alnum(7)}*{make.alnum(5)}"
    assert _texts(eye, "ticket.md", template.format(value)) == [value]


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("a.py", 'code = pyotp.TOTP("{}").now()'),
        ("a.rb", "totp = ROTP::TOTP.new('{}')"),
        ("a.go", 'code, err := totp.GenerateCode("{}", time.Now())'),
        ("a.js", "const code = authenticator.generate('{}');"),
        ("a.cs", 'var totp = new Totp(Base32Encoding.ToBytes("{}"));'),
        ("a.php", "$code = $google->getCode('{}');"),
        ("a.sh", "code=$(oathtool --totp -b {})"),
        ("a.txt", "otpauth://totp/Shop:joe?secret={}&issuer=Shop"),
    ],
)
def test_a_seed_is_found_in_addresses_calls_and_commands(path: str, template: str, eye: Any, make: Any) -> None:
    value = make.draw("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 32)
    assert _texts(eye, path, template.format(value)) == [value]


@pytest.mark.parametrize(("path", "template"), KEY_ROWS)
def test_a_key_is_found_in_each_syntax(path: str, template: str, eye: Any, make: Any) -> None:
    value = make.alnum(40)
    assert value in _texts(eye, path, _filled(template, value))


@pytest.mark.parametrize(("path", "template"), [*PASSWORD_ROWS, *KEY_ROWS])
def test_a_stand_in_is_found_in_no_syntax(path: str, template: str, eye: Any) -> None:
    for value in _STAND_INS:
        assert _texts(eye, path, _filled(template, value)) == []


@pytest.mark.parametrize(("path", "template"), [*PASSWORD_ROWS, *KEY_ROWS])
def test_both_engines_see_the_same_in_each_syntax(path: str, template: str, probes: Any, prefilters: Any, make: Any) -> None:
    for value in (make.password(), make.alnum(40), "changeme", "<password>", "sunshine" + "42"):
        text = _filled(template, value)
        first, second = (_judged(probes, prefilter, path, text) for prefilter in prefilters)
        assert first == second


def test_hyperscan_and_re2_take_each_expression(probes: tuple[Probe, ...]) -> None:
    """The engine would look for bare keywords instead, in silence and ten times as slow."""
    for expression in (one for probe in probes for one in probe.expressions):
        flags = [hyperscan.HS_FLAG_CASELESS if expression.caseless else 0]
        database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        database.compile(expressions=[expression.pattern.encode()], ids=[0], elements=1, flags=flags)
        options = re2.Options()
        options.encoding = re2.Options.Encoding.LATIN1
        re2.compile(expression.pattern.encode(), options=options)


@pytest.mark.parametrize(
    ("path", "line", "value", "look"),
    [
        ("a.py", 'password = "{}"', "changeme", Look.PLACEHOLDER),
        ("a.py", 'password = "{}"', "<your password>", Look.PLACEHOLDER),
        ("a.py", 'password = "{}"', "secret123", Look.PLACEHOLDER),
        ("a.py", 'password = "{}"', "${DB_PASSWORD}", Look.REFERENCE),
        ("a.py", 'password = "{}"', "/run/secrets/db", Look.REFERENCE),
        ("a.py", 'password = "{}"', "vault:secret/db", Look.REFERENCE),
        ("a.yaml", "password: {}", "${DB_PASSWORD}", Look.REFERENCE),
        ("a.yaml", "password: {}", "ENC(c3VubnkzMTQxNTk=)", Look.ENCRYPTED),
        ("a.py", 'password = "{}"', "$2b$12$abcdefghijklmnopqrstuv", Look.HASH),
        ("a.py", 'password = "{}"', "^[a-z0-9]{8,}$", Look.PATTERN),
        ("a.py", 'password = "{}"', "new_password2", Look.PLACEHOLDER),
        ("a.py", 'password = "{}"', "Enter your password", Look.PLACEHOLDER),
        ("a.py", 'api_key = "{}"', "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5", Look.PUBLIC),
        ("a.py", 'api_token = "{}"', "0b0f6c1e-5a3d-4f2b-9c7e-1d2a3b4c5d6e", Look.IDENTIFIER),
        ("tests/test_a.py", 'password = "{}"', "marmalade", Look.TEST),
        ("a.py", 'DUMMY_PASSWORD = "{}"', "xK9#fjq2Lm", Look.TEST),
    ],
)
def test_what_is_no_secret_is_set_aside_with_its_reason(path: str, line: str, value: str, look: Look, eye: Any) -> None:
    text = line.format(value) + "\n"
    asides = [one for one in eye.all(path, text) if isinstance(one, SetAside)]
    assert [(text[one.start : one.end], one.reason) for one in asides] == [(value, look)]


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("a.py", 'user = authenticate(username=request.POST["name"], password=request.POST["password"])'),
        ("a.py", 'HIDDEN = ["*.password", "*.secret", "*.token"]'),
        ("a.py", "password = getpass.getpass()"),
        ("a.js", 'passport.authenticate("local", "google2")'),
        ("a.js", "const labels = { password: 'Mot de passe', token: 'Jeton' };"),
        ("locales/de.json", '{"password": "Kennwort eingeben", "secret": "Geheimnis1"}'),
        ("a.js", 'var e=createElement("label",null,"Password:"),t=e?createElement("b"):null;'),
        ("a.css", 'input[type="password"]:focus,input[type="datetime"]{color:red}'),
        ("a.md", "[![coverage](https://ci.internal/badge.svg?token=q8Lm2Xw9Tz)](https://ci.internal)"),
        ("a.md", "Users who stay behind can pin to `library3<2`, the token is `base64`."),
        ("a.rst", "The credentials -- by :user:`joe4177`, :user:`ann`."),
        ("a.yaml", "salt://states/top.sls"),
        ("setup.cfg", "password = plugins.auth.identity.v2:Password"),
        ("a.toml", 'auth = ["flask>=2.0.0", "authlib>=1.0.0"]'),
        ("a.py", 'CONF_KNX_PASSWORD = "knx_password"'),
        ("a.py", 'token = "%s:%s" % (user, stamp)'),
        ("a.js", "if (token.type === 'punctuation') {}"),
        ("a.go", 'func (c *Config) Password() string { return "" }'),
        ("a.java", "private String password;"),
        ("a.tf", 'variable "db_password" {\n  type = string\n}'),
        ("a.sh", "docker run -d -p 6379:6379 redis"),
        ("a.py", 'self.assertEqual(auth._password_digest("mike", "password"), expected)'),
        ("a.php", "'password' => 'required|string|min:8|confirmed',"),
        ("a.yaml", 'existingSecret: "mailer-secrets"'),
        ("a.env", "DB_PASSWORD=arn:aws:secretsmanager:eu-west-1:470557771126:secret:prod/catalog-4lJKJg"),
        ("settings.xml", "<password>{c68IppcUwM0B0+e8vn88K0aEGGIFoB5nfPhtuGj9ISJZoSve=}</password>"),
        ("a.txt", "password: Qsecret_abcdefgh23456723"),
        ("a.js", 'Sentry.init({dsn: "https://0123456789abcdef0123456789abcde7@o123456.ingest.sentry.io/4501"})'),
        ("a.txt", "--- PASS: TestLogin/5 (0.16s)"),
        ("a.pl", "my $password = $self->password;"),
        ("a.py", "{'secret': 'V1SecretVolumeSource'}"),
        ("a.html", "<code>psk: &#x3C;Buffer|TypedArray|DataView></code>"),
        ("a.js", "jwt.sign({ id: 1 }, process.env.SECRET)"),
        ("a.py", "cipher = AES.new(key, AES.MODE_CBC, iv)"),
        ("a.py", "'Credential=test:tester/20130524/us-east-1/s3/aws4_request, '"),
        ("public/language/da/register.json", '{"password": "Adgangskode"}'),
        ("a.c", 'static char salt[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmopqrstuvwxyz/.";'),
        ("a.pl", "my $imap = Client->new(Server=>$server,Password=>$pass,Debug=>$opt_d);"),
        ("a.php", '$userpwd = "$user:$current";'),
        ("a.php", "'/user-password' => 'Shop\\\\Controllers\\\\UserPasswordController',"),
        ("a.js.map", '{"version":3,"names":["require","password","writeUInt16BE","length"]}'),
        ("a.sh", "cat <<EOF\npassword: marmalade\nEOF"),
        ("a.ldif", "userPassword: {SSHA}c3Vubnkz" + "MTQxNTk="),
        ("a.rb", "should_route 'GET  /account/lost_password' => 'account#lost_password'"),
        ("a.php", "$pass = Hasher::hash_password('test', 'ssha256');"),
    ],
)
def test_a_near_miss_makes_no_finding(path: str, line: str, eye: Any) -> None:
    assert eye.matches(path, line + "\n") == []


@pytest.mark.parametrize(
    ("path", "line", "value"),
    [
        ("language/reader.py", 'password = "{}"', "Adgang" + "42xk"),
        ("a.php", '$password = "{}";', "$umm3r:" + "Kx91"),
        ("a.pl", "my $imap = Client->new(Password=>'{}');", "kx91" + "vmq!T"),
        ("a.rb", "password: '{}'", "summer#" + "Time4"),
        ("a.js", 'const pairs = ["user", "joe", "password", "{}"];', "writeU42" + "Int16"),
        ("a.py", 'password = "{}"', "+kx91" + "vmqT"),
        ("a.py", 'password = "{}"', "ssha" + "Kx91vm"),
        ("a.py", 'secret_key = "{}"', "wq8/aws4/" + "Lm2XkT7bVn40Pq"),
        ("a.ldif", "userpassword: {}", "20urk" + "le12-5"),
        ("ldap/accounts", "dn: uid=joe,dc=corp,dc=io\nuserpassword: {}", "20urk" + "le12-5"),
        ("a.ldif", "userPassword: {}", "bje" + "nsenk"),
        ("a.sh", "ldapmodify <<EOF\ndn: uid=joe,dc=corp,dc=io\nuserPassword: {}\nEOF", "20urk" + "le12-5"),
    ],
)
def test_what_resembles_a_near_miss_is_found(path: str, line: str, value: str, eye: Any) -> None:
    assert _texts(eye, path, line.format(value) + "\n") == [value]


def test_json_escapes_of_a_label_are_no_password(eye: Any) -> None:
    assert eye.matches("strings.json", '{"password": "\\u041f\\u0430\\u0440\\u043e\\u043b\\u044c"}\n') == []


def test_the_base64_of_a_kubernetes_secret_is_read(eye: Any) -> None:
    head = "apiVersion: v1\nkind: Secret\ndata:\n"
    (match,) = eye.matches("a.yaml", head + "  password: c3Vuc2hpbm" + "U0MiE3\n")
    assert match.rule == "secret-assignment"
    assert eye.matches("a.yaml", head + "  password: Y2hhbmdlbWU=\n") == []


def test_in_tests_and_remarks_a_finding_weighs_less(eye: Any, make: Any) -> None:
    value = make.password()
    (test,) = eye.matches("tests/test_a.py", f'password = "{value}"\n')
    assert (test.severity.value, test.confidence.value) == ("low", "low")
    (remark,) = eye.matches("a.py", f'# password = "{value}"\n')
    assert remark.confidence.value == "low"
    (salt,) = eye.matches("a.py", f'salt = "{make.alnum(32)}"\n')
    assert salt.severity.value == "low"


_HOSTILE = [
    'password="', "password = (", 'value="a" name="', "password: ${", 'auth=("a", ', "login(", '"password", help="', "pass ",
    "| password |\n|---|\n", "the password is ", '{"kty":"oct",', "-----BEGIN RSA PRIVATE KEY-----\n", "curl -u a:",
    "<password>", "password=a&", "'password' || ", 'variable "password" {', "identified by '", "otpauth://totp/?secret=",
    "\\u0061 password: ", "insert into a (password, ", "key: '", "password { 'a", "a:b@tcp(", "password for a of b ",
]  # fmt: skip


@pytest.mark.parametrize("piece", _HOSTILE)
def test_hostile_repetition_is_read_in_bounded_time(piece: str, eye: Any) -> None:
    """The budget of the test's eye is 120 seconds; quadratic time would spend it."""
    eye.all("a.txt", piece * (200_000 // len(piece)))
    eye.all("a.py", piece * (200_000 // len(piece)))
