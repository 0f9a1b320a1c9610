"""Verifies many bundles with sigstore-python's library in one process: a client trust configuration, and a file of one JSON
object a line with `name` and `bundle`. Writes one JSON object a line: `name`, and `refused` with the reason or nothing."""

import json
import sys
from pathlib import Path

from sigstore.models import Bundle, ClientTrustConfig
from sigstore.verify import Verifier
from sigstore.verify.policy import Identity

config, file, identity, issuer = sys.argv[1:]
verifier = Verifier(trusted_root=ClientTrustConfig.from_json(Path(config).read_text(encoding="utf-8")).trusted_root)
policy = Identity(identity=identity, issuer=issuer)
for line in Path(file).read_text(encoding="utf-8").splitlines():
    asked = json.loads(line)
    refused = ""
    try:
        verifier.verify_dsse(Bundle.from_json(asked["bundle"]), policy)
    except Exception as error:  # noqa: BLE001 -- whatever it raises is a refusal
        refused = f"{type(error).__name__}: {error}"[:200]
    sys.stdout.write(json.dumps({"name": asked["name"], "refused": refused}) + "\n")
