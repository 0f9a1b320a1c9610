"""What `clearance mcp` and `clearance lsp` say where their packages are missing, and how soon they start."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("arguments", "package", "extra"),
    [
        (["mcp"], "mcp", "mcp"),
        (["mcp"], "anyio", "mcp"),
        (["mcp", "--http", "127.0.0.1:0"], "uvicorn", "mcp"),
        (["lsp"], "pygls", "lsp"),
        (["lsp"], "lsprotocol", "lsp"),
    ],
)
def test_where_a_package_is_missing_the_extra_is_named(arguments: list[str], package: str, extra: str) -> None:
    program = f"import sys; sys.modules[{package!r}] = None; sys.argv = ['clearance', *{arguments}]\n"
    program += "from clearance.frontends.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 2, done.stderr
    assert f"pip install 'clearance[{extra}]'" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("command", ["mcp", "lsp"])
def test_help_imports_none_of_the_packages(command: str) -> None:
    program = "import sys\nfrom clearance.frontends.cli.main import run\n"
    program += f"run([{command!r}, '--help'])\nprint([name for name in ('mcp', 'pygls', 'pydantic') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n")
