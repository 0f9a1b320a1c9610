"""Options of curl and wget that have a value."""

CURL_VALUES = frozenset(
    {
        "-o", "--output", "-d", "--data", "--data-binary", "--data-raw", "--data-urlencode", "--data-ascii", "--json",
        "-F", "--form", "--form-string", "-T", "--upload-file", "-H", "--header", "-X", "--request", "-u", "--user", "-A",
        "--user-agent", "-e", "--referer", "-b", "--cookie", "-c", "--cookie-jar", "-x", "--proxy", "-m", "--max-time",
        "--connect-timeout", "--retry", "--retry-delay", "--retry-max-time", "-w", "--write-out", "-K", "--config", "-E",
        "--cert", "--key", "--cacert", "--capath", "-r", "--range", "-C", "-z", "-y", "-Y", "--resolve", "--interface",
        "--limit-rate", "--output-dir", "--url", "-D", "--dump-header", "-Q", "-t", "-P", "--unix-socket", "--aws-sigv4",
        "--oauth2-bearer", "--stderr", "--trace", "--trace-ascii", "--mail-from", "--mail-rcpt", "--max-redirs",
        "--ciphers", "--tls-max", "--expand-data", "--etag-save", "--libcurl",
    }
)  # fmt: skip
"""Options of curl with a value."""
WGET_VALUES = frozenset(
    {
        "-O", "--output-document", "-P", "--directory-prefix", "-o", "--output-file", "-a", "--append-output", "-i",
        "--input-file", "-U",
        "--user-agent", "-t", "--tries", "-T", "--timeout", "-w", "--wait", "--header", "--post-data", "--post-file",
        "--body-data", "--body-file", "--method", "--user", "--password", "-e", "--execute", "-A", "-R", "-D", "-l", "-I",
        "-X", "--certificate", "--private-key", "--ca-certificate", "--load-cookies", "--save-cookies", "-Q",
        "--limit-rate",
    }
)  # fmt: skip
"""Options of wget with a value."""
