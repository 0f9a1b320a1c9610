"""What a command writes into files can be read before it runs."""

import pytest

from clearance.scan.commands.writes import MOST, Written, writes_of


@pytest.mark.parametrize(
    ("command", "written"),
    [
        ("cat > a/b.py <<'EOF'\nimport os\nEOF", [("a/b.py", "import os\n", False)]),
        ("cd x && echo 'hi' >> ../z.txt", [("z.txt", "hi\n", True)]),
        ("printf '%s\\n' a b | tee -a c d > /dev/null", [("c", "a\nb\n", True), ("d", "a\nb\n", True)]),
        ("cat <<EOF | tee x.sh\nls $A\nEOF", [("x.sh", "ls \n", False)]),
        ("A=b; cat <<EOF > x.sh\nls $A\nEOF", [("x.sh", "ls b\n", False)]),
        ("cat << EOF > ~/.bashrc && rm x\nq\nEOF", [("~/.bashrc", "q\n", False)]),
        ("echo x | sudo tee /etc/x", [("/etc/x", "x\n", False)]),
        ("bash -c 'echo 1 > q'", [("q", "1\n", False)]),
        ("tee a <<< hi", [("a", "hi\n", False)]),
        ("(cd s; cat > t <<X\n1\nX\n)", [("s/t", "1\n", False)]),
        ("echo -e 'a\\nb' > f", [("f", "a\nb\n", False)]),
        ("cat a > b; ls > c; echo x > $D; echo x 2> e; echo x > /dev/null; ssh h 'echo x > f'", []),
        ("echo 'unclosed > f", []),
    ],
)
def test_a_command_writes_these_files(command: str, written: list[tuple[str, str, bool]]) -> None:
    assert writes_of(command) == tuple(Written(*one) for one in written)


def test_what_is_written_is_bounded() -> None:
    assert len(writes_of("\n".join(f"echo {number} > f{number}" for number in range(500)))) == MOST + 1
