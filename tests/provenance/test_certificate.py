"""Whose certificate signs, and what is said of one that cannot: early, with its place, and never a word of the key."""

from __future__ import annotations

import json
import os
import stat
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from storyboard.errors import Refused, StoryboardError, Usage
from storyboard.foresight import Options
from storyboard.progress import Said
from storyboard.provenance.certificate import BOTH, INSTALL, development, identity_of
from storyboard.provenance.signing import try_identity
from storyboard.render import render
from storyboard.secret import Secret
from storyboard.settings import Settings, read_settings, settings_for
from storyboard.store import files
from storyboard.testing.stage import Kill, Stage
from tests.conftest import Run
from tests.paid.sets import Set
from tests.provenance.conftest import Filmed
from tests.provenance.papers import Papers, issue, read

SIGN = "provenance: {sign: certificate}\n"


def settings(tmp_path: Path, papers: Papers) -> Settings:
    """Settings that name these papers."""
    chain, key = papers.save(tmp_path / "papers")
    own = replace(settings_for(tmp_path), home=tmp_path / "home")
    return replace(own, sign_certificate=str(chain), sign_key=Secret(str(key)))


@pytest.mark.parametrize("kind", ["es256", "ed25519", "ps256"])
def test_certificates_of_every_kind_sign(tmp_path: Path, kind: str) -> None:
    identity = identity_of("certificate", settings(tmp_path, issue(kind)))
    assert identity is not None
    assert (identity.algorithm, identity.name, identity.development) == (kind, "Example Signer", False)
    try_identity(identity)


def test_what_cannot_sign_is_told_plainly(tmp_path: Path) -> None:
    good, other = issue(), issue()
    pem = b"-----BEGIN PRIVATE KEY-----\n"
    cases = {
        "`sign.key` is not the key of `sign.certificate`": Papers(good.chain, other.key),
        "`sign.certificate` has expired on": issue(days=(-30, -1)),
        "`sign.certificate` is not valid before": issue(days=(1, 30)),
        "`sign.certificate` holds no certificate that can be read": Papers(b"nothing", good.key),
        "`sign.key` holds no private key that can be read": Papers(good.chain, pem + b"c2VjcmV0IHNlY3JldA==\n"),
        "`sign.key` is of a kind that nothing can be signed with": issue("weak"),
    }
    for message, papers in cases.items():
        with pytest.raises(Usage) as caught:
            identity_of("certificate", settings(tmp_path, papers))
        assert caught.value.message.startswith(message)
        assert caught.value.hint
        for line in papers.key.splitlines()[1:-1]:
            assert line.decode() not in repr(caught.value) + caught.value.hint


def test_a_locked_key_says_how_it_is_opened(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization as written

    papers = issue()
    lock = written.BestAvailableEncryption(b"a secret")
    key = written.load_pem_private_key(papers.key, None)
    pem = key.private_bytes(written.Encoding.PEM, written.PrivateFormat.PKCS8, lock)
    with pytest.raises(Usage, match=r"`sign\.key` is locked by a password") as caught:
        identity_of("certificate", settings(tmp_path, Papers(papers.chain, pem)))
    assert "openssl pkcs8" in caught.value.hint


def test_a_certificate_for_something_else_is_tried_before_anything_is_bought(tmp_path: Path) -> None:
    identity = identity_of("certificate", settings(tmp_path, issue(fit=False)))
    assert identity is not None
    with pytest.raises(Refused, match=r"`sign\.certificate` is none that C2PA takes"):
        try_identity(identity)


def test_files_that_are_not_there_are_called_by_their_last_name(tmp_path: Path) -> None:
    own = settings(tmp_path, issue())
    for name in ("nowhere.pem", "~somebody-unknown/key.pem", "a\0b"):
        for other in (replace(own, sign_certificate=name), replace(own, sign_key=Secret(name))):
            with pytest.raises(Usage) as caught:
                identity_of("certificate", other)
            assert caught.value.message.startswith("`sign.")
            assert str(tmp_path) not in caught.value.message
    with pytest.raises(Usage, match="nobody said with which certificate") as caught:
        identity_of("certificate", replace(own, sign_key=None))
    assert caught.value.hint == BOTH


def test_papers_may_stand_in_the_environment_itself(tmp_path: Path) -> None:
    papers = issue()
    own = {
        "STORYBOARD_SIGN_CERTIFICATE": papers.chain.decode(),
        "STORYBOARD_SIGN_KEY": papers.key.decode().replace("\n", "\\n"),
    }
    made = read_settings(own, tmp_path, tmp_path, tmp_path)
    identity = identity_of("certificate", made)
    assert identity is not None
    assert papers.key.decode().splitlines()[1] not in repr(made) + repr(identity)


def test_a_key_as_openssl_writes_it_signs_too(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization as written

    papers = issue()
    key = written.load_pem_private_key(papers.key, None)
    old = key.private_bytes(written.Encoding.PEM, written.PrivateFormat.TraditionalOpenSSL, written.NoEncryption())
    assert old.startswith(b"-----BEGIN EC PRIVATE KEY-----")
    identity = identity_of("certificate", settings(tmp_path, Papers(papers.chain, old)))
    assert identity is not None
    try_identity(identity)


def test_a_key_in_the_file_of_the_certificates_does_not_get_into_the_film(tmp_path: Path) -> None:
    papers = issue()
    identity = identity_of("certificate", settings(tmp_path, Papers(papers.key + papers.chain, papers.key)))
    assert identity is not None
    assert identity.chain == papers.chain


def test_a_project_chooses_no_certificate(tmp_path: Path) -> None:
    for name in ("certificate", "key"):
        (tmp_path / "storyboard.toml").write_text(f'[sign]\n{name} = "theirs.pem"\n')
        with pytest.raises(Usage, match=f"storyboard.toml may not set `sign.{name}`"):
            read_settings({}, tmp_path / "config", tmp_path, tmp_path)
    (tmp_path / "storyboard.toml").unlink()
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.toml").write_text('[sign]\ncertificate = "mine.pem"\nkey = "mine.key"\n')
    own = read_settings({}, tmp_path / "config", tmp_path, tmp_path)
    assert (own.sign_certificate, own.sign_key) == ("mine.pem", Secret("mine.key"))


def test_a_development_certificate_is_made_once(tmp_path: Path) -> None:
    first = development(tmp_path)
    assert development(tmp_path) == first
    assert first.development
    key = tmp_path / "sign" / "development.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    key.write_bytes(issue().key)
    second = development(tmp_path)
    assert second.digest != first.digest
    assert development(tmp_path) == second
    assert sorted(path.name for path in (tmp_path / "sign").iterdir()) == ["development.key", "development.pem"]


def unsigned(one: Set) -> None:
    """That the film is as it was, and nothing was bought."""
    assert files.sha256(one.folder / "build" / "film.mp4") in (one.folder / "film.sums").read_text()
    assert one.charged == 2


def test_it_is_found_before_money_is_spent(filmed: Filmed) -> None:
    one = filmed.take()
    text = one.file.read_text().replace("{sign: development}", "{sign: certificate}")
    one.file.write_text(text.replace("prompt: Two", "prompt: Another"))
    with pytest.raises(Usage, match="nobody said with which certificate") as caught:
        one.render()
    assert caught.value.where is not None
    assert (caught.value.where.file, caught.value.where.line) == (str(one.file), 3)
    unsigned(one)


def test_a_missing_library_is_found_before_money_is_spent(filmed: Filmed, monkeypatch: pytest.MonkeyPatch) -> None:
    one = filmed.take()
    one.file.write_text(one.file.read_text().replace("prompt: Two", "prompt: Another"))
    hidden = [str(Path(name).resolve()) for name in sys.path if not (Path(name) / "c2pa").is_dir()]
    monkeypatch.setattr(sys, "path", hidden)
    for name in [name for name in sys.modules if name.split(".")[0] == "c2pa"]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(StoryboardError, match="a library that is not installed") as caught:
        one.render()
    assert caught.value.hint.startswith(INSTALL)
    unsigned(one)


def test_what_goes_wrong_at_the_very_end_leaves_the_film(filmed: Filmed) -> None:
    """A take has rotted since it was cut: the film stands, and nothing is signed over what is not there."""
    one = filmed.take()
    (one.folder / "build" / "film.signed.mp4").unlink()
    take = one.lock.shots["b"].take
    assert take is not None
    clip = one.clip(take.sha256)
    clip.chmod(0o600)
    data = bytearray(clip.read_bytes())
    data[len(data) // 2] ^= 1
    clip.write_bytes(data)
    with pytest.raises(Refused, match="is damaged"):
        one.render()
    unsigned(one)
    assert sorted(path.name for path in (one.folder / "build").iterdir()) == ["film.mp4", "film.provenance.json"]


def test_a_machine_may_go_without(filmed: Filmed) -> None:
    one = filmed.take()
    (one.folder / "build" / "film.signed.mp4").unlink()
    done = one.render(key=True)
    assert done.beside[0].signed is not None
    one.events.clear()
    nowhere = replace(one.settings(), sign_certificate="none")
    done = render(one.project, nowhere, Options(), one.events.append)
    assert done.beside[0].signed is None
    (said,) = [event for event in one.events if isinstance(event, Said) and "not signed" in event.text]
    assert "`film.signed.mp4` beside it is older than this run" in said.text


def test_the_command_says_who_signed(cards: Path, storyboard: Run, tmp_path: Path) -> None:
    cards.write_text(cards.read_text() + SIGN)
    done = storyboard("render", str(cards))
    assert done.code == 2
    assert f"{cards}:8:13: error: nobody said with which certificate" in done.err
    assert "STORYBOARD_SIGN_CERTIFICATE" in done.err
    papers = issue()
    chain, key = papers.save(tmp_path / "papers")
    own = {"STORYBOARD_SIGN_CERTIFICATE": str(chain), "STORYBOARD_SIGN_KEY": str(key)}
    done = storyboard("render", str(cards), **own)
    assert (done.code, "film.signed.mp4  by Example Signer" in done.err + done.out) == (0, True)
    assert read(cards.parent / "build" / "film.signed.mp4").claim["title"] == "Cards"
    done = storyboard("render", str(cards), "--json", **own)
    (film,) = json.loads(done.out)["films"]
    assert (film["provenance"], film["signed"]) == ("build/film.provenance.json", "build/film.signed.mp4")
    checks = json.loads(storyboard("doctor", "--json", **own).out)["checks"]
    (signing,) = [check for check in checks if check["name"] == "signing"]
    assert signing["detail"].startswith("Example Signer, es256, until 20")
    key.write_bytes(issue().key)
    done = storyboard("doctor", **own)
    assert done.code == 1
    assert "`sign.key` is not the key of `sign.certificate`" in done.out
    assert "BEGIN" not in done.out + done.err


def test_a_render_that_is_killed_leaves_nothing_half_written(cards: Path, warm: Stage) -> None:
    """Killed at the moment in which the film, its record, or its signed copy takes its place; and then run again."""
    cards.write_text(cards.read_text() + "provenance: {sign: development}\n")
    build, environment = cards.parent / "build", dict(os.environ)
    assert warm.run("render", str(cards), environment=environment).code == 0
    record = (build / "film.provenance.json").read_bytes()
    names = ["film.mp4", "film.provenance.json", "film.signed.mp4"]
    for nth in range(1, len(names) + 1):
        for path in build.iterdir():
            path.unlink()
        ran = warm.run("render", str(cards), environment=environment, kills=(Kill(step="K11", nth=nth),))
        assert ran.code == -9
        assert sorted(path.name for path in build.iterdir() if path.suffix != ".part") == names[: nth - 1]
        assert warm.run("render", str(cards), environment=environment).code == 0
        assert sorted(path.name for path in build.iterdir()) == names
        assert (build / "film.provenance.json").read_bytes() == record
        assert read(build / "film.signed.mp4").state == "Valid"
