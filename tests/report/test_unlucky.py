"""What a project ships beside its storyboard is a stranger's: a page shows nothing from outside of it."""

from __future__ import annotations

from pathlib import Path

from storyboard.report.screening import find_film
from storyboard.report.survey import surveying
from storyboard.store.project import open_project
from storyboard.testing.clips import clip_of
from tests.provenance.conftest import CLIP
from tests.studio.conftest import FILM, at_home


def test_a_draft_that_leads_out_of_the_project_is_not_shown(tmp_path: Path) -> None:
    folder, private = tmp_path / "film", tmp_path / "private.mp4"
    private.write_bytes(clip_of(CLIP))
    (folder / "build").mkdir(parents=True)
    (folder / "film.yaml").write_text(FILM)
    draft = folder / "build" / "film.draft.mp4"
    project = open_project(str(folder / "film.yaml"))
    for leads_out in (True, False):
        draft.unlink(missing_ok=True)
        draft.symlink_to(private) if leads_out else draft.write_bytes(private.read_bytes())
        with surveying(project, at_home(tmp_path / "home")(folder)) as survey:
            found = find_film(survey)
        assert (found is None) == leads_out
