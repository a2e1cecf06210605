"""The certificate that films are signed with: the user's own, or one that is made here for trying.

Only the user's settings name files of certificates and keys; a storyboard says no more than that it wants them.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storyboard.errors import StoryboardError, Usage
from storyboard.secret import Secret
from storyboard.settings import Settings
from storyboard.store import files

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from storyboard.spec.model import Sign

INSTALL = "pip install 'storyboard-render[c2pa]'"
WITHOUT = "STORYBOARD_SIGN_CERTIFICATE=none goes without, on this machine"
BOTH = f"set STORYBOARD_SIGN_CERTIFICATE and STORYBOARD_SIGN_KEY; `sign: development` is for trying, and {WITHOUT}"
NOWHERE = "none"
"""What `sign.certificate` says where nothing is signed."""
LARGEST = 1024 * 1024
YEAR = timedelta(days=365)
NAME = "storyboard development certificate, for trying only"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signs."""

    chain: bytes
    """The certificates as PEM, the signer's own first."""
    key: Secret
    """Its private key, as PEM."""
    algorithm: str
    digest: str
    """SHA-256 of the signer's certificate."""
    name: str
    until: datetime
    development: bool = False


def identity_of(sign: Sign, settings: Settings) -> Identity | None:
    """Who signs on this machine; None where nobody does. `Usage` says what is missing or wrong."""
    if not sign or settings.sign_certificate == NOWHERE:
        return None
    if any(find_spec(name) is None for name in ("c2pa", "cryptography")):
        raise Usage("films are signed by a library that is not installed", hint=f"{INSTALL}; {WITHOUT}")
    if sign == "development":
        return development(settings.home)
    if not settings.sign_certificate or settings.sign_key is None:
        raise Usage("nobody said with which certificate and key films are signed", hint=BOTH)
    chain = _read("sign.certificate", settings.sign_certificate)
    return _identity(chain, Secret(_read("sign.key", settings.sign_key.reveal()).decode("utf-8", "replace")))


def development(home: Path) -> Identity:
    """The certificate for trying: made once, kept where takes are, and made anew when its year is over."""
    folder = home / "sign"
    chain, key = folder / "development.pem", folder / "development.key"
    with suppress(StoryboardError):
        return _identity(files.read_plain(chain, LARGEST), _secret(key), development=True)
    files.sweep(folder)
    made, private = _make()
    with files.writing(folder):
        for path, data in ((key, private), (chain, made)):
            temp = files.unfinished(folder, path.name)
            try:
                with files.create(temp) as file:
                    file.write(data)
                files.settle(temp, path)
            finally:
                files.discard(temp)
    return _identity(made, Secret(private.decode()), development=True)


def _secret(path: Path) -> Secret:
    return Secret(files.read_plain(path, LARGEST).decode("utf-8", "replace"))


def _read(setting: str, text: str) -> bytes:
    """What a setting leads to: the text of a PEM file, or the file itself. No more than the file's last name is told,
    and that only where it is one: who left out the lines around a key has written the key itself there."""
    if "-----BEGIN" in text:
        return text.replace("\\n", "\n").encode()
    try:
        path = Path(text).expanduser()
        return files.read_plain(path, LARGEST)
    except StoryboardError as error:
        message = error.message if "." in path.name else error.message.replace(f"`{path.name}`", "the file it names")
        raise Usage(f"`{setting}`: {message}", hint=BOTH) from None
    except (RuntimeError, ValueError):
        raise Usage(f"`{setting}` is not the name of a file", hint=BOTH) from None


def _identity(chain: bytes, key: Secret, *, development: bool = False) -> Identity:
    """A certificate with its key, after both were looked at; `Usage` says what is wrong with them."""
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    try:
        certificates = x509.load_pem_x509_certificates(chain)
        own = certificates[0]
        public, names = own.public_key(), own.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    except (ValueError, UnsupportedAlgorithm):
        message = "`sign.certificate` holds no certificate that can be read"
        raise Usage(message, hint="it is a PEM file: -----BEGIN CERTIFICATE-----, the signer's own first") from None
    private = _private(key)
    if private.public_key() != public:
        hint = "name the key that the certificate was issued for; the signer's own certificate stands first"
        raise Usage("`sign.key` is not the key of `sign.certificate`", hint=hint)
    _check_dates(own)
    # Written anew: some keep a key among their certificates, and openssl writes keys in a form that C2PA does not read.
    plain = b"".join(one.public_bytes(Encoding.PEM) for one in certificates)
    key = Secret(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())
    name = str(names[0].value) if names else "a certificate without a name"
    return Identity(
        plain, key, _algorithm(private), own.fingerprint(SHA256()).hex(), name, own.not_valid_after_utc, development
    )


def _private(key: Secret) -> Any:
    """A private key; `Usage` when it is none. What the library says of it is not told: it may quote it."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        return load_pem_private_key(key.reveal().encode(), password=None)
    except TypeError:
        hint = "write it without one for signing, readable by you alone: openssl pkcs8 -topk8 -nocrypt"
        raise Usage("`sign.key` is locked by a password", hint=hint) from None
    except (ValueError, UnsupportedAlgorithm):
        hint = "it is a PEM file: -----BEGIN PRIVATE KEY-----"
        raise Usage("`sign.key` holds no private key that can be read", hint=hint) from None


def _check_dates(own: Certificate) -> None:
    now = datetime.now(UTC)
    first, last = own.not_valid_before_utc, own.not_valid_after_utc
    if now > last:
        raise Usage(f"`sign.certificate` has expired on {last:%Y-%m-%d}", hint="ask its issuer for a new one")
    if now < first:
        raise Usage(f"`sign.certificate` is not valid before {first:%Y-%m-%d}", hint="is this machine's clock right?")


def _algorithm(private: Any) -> str:
    """What C2PA calls the signature that a key makes."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if isinstance(private, ed25519.Ed25519PrivateKey):
        return "ed25519"
    if isinstance(private, rsa.RSAPrivateKey) and private.key_size >= 2048:
        return "ps256"
    curves = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}
    if isinstance(private, ec.EllipticCurvePrivateKey) and private.curve.name in curves:
        return curves[private.curve.name]
    hint = "C2PA takes keys of the curves P-256, P-384, P-521 and Ed25519, and RSA from 2,048 bits on"
    raise Usage("`sign.key` is of a kind that nothing can be signed with", hint=hint)


def _make() -> tuple[bytes, bytes]:
    """A certificate and its key as PEM. The key of its issuer is forgotten at once: nothing else can come of it."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID

    issuer, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)

    def named(name: str) -> x509.Name:
        organisation = x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "nobody")
        return x509.Name([organisation, x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])

    def issued(name: str, key: ec.EllipticCurvePrivateKey, *, authority: bool) -> bytes:
        usage = dict.fromkeys(
            ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only",
             "decipher_only"), False,
        )  # fmt: skip
        made = x509.CertificateBuilder(
            subject_name=named(name), issuer_name=named(f"{NAME} (issuer)"), public_key=key.public_key(),
            serial_number=x509.random_serial_number(), not_valid_before=now - timedelta(days=1),
            not_valid_after=now + YEAR,
        )  # fmt: skip
        made = made.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        made = made.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key()), critical=False
        )
        signs = {"digital_signature": not authority, "key_cert_sign": authority, "crl_sign": authority}
        made = made.add_extension(x509.KeyUsage(**usage, **signs), critical=True)
        if not authority:
            made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        return made.sign(issuer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    chain = issued(NAME, own, authority=False) + issued(f"{NAME} (issuer)", issuer, authority=True)
    return chain, own.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
