"""The exact bytes of an order, for nobody else's eyes."""

from __future__ import annotations

import hashlib
from pathlib import Path

from storyboard.store.outbox import Outbox

SLATE, KEY, BODY = "a" * 64, "sb1-key", b'{"prompt": "Go."}'


def test_a_body_is_kept_as_it_is(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    digest = outbox.put(SLATE, KEY, BODY)
    assert digest == hashlib.sha256(BODY).hexdigest()
    assert outbox.get(SLATE, KEY, digest) == BODY
    assert outbox.bodies() == ((SLATE, KEY),)
    assert outbox.keys(SLATE) == (KEY,)
    assert outbox.keys("b" * 64) == ()
    (path,) = (tmp_path / "outbox").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "outbox").stat().st_mode & 0o077 == 0
    outbox.drop(SLATE, KEY)
    outbox.drop(SLATE, KEY)
    assert outbox.get(SLATE, KEY, digest) is None


def test_a_body_that_changed_is_not_sent(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    digest = outbox.put(SLATE, KEY, BODY)
    (path,) = (tmp_path / "outbox").iterdir()
    path.write_bytes(BODY + b" ")
    assert outbox.get(SLATE, KEY, digest) is None
