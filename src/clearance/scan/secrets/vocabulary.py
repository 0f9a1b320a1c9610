"""Words that tell a stand-in or an identifier from a secret."""


def words(text: str) -> frozenset[str]:
    """Give the words of a text that white space parts."""
    return frozenset(text.split())


VOCABULARY = words(
    """
    a abc absent access account activated active actual add added admin administrator aes after again algorithm alice alt
    always an and any api app apple application apply are argon args argument array as assert async at attribute
    auth authenticated authentication authorization auto aws azure b back bad bar base basic basicauth baz bcrypt
    bearer before big binary bind blank bob body bogus boolean bot browser build bundle but button by byte bytes c
    cache call callback can cannot captcha cert certificate change changed char check child choice ci class clear
    cli click client close cloud code column command comment common config configuration confirm confirmation
    connect connection const contain content context contrasena control cookie correct create created cred
    credential credentials creds crypt csrf current custom d dashboard data database date db debug decode default
    define del delete demo deny deploy des description dev developer device dict digest dir disable disabled
    django do docker does domain done down drop e edit editor element else email empty en enable enabled encode
    encrypted encryption end enter entity entry env environment error example exist existing exists expired
    external facebook fail failed failure false fetch field file files filter find first flag flow foo for forgot
    forgotten form format found frame from ftp full function gcp generate generated get git github gitlab global
    good google grant group guest handle has hash hashed head header hello help here hidden hide hmac home host
    html http https i id identifier identity if image in incorrect index info inherit init input inside install
    instance int integer internal into invalid is it item java jenkins jira js json jwt k kennwort key keys
    keyword kid kind kubernetes label language last ldap left length less level library like line link
    linux list literal load local localhost location log login logout long lookup loremipsum mail main manage
    manager manual map master match max maximum md me member memory message messages meta method min missing mock
    mode model module mongo mongodb more mqtt must my mysql n name namespace need never new next nginx no node
    none normal not nothing notify npm null number oauth object of off ok old on one only oops open openai option
    optional options or oracle order org organization origin other out output owner p page pair parameter params
    parent parse parser part partial pass passcode passphrase passw passwd password passwords passwort pat patch
    path pattern payload pbkdf pem pending permission person pg pgp phone php phrase pin ping pk plain plaintext
    plan platform please plugin policy pop port postgres postgresql prefix present preview previous primary private prod
    production profile project prompt property protected protocol provider proxy pswd public push put pw pwd py
    python query queue quick quote r rabbit rabbitmq random raw re read readonly ready real record recover
    recovery redacted redirect redis refresh register remember remote remove rename repeat replica replication
    repo repository request require required res reset resource response rest result return retype reveal rfc role
    root route row rsa ruby run s safe salt same sample save schema scope script scrypt search second secondary
    secret secrets section secure security select self send senha sentry server service session set settings setup
    sha shared short should show sign signature signed signin signing signup simple single site size slack sms
    smtp some source space spec special spring sql sqlite ssh ssl sso stage staging standard start state static
    status step storage store strength string strong stub style subject submit success sudo super support symbol
    syntax system t table tag target task team temp template temporary terminal test tested tester testing
    testpass testpassword tests testsecret testtoken testuser text that the theme then this three time title tls
    tmp to toggle token tokens too top totp trial true try two type ui unauthorized undefined unique unit unknown
    unset unspecified unused up update updated upgrade upload url use used user username users utf uuid v valid
    validate validation validator value values vault verification verify version view visible wait warning was
    weak web webhook website when where widget will windows with word work worker workspace wrong www x xml y yaml
    yes you your yourself z zero zone
    """
)
"""What identifiers, labels and messages of programs are made of: a value of these words only is none of a secret's."""

MADE_UP = (
    "example", "changeme", "change-me", "change_me", "changethis", "change this", "changeit", "placeholder", "replace",
    "your", "dummy", "sample", "redacted", "insert", "masked", "censored", "removed", "foobar", "lorem", "xxxx",
    "notreal", "not-real", "not_real", "fixme", "deadbeef", "mysecret", "mypassword", "mytoken", "mykey", "goeshere",
    "goes-here", "goes_here", "supersecret", "topsecret", "verysecret", "secretsecret", "undefined", "invalid",
    "obfuscated", "fake"
)  # fmt: skip
"""What people write where a secret will go."""

STAND_INS = words(
    """
    password passwd passwort pass passphrase passcode pwd pw secret secrets token tokens key keys apikey api user username
    foo bar baz qux quux abc abcd xyz test tests testing tester dummy example sample demo temp tmp none null my the new old
    some value string text any blah aaa bbb ccc login auth credential credentials creds client app default correct
    incorrect wrong good bad valid invalid random one two three first second another other initial hello world fake mock
    stub bogus plain super strong weak long short very top shared private public access refresh session cookie salt nonce
    seed id word phrase hash name url uri code server something
    somebody anonymous nomatter whatever dontcare notasecret notsecret unimportant nothing anything anybody bad db site web
    """
)
"""Words that say nothing even with a number behind them: `password123`, `test1234`, `secret2`."""

TECHNICAL = words(
    """
    sha md aes des utf base ipv http https oauth x v rs hs es ps rsa ec ed dsa ecdsa k s log argon bcrypt scrypt python node
    step page level field input line col column row item option version view tab type index stage phase slot server host
    group team worker layer h arg param var env db table label latin iso windows win crc blake keccak pbkdf tls ssl ssh web
    html css es ecma python py java php sql mysql postgres amd arm mips lib eth wlan usb com port m n p r t u w i j c d e f
    g l o q y z a b pkcs cp ascii rfc ctr gcm cbc cfb ofb ecb hmac poly chacha salsa curve edwards secp prime brainpool sm
    vault kv mp jpg png gif svg figure fig section chapter appendix area region zone east west north south central
    """
)
"""Words that go with a number in names of algorithms, encodings, versions and places: `sha256`, `utf8`, `us-east-1`."""
