"""Certificates as people have them, good and bad, and clips that carry Content Credentials of somebody else's."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

OFFLINE = {"version": 1, "verify": {"verify_trust": False, "remote_manifest_fetch": False, "ocsp_fetch": False}}
GENERATED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"


@dataclass(frozen=True, slots=True)
class Papers:
    """A certificate chain and its key, as PEM."""

    chain: bytes
    key: bytes

    def save(self, folder: Path) -> tuple[Path, Path]:
        """Put both into files."""
        folder.mkdir(parents=True, exist_ok=True)
        chain, key = folder / "chain.pem", folder / "private.key"
        chain.write_bytes(self.chain)
        key.write_bytes(self.key)
        return chain, key


def issue(kind: str = "es256", *, days: tuple[int, int] = (-1, 30), ask: str = "", fit: bool = True) -> Papers:
    """Papers of a studio; `days` from now that they begin and end, `ask` the address that knows whether they were taken
    back, `fit` whether they may sign."""
    makers: dict[str, Any] = {
        "es256": lambda: ec.generate_private_key(ec.SECP256R1()), "ed25519": ed25519.Ed25519PrivateKey.generate,
        "ps256": lambda: rsa.generate_private_key(65537, 2048), "weak": lambda: rsa.generate_private_key(65537, 1024),
    }  # fmt: skip
    issuer, own, now = ec.generate_private_key(ec.SECP256R1()), makers[kind](), datetime.now(UTC)
    vouching = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Example Issuer")])
    organisation = x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Example Studio")
    signer = x509.Name([organisation, x509.NameAttribute(x509.NameOID.COMMON_NAME, "Example Signer")])
    purpose = ExtendedKeyUsageOID.EMAIL_PROTECTION if fit else ExtendedKeyUsageOID.SERVER_AUTH

    def certified(name: x509.Name, key: Any, *, authority: bool) -> bytes:
        begin, end = now + timedelta(days[0]), now + timedelta(days[1])
        made = x509.CertificateBuilder(vouching, name, key, x509.random_serial_number(), begin, end)
        usage = dict.fromkeys(
            ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only",
             "decipher_only"), False,
        )  # fmt: skip
        signs = {"digital_signature": not authority, "key_cert_sign": authority, "crl_sign": authority}
        for extension, critical in (
            (x509.BasicConstraints(authority, None), True), (x509.KeyUsage(**signs, **usage), True),
            (x509.SubjectKeyIdentifier.from_public_key(key), False),
            (x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key()), False),
        ):  # fmt: skip
            made = made.add_extension(extension, critical)
        if not authority:
            made = made.add_extension(x509.ExtendedKeyUsage([purpose]), False)
        if ask and not authority:
            place = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(ask))
            made = made.add_extension(x509.AuthorityInformationAccess([place]), False)
        return made.sign(issuer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    chain = certified(signer, own.public_key(), authority=False)
    chain += certified(vouching, issuer.public_key(), authority=True)
    private = own.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Papers(chain, private)


def credentialed(clip: bytes, papers: Papers, kind: str = "video/mp4") -> bytes:
    """A clip with the credentials that a provider gives it."""
    actions = [{"action": "c2pa.created", "digitalSourceType": GENERATED}]
    generator = [{"name": "Example Model", "version": "3"}]
    claim = {"claim_generator_info": generator, "title": "a clip",
             "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": actions}}]}  # fmt: skip
    info = c2pa.C2paSignerInfo(c2pa.C2paSigningAlg.ES256, papers.chain, papers.key, None)
    signed = BytesIO()
    with c2pa.Builder(claim, context()) as builder, c2pa.Signer.from_info(info) as signer:
        builder.sign(signer, kind, BytesIO(clip), signed)
    return signed.getvalue()


def context() -> c2pa.Context:
    """A reader's settings: it asks nobody."""
    return c2pa.Context(c2pa.Settings.from_dict(OFFLINE))


@dataclass(frozen=True, slots=True)
class Read:
    """What c2pa's own reader says of a film."""

    state: str
    claim: dict[str, Any]
    facts: list[dict[str, Any]]
    """What is said of each ingredient."""
    text: str
    """All of it, as JSON."""

    @property
    def actions(self) -> list[dict[str, Any]]:
        """What was done, in order."""
        said = next(one["data"] for one in self.claim["assertions"] if one["label"].startswith("c2pa.actions"))
        return list(said["actions"])

    @property
    def titles(self) -> list[str]:
        """What the film is made of."""
        return [one["title"] for one in self.claim["ingredients"]]


def read(film: Path, kind: str = "video/mp4") -> Read:
    """A signed film, read as anybody would."""
    with film.open("rb") as file, c2pa.Reader(kind, file, context=context()) as reader:
        claim, facts = reader.get_active_manifest(), []
        assert claim is not None
        for one in claim.get("ingredients", ()):
            said = BytesIO()
            reader.resource_to_stream(one["data"]["identifier"], said)
            facts.append(json.loads(said.getvalue()))
        return Read(str(reader.get_validation_state()), claim, facts, reader.json())
