"""The recorded requests in `tests/wire/` are what the real AI SDK sends, to the byte.

`tests/gateway/test_bodies.py` holds our own bodies to the same records. They were recorded by `requests.mjs`, and are
recorded anew, where the SDK is installed beside it, by `node requests.mjs ../wire`.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

WIRE = Path(__file__).parents[1] / "wire"
OLDER = {"generate-i2v-first-last", "generate-t2v-seed-zero", "start-i2v-callback", "start-i2v-first-last", "status"}
"""Recorded before by other means, with headers of that run."""


@pytest.fixture(scope="module")
def sent(sdk: Path) -> dict[str, dict[str, Any]]:
    """Every request that the script made the SDK send, by name, its body as text."""
    done = subprocess.run(
        ["node", "requests.mjs"], cwd=sdk, capture_output=True, text=True, timeout=60, check=False, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    requests: dict[str, dict[str, Any]] = json.loads(done.stdout)
    return requests


def test_the_records_are_what_the_sdk_sends(sent: dict[str, dict[str, Any]]) -> None:
    assert set(sent) == {path.stem for path in WIRE.glob("*.json")} - OLDER
    for name, request in sent.items():
        record = json.loads((WIRE / f"{name}.json").read_text("utf-8"))
        assert json.dumps(record.pop("body"), ensure_ascii=False, separators=(",", ":")) == request.pop("body"), name
        assert record == request, name
