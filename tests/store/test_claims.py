"""One render at a time works on an order; a killed one lets go at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from storyboard.store.claims import Claims, Holder

SLATE = "a" * 64
HOLDING = """
import sys, time
from pathlib import Path
from storyboard.store.claims import Claims
with Claims(Path(sys.argv[1])).taking(sys.argv[2]) as holder:
    print("mine" if holder is None else "not mine", flush=True)
    time.sleep(60)
"""


def hold(home: Path) -> subprocess.Popen[str]:
    """Another process with the claim."""
    process = subprocess.Popen([sys.executable, "-c", HOLDING, str(home), SLATE], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "mine\n"
    return process


def test_a_claim_is_one_renders(tmp_path: Path) -> None:
    claims = Claims(tmp_path)
    with claims.taking(SLATE) as first:
        assert first is None
        with claims.taking(SLATE) as second:
            assert isinstance(second, Holder)
            assert second.pid == os.getpid()
        with claims.taking("b" * 64) as other:
            assert other is None
    with claims.taking(SLATE) as again:
        assert again is None
    assert list((tmp_path / "claims").iterdir()) == []


def test_a_killed_holder_lets_go_and_is_named_while_it_lives(tmp_path: Path) -> None:
    process = hold(tmp_path)
    with Claims(tmp_path).taking(SLATE) as holder:
        assert holder is not None
        assert holder.pid == process.pid
        assert str(holder).startswith(f"process {process.pid} on ")
    process.send_signal(signal.SIGKILL)
    process.communicate()
    claims = Claims(tmp_path)
    for left in ([process.pid], []):
        with claims.taking(SLATE) as holder:
            assert holder is None
            assert [dead.pid for dead in claims.left.values()] == left
    assert claims.left == {}
