"""Builds the index of names of Python's standard library that `clearance.scan.code.properties.invented` ships.

The names come from the stubs of typeshed (Apache-2.0; mypy carries them), read as text: nothing is imported. Every branch
of a version or platform check counts, so a name is unknown only where no supported Python has it. Node's own come from
`node --print`, which lists what its built-in modules export.

    python tools/build_api_index.py --typeshed .venv/lib/python3.11/site-packages/mypy/typeshed/stdlib
"""

import argparse
import json
import subprocess
import zlib
from pathlib import Path

import msgspec

from clearance.scan.code.properties.stubs import Shape, read_package

_OUT = Path(__file__).parent.parent / "src/clearance/scan/code/properties/data"
_NODE = """
const out = {};
for (const name of require("module").builtinModules) {
  if (name.startsWith("_") || name.includes("internal") || name.startsWith("node:")) continue;
  const it = require(name);
  out[name] = [...new Set([...Object.getOwnPropertyNames(it), ...(typeof it === "function" ? ["prototype"] : [])])].sort();
}
console.log(JSON.stringify({version: process.versions.node, modules: out}));
"""


def main() -> None:
    """Read the stubs, ask Node, write both files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--typeshed", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=_OUT)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    modules: dict[str, Shape] = {}
    for path in sorted(options.typeshed.rglob("*.pyi")):
        name = ".".join(path.relative_to(options.typeshed).with_suffix("").parts).removesuffix(".__init__")
        modules[name] = read_package(path.read_text(encoding="utf-8"))
    _write(options.out / "python.bin", msgspec.msgpack.encode(modules))
    answer = subprocess.run(["node", "--print", "''", "--eval", _NODE], check=True, capture_output=True, text=True).stdout
    node = json.loads(next(line for line in answer.splitlines() if line.startswith("{")))
    _write(options.out / "node.bin", msgspec.msgpack.encode(node))


def _write(path: Path, data: bytes) -> None:
    packed = zlib.compress(data, 9)
    path.write_bytes(packed)
    print(f"{path.name}: {len(packed):,} bytes")  # noqa: T201 -- a tool for people


if __name__ == "__main__":
    main()
