"""The folder of an export: what is replaced, what is never touched, and what a kill leaves."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from storyboard.errors import Refused, Usage
from storyboard.export import folder
from storyboard.export.folder import LIST


def export(there: Path, **texts: str) -> None:
    """Files by name (`_` for `.`), as an export writes them."""
    named = {name.replace("__", "/").replace("_", "."): text for name, text in texts.items()}
    folder.begin(there, folder.look(there), named)
    for name, text in named.items():
        (there / name).parent.mkdir(exist_ok=True)
        (there / name).write_text(text)
    folder.finish(there, named)


def content(there: Path) -> dict[str, str]:
    found = (path for path in there.rglob("*") if path.is_file() and path.name != LIST)
    return {path.relative_to(there).as_posix(): path.read_text() for path in found}


def test_a_second_export_replaces_what_the_first_one_wrote(tmp_path: Path) -> None:
    there = tmp_path / "out"
    export(there, film_xml="one", media__a_mp4="a", media__b_mp4="b", looks__warm_cube="w")
    (there / "edit.prproj").write_text("mine")
    (there / "media" / "grade.drx").write_text("mine too")
    export(there, film_xml="two", media__a_mp4="a")
    assert content(there) == {
        "film.xml": "two", "media/a.mp4": "a", "edit.prproj": "mine", "media/grade.drx": "mine too"
    }  # fmt: skip
    assert not (there / "looks").exists()


def test_a_folder_that_holds_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "book.txt").write_text("mine")
    with pytest.raises(Usage, match=r"holds files that no export wrote: book\.txt"):
        folder.look(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Usage, match="is not a folder"):
        folder.look(tmp_path / "link")


def test_what_was_changed_or_is_new_is_not_overwritten(tmp_path: Path) -> None:
    export(tmp_path, film_xml="one", film_srt="one")
    (tmp_path / "film.xml").write_text("changed by hand")
    with pytest.raises(Refused, match=r"film\.xml` was changed since it was exported"):
        export(tmp_path, film_xml="two")
    (tmp_path / "film.edl").write_text("mine")
    with pytest.raises(Refused, match=r"film\.edl` is there, and no export wrote it"):
        export(tmp_path, film_edl="two")
    assert content(tmp_path) == {"film.xml": "changed by hand", "film.srt": "one", "film.edl": "mine"}


def test_a_kill_leaves_nothing_that_looks_finished(tmp_path: Path) -> None:
    export(tmp_path, film_xml="one", media__a_mp4="a")
    folder.begin(tmp_path, folder.look(tmp_path), ["film.xml", "media/a.mp4", "media/b.mp4"])
    (tmp_path / "media" / "b.mp4").write_text("half")
    assert content(tmp_path) == {"media/a.mp4": "a", "media/b.mp4": "half"}
    export(tmp_path, film_xml="two", media__b_mp4="b")
    assert content(tmp_path)["film.xml"] == "two"


def test_a_strange_list_leads_nowhere(tmp_path: Path) -> None:
    there = tmp_path / "out"
    there.mkdir()
    (tmp_path / "secret.txt").write_text("mine")
    state = (tmp_path / "secret.txt").stat()
    known = {"../secret.txt": [state.st_size, state.st_mtime_ns], "/etc/hosts": None, "media/../../secret.txt": None}
    (there / LIST).write_text(json.dumps({"format_version": 1, "files": known}))
    export(there, film_xml="one")
    assert (tmp_path / "secret.txt").read_text() == "mine"
    for text in ("[]", "{", '{"format_version": 2, "files": {}}', '{"format_version": 1, "files": {"a": [1]}}'):
        (there / LIST).write_text(text)
        with pytest.raises(Usage, match="is not the list of an export"):
            folder.look(there)


def test_media_are_linked_or_copied_and_never_moved(tmp_path: Path) -> None:
    source = tmp_path / "take.mp4"
    source.write_bytes(b"paid for")
    assert folder.place(source, tmp_path / "out" / "a.mp4", copy=False)
    assert folder.place(source, tmp_path / "out" / "a.mp4", copy=False), "there already"
    assert (tmp_path / "out" / "a.mp4").samefile(source)
    assert not folder.place(source, tmp_path / "out" / "a.mp4", copy=True)
    assert not (tmp_path / "out" / "a.mp4").samefile(source)
    assert source.read_bytes() == (tmp_path / "out" / "a.mp4").read_bytes() == b"paid for"


def test_where_nothing_can_be_linked_it_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    source = tmp_path / "take.mp4"
    source.write_bytes(b"paid for")
    assert not folder.place(source, tmp_path / "out" / "a.mp4", copy=False)
    assert (tmp_path / "out" / "a.mp4").read_bytes() == b"paid for"
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a.mp4"]
