"""The data pack that ships with the program. Written by `tools/build_data_pack.py`, with the pack."""

from pathlib import Path

from clearance.scan.packages.pack.place import Place

KEY = "078d59fc05e262c4684afa2c23a64b779777853f0410b9412083e0f125fb4b47"
"""The public key (Ed25519, hexadecimal) that signed it; the private key was thrown away when it was built."""
SHIPPED = Place(
    path=Path(__file__).parents[1] / "data" / "default.pack",
    digest="048b0a10afe4ce80f84e52bfa272d597ae10702865a3181907992ac206439272",
)
