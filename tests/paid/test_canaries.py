"""The key, the token and the query of a signed address appear nowhere: not said, logged, written or listed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from storyboard.testing import Fault
from storyboard.testing.faults import ALWAYS, CUTS, PAGE, Target
from storyboard.testing.orders import signature_of
from storyboard.testing.stage import Kill, Ran
from tests.paid.answers import HUGE, NO_VIDEO, NOT_A_NUMBER
from tests.paid.rehearsing import KEY, STRESS, Rehearsal, Rehearse, some, still_shot, words_shot

TOKEN = "canary.of.the.token"
STATUSES = (400, 401, 402, 403, 404, 408, 409, 413, 422, 424, 425, 429, 451, 500, 502, 503, 504)
ROUTES: tuple[Target, ...] = ("start", "status", "clip", "models", "generation")
SAID = {
    "page": PAGE,
    "video": NO_VIDEO,
    "nan": NOT_A_NUMBER,
    "huge": HUGE,
    "nothing": "",
}


def errors(credential: str) -> dict[str, Fault]:
    """Every way in which a call can fail, at a gateway that says back what it was sent."""
    found = {}
    for route in ROUTES:
        for status in STATUSES:
            text = f"the key {credential} is not good"
            found[f"{route}-{status}"] = Fault(
                route, "refuse", status=status, text=text, times=ALWAYS, retry_after="1ms"
            )
        for name, text in {**SAID, "echo": f"Bearer {credential}"}.items():
            found[f"{route}-says-{name}"] = Fault(route, "say", status=200, text=text, times=ALWAYS)
        found[f"{route}-drops"] = Fault(route, "drop", times=ALWAYS)
    for kind in CUTS:
        found[kind] = Fault("clip", kind, times=ALWAYS)
    for kind in ("fail", "cancel", "page", "black", "short"):
        found[f"job-{kind}"] = Fault("job", kind, text=f"not for {credential}", times=ALWAYS)
    return found


ERRORS = errors(KEY)
ERRORS_BY_TOKEN = errors(TOKEN)
USUAL = [
    "start-401", "start-422", "start-drops", "start-says-echo", "status-500", "status-says-huge", "clip-403",
    "cut-length", "job-fail", "job-page",
]  # fmt: skip


@contextmanager
def listed() -> Iterator[set[bytes]]:
    """The command lines of every process of this machine, as they come and go, where the system tells."""
    seen: set[bytes] = set()
    done = threading.Event()

    def look() -> None:
        while not done.wait(0.01):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.add(path.read_bytes())
                except OSError:
                    continue

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield seen
    finally:
        done.set()
        watcher.join()


def check_silence(one: Rehearsal, folder: Path, runs: list[Ran], lines: set[bytes]) -> None:
    """None of the canaries, anywhere."""
    signatures = [signature_of(charge) for charge in one.gateway.ledger.jobs.values()]
    canaries = [text.encode() for text in (KEY, TOKEN, *signatures, "X-Amz-Signature")]
    texts = {f"run {number}": (ran.out + ran.err).encode() for number, ran in enumerate(runs)}
    texts.update(
        {
            str(path): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file() and path != one.gateway.ledger.path
        }
    )
    texts.update({f"process {line!r}": line for line in lines})
    for name, text in texts.items():
        for canary in canaries:
            assert canary not in text, f"{canary!r} in {name}: {around(text, canary)!r}"


def around(text: bytes, canary: bytes) -> bytes:
    at = text.index(canary)
    return text[max(0, at - 200) : at + 100]


@pytest.mark.stress
@pytest.mark.parametrize("error", ERRORS if STRESS else USUAL)
def test_an_error_tells_no_secret(rehearse: Rehearse, tmp_path: Path, error: str) -> None:
    one = rehearse(faults=[ERRORS[error]])
    one.write(still_shot("a"))
    loud = {"STORYBOARD_DEBUG": "1", "STORYBOARD_DEADLINE_SECONDS": "0.5"}
    with listed() as lines:
        runs = [one.render(loud=True, environment=loud)]
        by_token = {**loud, "AI_GATEWAY_API_KEY": "", "VERCEL_OIDC_TOKEN": TOKEN}
        one.play(ERRORS_BY_TOKEN[error])
        runs.append(one.render("--json", loud=True, environment=by_token))
        runs.append(one.stage.run("status", str(one.file), "--json", environment=one.environment, loud=True))
    check_silence(one, tmp_path, runs, lines)


@pytest.mark.parametrize("step", some(("K4", "K6", "K8", "K10", "K14"), 2))
def test_a_killed_render_leaves_no_secret(rehearse: Rehearse, tmp_path: Path, step: str) -> None:
    one = rehearse()
    one.write(words_shot("a"))
    with listed() as lines:
        runs = [one.render(kills=(Kill(step=step),), loud=True)]
    assert runs[0].code == -9
    check_silence(one, tmp_path, runs, lines)


def test_a_render_that_goes_well_tells_no_secret(rehearse: Rehearse, tmp_path: Path) -> None:
    one = rehearse()
    one.write(still_shot("a"), words_shot("b"))
    with listed() as lines:
        runs = [one.render("--json", loud=True), one.render(loud=True)]
        runs += [one.stage.run(name, str(one.file), environment=one.environment) for name in ("plan", "status")]
    assert [ran.code for ran in runs[:2]] == [0, 0], runs
    assert any(b"ffmpeg" in line or b"storyboard" in line for line in lines) or not Path("/proc").exists()
    check_silence(one, tmp_path, runs, lines)
