"""What is put beside a finished film: its record, and its signed copy where the storyboard wants one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from storyboard.assembler.assemble import Film, Job
from storyboard.errors import StoryboardError
from storyboard.progress import Said, Watch
from storyboard.provenance.certificate import Identity, identity_of
from storyboard.provenance.kept import keep_record, record_text
from storyboard.provenance.record import Making, record_of
from storyboard.provenance.signing import Desk, Signed, sign_film, try_identity
from storyboard.settings import Settings
from storyboard.spec import outputs
from storyboard.spec.model import Storyboard
from storyboard.store import files
from storyboard.store.cache import Cache, key_of


@dataclass(frozen=True, slots=True)
class Beside:
    """What says of a film how it was made."""

    record: Path
    signed: Signed | None
    """None where nobody wants it signed, or nobody signs on this machine."""


def signer_of(storyboard: Storyboard, settings: Settings, cache: Cache) -> Identity | None:
    """Who signs the films of a storyboard, found and tried before anything is bought; None where nobody does.

    An error has the place in the storyboard that wants them signed.
    """
    if not storyboard.sign:
        return None
    from importlib.metadata import version

    try:
        if identity := identity_of(storyboard.sign, settings):
            key = key_of("identity-1", identity.digest, version("c2pa-python"))
            if cache.recall("identities", key) != identity.name:
                try_identity(identity)
                cache.remember("identities", key, identity.name)
    except StoryboardError as error:
        raise error.at(error.message, storyboard.places["provenance"]) from None
    return identity


def issue(making: Making, job: Job, film: Film, signer: Identity | None, watch: Watch) -> Beside:
    """Put the record of a film beside it, then its signed copy; the film itself is not touched."""
    production = making.production
    project, settings = production.project, production.settings
    record = record_of(making, job, film)
    path = project.target(outputs.record_of(job.output.file))
    files.sweep(path.parent)
    keep_record(path, record_text(record, (settings.credential, settings.sign_key)))
    if not job.output.signed:
        return Beside(path, None)
    target = project.target(outputs.signed_of(job.output.file))
    if signer is None:
        older = f": `{target.name}` beside it is older than this run" if target.exists() else ""
        watch(Said(f"`{film.path.name}` is not signed{older}", hint="`sign.certificate` says that nothing is, here"))
        return Beside(path, None)
    signed = sign_film(film.path, record, target, Desk(signer, production.locate, production.cache))
    for name in signed.lost:
        watch(Said(f"`{name}`: its own Content Credentials are damaged, and are not carried on"))
    return Beside(path, signed)
