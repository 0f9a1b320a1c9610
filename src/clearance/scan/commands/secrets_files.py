"""Where secrets lie on a machine, and which commands say them."""

import re

from clearance.scan.commands.files import touches
from clearance.scan.commands.run import Run

_EXAMPLES = re.compile(
    r"\.(?:example|sample|template|dist|tmpl|tpl|defaults?|schema|test|ci|md|pub)\Z|(?:example|sample|template)",
    re.IGNORECASE,
)
_STRONG = re.compile(
    r"(?:\A|/)(?:\.ssh/(?:id_[\w-]+|identity|[\w.-]*(?:_rsa|_ed25519|_ecdsa|\.pem|\.key))|\.aws/(?:credentials|sso/cache/.*|cli/cache/.*)"
    r"|\.netrc|_netrc|\.pgpass|\.my\.cnf|\.pypirc|\.git-credentials|\.config/git/credentials|\.docker/config\.json|\.kube/config"
    r"|\.config/gh/hosts\.yml|\.config/hub|\.config/gcloud/(?:credentials\.db|application_default_credentials\.json|access_tokens\.db"
    r"|legacy_credentials/.*)|\.azure/(?:accessTokens\.json|msal_token_cache[\w.]*|azureProfile\.json)|\.gnupg(?:/.*)?"
    r"|\.password-store/.*|\.vault-token|\.terraform\.d/credentials\.tfrc\.json|\.cargo/credentials(?:\.toml)?|\.gem/credentials"
    r"|\.npmrc|\.yarnrc\.yml|\.claude/\.credentials\.json|\.claude\.json|\.codex/auth\.json|\.gemini/oauth_creds\.json"
    r"|\.local/share/opencode/auth\.json|\.config/github-copilot/(?:hosts|apps)\.json|\.electrum/wallets/.*|\.bitcoin/wallet\.dat"
    r"|\.ethereum/keystore/.*|\.config/solana/id\.json|Login Data|Cookies|key[34]\.db|logins\.json|cookies\.sqlite"
    r"|[\w.-]*service[_-]?account[\w.-]*\.json|\.bash_history|\.zsh_history|\.psql_history|\.mysql_history|\.python_history"
    r"|\.config/op(?:/.*)?|\.databrickscfg|\.oci/config|\.s3cfg|\.boto|\.rclone\.conf|\.config/rclone/rclone\.conf|\.snowsql/config)\Z"
    r"|\A/etc/(?:shadow|gshadow|sudoers(?:\.d/.*)?|kubernetes/(?:admin\.conf|pki/.*\.key)|ssl/private/.*|ssh/ssh_host_[\w]*_key)\Z"
    r"|\A/proc/(?:[^/]+)/environ\Z|\A/(?:var/)?run/secrets/.+|Keychains/.*\.keychain(?:-db)?\Z"
)
_FILES = re.compile(
    r"(?:\A|/)(?:\.env(?:\.[\w.-]+)?|[\w.-]+\.env|\.envrc|secrets?\.(?:ya?ml|json|toml|env|txt|properties)|credentials(?:\.(?:json|ya?ml|toml|csv|xml))?"
    r"|[\w.-]+\.(?:pem|p12|pfx|jks|keystore|kdbx|ppk|asc)|[\w.-]*(?:private|secret)[\w.-]*\.key|terraform\.tfstate(?:\.backup)?"
    r"|\.htpasswd|master\.key|wallet\.dat|auth\.json)\Z"
)
_PUBLIC = re.compile(
    r"(?:^|[/_.-])(?:ca|cacert|cert|certs|fullchain|chain|public|pub)\b[\w.-]*\.(?:pem|asc)\Z", re.IGNORECASE
)
_FOLDERS = re.compile(r"(?:\A|/)(?:\.ssh|\.aws|\.gnupg|\.kube|\.azure|\.config/gcloud|\.password-store|\.docker)\Z")
_SECRET_WORD = re.compile(r"(?:secret|token|passw|pwd|api_?key|credential|private_?key|auth|_key\b|\bkey\b)", re.IGNORECASE)
_SECRET_NAME = re.compile(
    r"(?:SECRET|TOKEN|PASSWORD|PASSWD|API_?KEY|APIKEY|CREDENTIAL|PRIVATE_?KEY|ACCESS_?KEY|AUTH)(?:_|S?\Z|\d)|(?:\A|_)PWD\Z.+|_KEY\Z",
    re.IGNORECASE,
)
_AWS = {("sts", "get-session-token"), ("configure", "export-credentials"), ("secretsmanager", "get-secret-value")}


def secret_path(path: str) -> str:
    """Tell how likely a path holds secrets: `strong`, `likely`, or empty."""
    path = path.replace("\0", "").replace("\x01", "x")
    if _STRONG.search(path) or re.search(r"(?:\A|/)\.ssh/(?:id_)?\*\Z|\A~/\.ssh/\*|\A~/\.aws/\*", path):
        return "strong"
    name = path.rpartition("/")[2]
    if _FILES.search(path) and not _EXAMPLES.search(name) and not _PUBLIC.search(path):
        return "likely"
    return ""


def secret_folder(path: str) -> bool:
    """Whether a folder holds keys of a person."""
    return _FOLDERS.search(path.rstrip("/")) is not None


def secret_name(name: str) -> bool:
    """Whether a variable of this name holds a secret, by what people call such."""
    return _SECRET_NAME.search(name) is not None


def secret_word(text: str) -> bool:
    """Whether somebody who searches for this looks for secrets."""
    return _SECRET_WORD.search(text) is not None


def tells(run: Run) -> str:
    """Say which secrets a program tells on its output; empty: none that are known of."""
    words = run.words
    name = run.name
    if name in {"env", "printenv", "set", "export", "declare", "typeset", "compgen"}:
        return _environment(run)
    if (
        name == "security"
        and words[:1]
        and words[0] in {"find-generic-password", "find-internet-password", "dump-keychain", "export"}
    ):
        return "the keychain"
    if (
        name in {"secret-tool", "pass", "gopass", "keyring", "lpass", "bw"}
        and words[:1]
        and words[0] in {"lookup", "search", "show", "get", "list", "export"}
    ):
        return "the password store"
    if name == "op" and words[:1] and words[0] in {"read", "item"}:
        return "the password store"
    if name == "gpg" and any(one.startswith("--export-secret") for one in words):
        return "private keys"
    if name == "gh" and words[:2] == ("auth", "token"):
        return "the token of gh"
    if name == "git" and words[:2] == ("credential", "fill"):
        return "credentials of git"
    if name == "gcloud" and words[:2] == ("auth", "print-access-token"):
        return "a token of gcloud"
    if name == "aws" and (words[:2] in _AWS or words[:3] == ("configure", "get", "aws_secret_access_key")):
        return "credentials of AWS"
    if (
        name == "vault"
        and words[:1]
        and words[0] in {"read", "kv"}
        and "get" in (*words, "get" if words[0] == "read" else "")
    ):
        return "a secret of the vault"
    if (
        name in {"kubectl", "oc"}
        and words[:1] == ("get",)
        and any(one.startswith("secret") for one in words)
        and any(one.startswith(("-o", "--output")) for one in words)
    ):
        return "secrets of the cluster"
    if (
        name in {"doppler", "infisical", "heroku", "fly", "vercel"}
        and any(one in {"secrets", "config", "env"} for one in words[:1])
        and ("get" in words or "pull" in words or "download" in words or name == "heroku")
    ):
        return "secrets of a service"
    return ""


def _environment(run: Run) -> str:
    words = run.words
    if run.name == "printenv":
        named = [one for one in words if not one.startswith("-")]
        if named:
            return next((f"${one}" for one in named if secret_name(one)), "")
        return "all variables of the environment"
    if run.name == "env":
        rest = [one for one in words if not one.startswith("-") and "=" not in one]
        return (
            ""
            if rest or any(one in {"-i", "-S", "--help", "--version"} for one in words)
            else "all variables of the environment"
        )
    if run.name == "export" and (not words or words == ("-p",)) and not run.environment:
        return "all variables of the environment"
    if (
        run.name in {"set", "declare", "typeset"}
        and ((words == ("-x",) and run.name != "set") or (not words and run.name == "set"))
        and not run.environment
    ):
        return "all variables of the environment"
    return ""


def secrets_read(run: Run) -> tuple[str, str]:
    """Give a file with secrets that a program reads, and how likely that is; two empty texts for none."""
    found = ("", "")
    for touch in touches(run):
        if touch.kind not in {"read", "move"}:
            continue
        likely = secret_path(touch.path) or ("strong" if secret_folder(touch.path) and run.name in _WHOLE else "")
        if likely == "strong":
            return touch.field.text, likely
        if likely and not found[0]:
            found = (touch.field.text, likely)
    return found


_WHOLE = frozenset({"cp", "tar", "zip", "rsync", "scp", "7z", "grep", "rg", "cat"})
