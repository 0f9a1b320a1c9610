"""Which language a file is in, by its name and, where there is none, its first line."""

import re

_BY_NAME = {
    "dockerfile": "dockerfile", "containerfile": "dockerfile", "makefile": "makefile", "gnumakefile": "makefile",
    "jenkinsfile": "groovy", "gemfile": "ruby", "rakefile": "ruby", "pipfile": "toml", "pipfile.lock": "json",
    "poetry.lock": "toml", "uv.lock": "toml", "pdm.lock": "toml", "cargo.lock": "toml", "justfile": "makefile",
    ".bashrc": "shell", ".profile": "shell", ".env": "dotenv", ".npmrc": "ini", ".pypirc": "ini",
}  # fmt: skip
_BY_SUFFIX = {
    "py": "python", "pyi": "python", "pyw": "python", "js": "javascript", "mjs": "javascript", "cjs": "javascript",
    "jsx": "javascript", "ts": "typescript", "mts": "typescript", "cts": "typescript", "tsx": "tsx", "java": "java",
    "go": "go", "rb": "ruby", "php": "php", "cs": "csharp", "rs": "rust", "c": "c", "h": "c", "cc": "cpp", "cpp": "cpp",
    "hpp": "cpp", "kt": "kotlin", "swift": "swift", "scala": "scala", "sh": "shell", "bash": "shell", "zsh": "shell",
    "json": "json", "jsonc": "json", "ipynb": "notebook", "yaml": "yaml", "yml": "yaml", "toml": "toml", "ini": "ini",
    "cfg": "ini", "conf": "ini", "properties": "properties", "env": "dotenv", "tf": "hcl", "tfvars": "hcl", "hcl": "hcl",
    "xml": "xml", "html": "html", "htm": "html", "vue": "html", "svelte": "html", "md": "markdown", "rst": "rst",
    "txt": "text", "sql": "sql", "dockerfile": "dockerfile", "mk": "makefile", "ps1": "powershell", "css": "css",
    "lock": "text", "gradle": "groovy", "bat": "batch",
}  # fmt: skip
_SHEBANG = re.compile(r"#!\s*\S*?(?:env\s+(?:-S\s+)?)?(python|node|bash|zsh|sh|ruby|php|perl|deno|bun)[\d.]*\b")
_INTERPRETERS = {"python": "python", "node": "javascript", "deno": "typescript", "bun": "typescript", "bash": "shell",
                 "zsh": "shell", "sh": "shell", "ruby": "ruby", "php": "php"}  # fmt: skip


def language_of(path: str, head: str = "") -> str | None:
    """Name the language of a file, or None: by its whole name, its last suffix, or the interpreter that `head` names."""
    name = path.rsplit("/", 1)[-1].lower()
    if name in _BY_NAME:
        return _BY_NAME[name]
    _, dot, suffix = name.rpartition(".")
    if dot and suffix in _BY_SUFFIX:
        return _BY_SUFFIX[suffix]
    if name.startswith(".env."):
        return "dotenv"
    if name.startswith(("dockerfile.", "containerfile.")):
        return "dockerfile"
    if head.startswith("#!"):
        found = _SHEBANG.match(head)
        if found:
            return _INTERPRETERS.get(found[1])
    return None
