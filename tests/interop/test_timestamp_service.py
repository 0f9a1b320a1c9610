"""A timestamp service that is not ours: openssl's, with RSA keys, behind a small server on the loopback interface."""

import os
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from attest.world import Said, Toy
from clearance.attest.trust import Trust
from clearance.attest.trusted_root import read_root
from clearance.facts.errors import BadSignature, SigningError
from clearance.wiring.trust_setup import Choices, set_up
from clearance.wiring.trusting import House

STATEMENT = Toy(predicate=Said(number=1))
CONFIG = """
[req]
distinguished_name = name
[name]
[ca]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign
[stamps]
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[tsa]
default_tsa = here
[here]
serial = ./serial
signer_cert = ./stamper.pem
signer_key = ./stamper.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""
KEY = ["-newkey", "rsa:2048", "-noenc", "-config", "config"]


def openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("tsa")
    (folder / "config").write_text(CONFIG, encoding="utf-8")
    (folder / "serial").write_text("01\n", encoding="utf-8")
    openssl(folder, "req", "-x509", *KEY, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=root", "-extensions", "ca")
    openssl(folder, "req", *KEY, "-keyout", "stamper.key", "-out", "stamper.csr", "-subj", "/CN=stamps")
    sign = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "config", "-extensions", "stamps"]
    openssl(folder, "x509", "-req", "-in", "stamper.csr", *sign, "-out", "stamper.pem")
    (folder / "chain.pem").write_bytes((folder / "stamper.pem").read_bytes() + (folder / "ca.pem").read_bytes())

    class Answers(BaseHTTPRequestHandler):
        """Gives what openssl answers, or what `broken` says."""

        def do_POST(self) -> None:
            (folder / "query").write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            openssl(folder, "ts", "-reply", "-config", "config", "-queryfile", "query", "-out", "reply")
            body = (folder / "reply").read_bytes() if not (folder / "broken").exists() else b"nonsense"
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Answers)
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_port}/stamp"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.system("openssl")
def test_another_service_stamps_and_everything_verifies_before_and_after(service: Any, tmp_path: Path) -> None:
    folder, address = service
    house = House({"CLEARANCE_HOME": str(tmp_path / "home"), "HOME": os.environ["HOME"]})
    ((own, _),) = house.seal([STATEMENT])
    set_up(house, Choices(timestamps=address, chain=folder / "chain.pem"))
    ((theirs, told),) = house.seal([STATEMENT])
    trust = Trust(read_root(house.trusted_root(())))
    assert trust.unseal(theirs) == told
    assert trust.unseal(own).signer == house.service
    house.rotate(["authority"])
    assert house.trust().unseal(theirs) == told
    changed = theirs.bundle.replace(b'"signedTimestamp":"MI', b'"signedTimestamp":"MJ')
    with pytest.raises(BadSignature) as refused:
        house.trust().unseal(type(theirs)(leaf=theirs.leaf, bundle=changed))
    assert "signedTimestamp" in refused.value.where
    (folder / "broken").touch()
    with pytest.raises(SigningError, match="the timestamp service's answer"):
        house.seal([STATEMENT])


@pytest.mark.system("openssl")
def test_a_service_that_is_not_there_is_told(service: Any, tmp_path: Path) -> None:
    folder, _ = service
    house = House({"CLEARANCE_HOME": str(tmp_path / "home"), "HOME": os.environ["HOME"]})
    set_up(house, Choices(timestamps="http://127.0.0.1:1/stamp", chain=folder / "chain.pem"))
    with pytest.raises(SigningError, match="no timestamp could be had") as told:
        house.seal([STATEMENT])
    assert "trust.toml" in told.value.next
