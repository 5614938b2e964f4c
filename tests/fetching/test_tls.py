"""HTTPS: a certificate that nobody vouches for is refused."""

from __future__ import annotations

import datetime
import hashlib
import ipaddress
import ssl
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from montage_recipe.diagnostics import FetchError
from montage_recipe.fetching.download import World, fetch
from montage_recipe.fetching.model import Wanted
from montage_recipe.fetching.rules import Rules
from tests.fetching.server import Manner, serving

CONTENT = b"a film" * 1000


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Of 127.0.0.1, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


def test_a_certificate_must_be_vouched_for(tmp_path: Path, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with serving(tls=context, a=Manner(CONTENT)) as served:
        one = Wanted(
            name="a.bin",
            file=tmp_path / "a.bin",
            url=f"https://{served.host}/a.bin",
            sha256=hashlib.sha256(CONTENT).hexdigest(),
            at=("media", "a", "file"),
        )
        quiet = World(sleep=lambda seconds: None)
        with pytest.raises(FetchError, match="its certificate is not trusted: self-signed certificate"):
            fetch(one, Rules(), print, quiet)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        fetch(one, Rules(), print, quiet)
        assert one.file.read_bytes() == CONTENT
        other = replace(one, file=tmp_path / "b.bin", url=f"https://localhost:{served.port}/a.bin")
        with pytest.raises(FetchError, match="its certificate is not trusted: Hostname mismatch"):
            fetch(other, Rules(), print, quiet)
        speaks_no_tls = replace(other, url=f"http://{served.host}/a.bin")
        with pytest.raises(FetchError, match="cannot be fetched"):
            fetch(speaks_no_tls, Rules(), print, quiet)
