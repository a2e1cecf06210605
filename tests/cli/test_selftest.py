from __future__ import annotations

import json

from tests.conftest import Run


def test_a_selftest_counts_and_finds_nothing_wrong(storyboard: Run) -> None:
    done = storyboard("selftest", "--kills", "2", "--seed", "1", "--json")
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert told["ok"]
    assert told["seed"] == 1
    assert told["kills"] >= 2
    assert told["charges"] == told["shots"] > 0
    assert {told[name] for name in ("double_charges", "lost_takes", "torn_files", "unfinished")} == {0}


def test_a_selftest_speaks_in_a_sentence(storyboard: Run) -> None:
    done = storyboard("selftest", "--kills", "1")
    assert done.code == 0, done.err
    assert "0 double charges, 0 lost takes, 0 torn files" in done.out
    assert done.err == ""
