"""The detector `command-line`: passwords in the arguments of commands."""

from clearance.scan.secrets.credentials import report
from clearance.scan.secrets.lazy import lazily
from clearance.scan.secrets.probe import Dropped, Expression, Found, Probe, Sheet
from clearance.scan.secrets.values import Kind, judge

_REST = rb"[^\r\n]{0,240}?"
_VALUE = rb"""["']?(?P<value>[^\s"'\\]{3,128})"""
_COMMANDS = tuple(
    lazily(one)
    for one in (
        rb"""curl\b[^\r\n]{0,400}?[ \t](?:-u|--(?:proxy-)?user)[ \t=]{0,3}["']?[^\s:"'/]{1,64}:(?P<value>[^\s"'@]{3,128})""",
        rb"sshpass[ \t]{1,4}-p[ \t]{0,4}" + _VALUE,
        rb"(?:docker|podman|nerdctl|helm|oras|skopeo|buildah|ibmcloud|argocd)[ \t][^\r\n]{0,60}?\blogin\b"
        + _REST
        + rb"[ \t]-p[ \t=]{1,3}"
        + _VALUE,
        rb"(?:mysql|mysqldump|mysqladmin|mysqlimport|mysqlsh|mariadb|mariadb-dump)[ \t](?:"
        + _REST
        + rb"""[ \t])?-p["']?(?P<value>[^\s"'\-][^\s"'\\]{3,127})""",
        rb"openssl\b" + _REST + rb"[ \t]-pass(?:in|out)?[ \t]{1,3}[\"']?pass:(?P<value>[^\s\"'\\]{3,128})",
        rb"htpasswd[ \t]{1,3}-[a-zA-Z]{0,6}b[a-zA-Z]{0,6}[ \t]"
        + _REST
        + rb"[^\s]{1,80}[ \t]{1,3}[^\s\-][^\s]{0,63}[ \t]{1,3}"
        + _VALUE,
        rb"redis-cli\b" + _REST + rb"[ \t]-a[ \t]{1,3}" + _VALUE,
        rb"ldap(?:search|add|modify|delete|passwd|whoami)\b" + _REST + rb"[ \t]-w[ \t]{0,3}" + _VALUE,
        rb"(?:sqlcmd|bcp|osql|isql)\b" + _REST + rb"[ \t]-P[ \t]{0,3}" + _VALUE,
        rb"rabbitmqctl[ \t]{1,3}" + _REST + rb"(?:add_user|change_password)[ \t]{1,3}[^\s]{1,64}[ \t]{1,3}" + _VALUE,
        rb"net[ \t]{1,3}user[ \t]{1,3}[^\s/]{1,64}[ \t]{1,3}(?P<value>[^\s\"'/*]{3,128})[ \t]{1,3}/add",
        rb"""(?i)convertto-securestring[ \t]{1,4}(?:-string[ \t]{1,4})?["'](?P<value>[^"'\r\n]{4,128})["']""",
        (
            rb"""echo[ \t]{1,4}(?:-n[ \t]{1,4})?["']?(?P<value>[^\s"'|]{4,256})["']?[ \t]{0,4}\|[ \t]{0,4}(?:sudo"""
            rb"""[ \t]{1,4}-S|docker[ \t]{1,3}login|passwd[ \t]{1,3}--stdin|"""
            rb"""[a-z]{2,12}[ \t]{1,3}login\b)"""
        ),
        (
            rb"""echo[ \t]{1,4}(?:-e[ \t]{1,4})?["']?[^\s"':|]{1,64}:(?P<value>[^\s"'|]{4,256})["']?[ \t]{0,4}\|"""
            rb"""[ \t]{0,4}(?:sudo[ \t]{1,4})?chpasswd"""
        ),
    )
)
_NAMES = (
    "curl", "sshpass", "docker", "podman", "nerdctl", "helm", "oras", "skopeo", "buildah", "ibmcloud",
    "argocd", "mysql", "mariadb", "openssl", "htpasswd", "redis-cli", "ldap", "sqlcmd", "osql", "isql",
    "rabbitmqctl", "net user", "convertto-securestring", "echo ",
)  # fmt: skip


def command_line(rule: str) -> Probe:
    """Passwords in the arguments of curl, sshpass, docker login, database clients, openssl and their like."""

    def look(sheet: Sheet, at: int) -> Found | Dropped | None:
        if sheet.data[at - 1 : at].isalnum():
            return None
        window = sheet.data[at : at + 640]
        for command in _COMMANDS:
            found = command.match(window)
            if found:
                text = found["value"].decode("utf-8", "replace")
                span = (at + found.start("value"), at + found.end("value"))
                return report(sheet, rule, span, judge(text, Kind.PASSWORD, literal=True), "a password in a command line")
        return None

    patterns = (
        r"curl[^\r\n]*[ \t](?:-u|--user|--proxy-user)[ \t=]*[\"']?[^\s:\"']+:[^\s\"']{3}",
        r"sshpass[ \t]+-p",
        r"(?:docker|podman|nerdctl|helm|oras|skopeo|buildah|ibmcloud|argocd)[ \t][^\r\n]*login[^\r\n]*[ \t]-p[ \t=]+[^\s\-]",
        r"(?:mysql|mysqldump|mysqladmin|mysqlimport|mysqlsh|mariadb|mariadb-dump)[ \t](?:[^\r\n]*[ \t])?-p[^\s\-]",
        r"openssl[^\r\n]*[ \t]-pass(?:in|out)?[ \t]+[\"']?pass:[^\s\"']{3}",
        r"htpasswd[ \t]+-[a-zA-Z]*b",
        r"redis-cli[^\r\n]*[ \t]-a[ \t]+[^\s]{3}",
        r"ldap(?:search|add|modify|delete|passwd|whoami)[^\r\n]*[ \t]-w[ \t]*[^\s]{3}",
        r"(?:sqlcmd|bcp|osql|isql)[^\r\n]*[ \t]-P[ \t]*[^\s]{3}",
        r"rabbitmqctl[^\r\n]*(?:add_user|change_password)[ \t]+[^\s]+[ \t]+[^\s]{3}",
        r"net[ \t]+user[ \t]+[^\s]+[ \t]+[^\s]+[ \t]+/add",
        r"[cC]onvert[tT]o-[sS]ecure[sS]tring[ \t]+(?:-[sS]tring[ \t]+)?[\"'][^\"'\r\n]{4}",
        (
            r"echo[ \t][^|\r\n]{4,280}\|[ \t]*(?:sudo[ \t]+)?(?:-S|docker[ \t]+login|passwd[ \t]+--stdin|chpasswd|[a-z]+"
            r"[ \t]+login)"
        ),
        r"echo[ \t][^|\r\n]{4,280}\|[ \t]*sudo[ \t]+-S",
    )
    return Probe(rule, tuple(map(Expression, patterns)), KEYWORDS, 640, look)


KEYWORDS = tuple(name.encode() for name in _NAMES)
