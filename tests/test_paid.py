"""Buying for real from a gateway that takes no real money: what is agreed to, what is charged, and what is kept."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

import pytest
from PIL import Image

from storyboard.consent import Choice, Terms
from storyboard.errors import Gate, Interrupted, Refused, StoryboardError, Transient, Unresolved, Usage
from storyboard.lockfile import lock_of
from storyboard.planner.lock import Lock
from storyboard.planner.plan import Plan
from storyboard.progress import Event, unwatched
from storyboard.render import Options, Rendered, make_plan, render
from storyboard.resolve import Settled, Verdict, resolve
from storyboard.secret import Secret
from storyboard.settings import Settings, settings_for
from storyboard.spending import spending_of
from storyboard.store.project import open_project
from storyboard.testing import FakeGateway, Fault

COST = Decimal("0.504")
"""Three seconds of Kling v3.0, std, silent: 0.168 a second."""
ALL = Terms(budget=Decimal(100))


@dataclass
class Set:
    """A project, its store, and the gateway that it buys from."""

    folder: Path
    gateway: FakeGateway
    base: str
    home: Path
    events: list[Event] = field(default_factory=list)

    def write(self, *shots: str, head: str = "") -> None:
        """Put the storyboard down; `plain.png` is a still that fits into an order, `noise.png` one that does not."""
        self.folder.mkdir(exist_ok=True)
        Image.new("RGB", (640, 360), "navy").save(self.folder / "plain.png")
        Image.effect_noise((640, 360), 60).convert("RGB").save(self.folder / "noise.png")
        output = "outputs: {film: {size: 128x72}}\n"
        lines = "".join(f"  - {shot}\n" for shot in shots)
        (self.folder / "film.yaml").write_text(
            f"storyboard: 1\n{head}{output}defaults: {{duration: 3s}}\nshots:\n{lines}"
        )

    def settings(self, *, key: bool = True) -> Settings:
        """This user's settings."""
        own = replace(settings_for(self.folder), home=self.home, poll_seconds=0.005, allow_loopback=True)
        return replace(own, gateway_url=self.base, credential=Secret("vck_test")) if key else own

    def render(self, terms: Terms = ALL, *, key: bool = True, **options: object) -> Rendered:
        """Render the film."""
        project = open_project(str(self.folder / "film.yaml"))
        chosen = Options(terms=terms, **options)  # type: ignore[arg-type]
        return render(project, self.settings(key=key), chosen, self.events.append)

    def plan(self) -> Plan:
        """The film's plan."""
        return make_plan(open_project(str(self.folder / "film.yaml")), self.settings(), Options())[1]

    def resolve(self, shot: str = "", **verdict: object) -> tuple[Settled, ...]:
        """Settle open orders."""
        project = open_project(str(self.folder / "film.yaml"))
        return resolve(project, self.settings(), shot, Verdict(**verdict), unwatched)  # type: ignore[arg-type]

    @property
    def lock(self) -> Lock:
        """The film's lock."""
        return lock_of(open_project(str(self.folder / "film.yaml")))

    @property
    def charged(self) -> int:
        """How often the gateway took money."""
        assert not self.gateway.ledger.double()
        return len(self.gateway.ledger.charges)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Set]:
    """A set, its gateway serving."""
    gateway = FakeGateway(tmp_path / "gateway", height=72)
    with gateway.serve() as base:
        yield Set(tmp_path / "film", gateway, base, tmp_path / "home")


PAIR = ("{id: a, first: plain.png, prompt: One.}", "{id: b, first: plain.png, prompt: Two.}")


def test_a_film_is_bought_once(stage: Set) -> None:
    stage.write(*PAIR)
    done = stage.render()
    assert done.outcome == "rendered"
    assert done.spent == 2 * COST
    assert stage.charged == 2
    assert {id_: shot.take.cost for id_, shot in stage.lock.shots.items() if shot.take} == {"a": COST, "b": COST}
    calls, text = stage.gateway.calls.copy(), (stage.folder / "film.lock").read_bytes()
    again = stage.render(Terms())
    assert (again.outcome, again.spent) == ("unchanged", Decimal(0))
    assert stage.gateway.calls == calls, "nobody was asked for anything"
    assert (stage.folder / "film.lock").read_bytes() == text
    assert not list((stage.home / "outbox").iterdir())


def test_nothing_is_bought_that_nobody_agreed_to(stage: Set) -> None:
    stage.write(*PAIR)
    with pytest.raises(Gate, match=r"2 clips would be bought, for up to \$1.01"):
        stage.render(Terms())
    with pytest.raises(Usage, match="`--yes` needs a limit"):
        stage.render(Terms(yes=True))
    with pytest.raises(Gate, match=r"up to \$1.01, and \$1.00 is `--budget`"):
        stage.render(Terms(budget=Decimal(1)))
    with pytest.raises(Gate, match=r"`a`, `b` may cost more than \$0.50"):
        stage.render(replace(ALL, max_shot_cost=Decimal("0.50")))
    with pytest.raises(Gate, match="`a`, `b` have no takes for what is asked, and `--locked` spends nothing"):
        stage.render(replace(ALL, locked=True))
    assert stage.charged == 0
    assert not (stage.folder / "film.lock").exists()


def test_the_films_budget_counts_everything_ever_spent(stage: Set) -> None:
    stage.write(PAIR[0], head="budget: 1.00\n")
    stage.render(Terms(yes=True))
    stage.write(*PAIR, head="budget: 1.00\n")
    with pytest.raises(Gate, match=r"up to \$0.50, and \$0.50 is left of the film's `budget:`"):
        stage.render(Terms(yes=True))
    with pytest.raises(Gate):
        stage.render(ALL)
    stage.write(*PAIR, head="budget: 1.01\n")
    stage.render(Terms(yes=True))
    assert stage.charged == 2


def test_a_budget_counts_what_the_lock_names_and_this_journal_does_not_know(stage: Set, tmp_path: Path) -> None:
    stage.write(PAIR[0], head="budget: 1.00\n")
    stage.render()
    stage.home = tmp_path / "another"
    stage.write(*PAIR, head="budget: 1.00\n")
    with pytest.raises(Gate, match=r"\$0.50 is left of the film's|whose file is not here"):
        stage.render()
    assert stage.charged == 1


def test_a_person_is_asked_and_may_buy_a_part(stage: Set) -> None:
    stage.write(*PAIR)
    asked: list[tuple[int, Decimal | None, Decimal | None]] = []

    def answering(choice: Choice) -> Terms:
        def ask(plan: Plan, left: Decimal | None) -> Choice:
            asked.append((len(plan.to_buy), plan.estimate, left))
            return choice

        return Terms(ask=ask)

    with pytest.raises(Interrupted):
        stage.render(answering("nothing"))
    stage.render(answering("all"))
    assert asked == [(2, 2 * COST, None)] * 2
    stage.write(PAIR[0].replace("One", "Other"), *PAIR[1:], "{id: c, first: plain.png, prompt: Three.}")
    with pytest.raises(Gate, match="nothing was bought, and `c` still has no take"):
        stage.render(answering("keep"))
    done = stage.render(answering("missing"))
    assert done.outcome == "rendered"
    assert stage.charged == 3
    assert [one.state for one in stage.plan().shots] == ["stale", "held", "held"]
    stage.render(answering("all"))
    assert stage.charged == 4


def test_an_edited_shot_is_stale_and_going_back_costs_nothing(stage: Set) -> None:
    stage.write(*PAIR)
    stage.render()
    first = stage.lock
    stage.write(PAIR[0].replace("One", "Other"), PAIR[1])
    assert [one.state for one in stage.plan().shots] == ["stale", "held"]
    with pytest.raises(Gate, match="1 clip would be bought"):
        stage.render(Terms())
    assert stage.render(Terms(keep_stale=True)).outcome in ("rendered", "unchanged")
    assert stage.lock == first
    stage.render()
    assert stage.charged == 3
    assert [take.number for take in stage.lock.shots["a"].takes] == [1, 2]
    stage.write(*PAIR)
    assert stage.render(Terms()).spent == 0
    assert stage.lock.shots["a"].circled == first.shots["a"].circled
    assert len(stage.lock.shots["a"].takes) == 2


def test_a_clone_pays_nothing_and_needs_no_key(stage: Set, tmp_path: Path) -> None:
    stage.write(*PAIR)
    film = stage.render().films[0].sha256
    clone = Set(tmp_path / "clone", stage.gateway, "", stage.home)
    shutil.copytree(stage.folder, clone.folder, ignore=shutil.ignore_patterns("build", ".storyboard", "*.sums"))
    done = clone.render(Terms(locked=True), key=False)
    assert done.films[0].sha256 == film
    assert stage.charged == 2
    clone.write(*PAIR, "{id: c, first: plain.png, prompt: Three.}")
    with pytest.raises(Gate, match="`c` has no take, and AI_GATEWAY_API_KEY is not set"):
        clone.render(key=False)
    draft = clone.render(Terms(), key=False, draft="circled")
    assert draft.films[0].path.name == "film.draft.mp4"
    assert [draft.takes[id_].gateway for id_ in "abc"] == ["remote", "remote", "local"]
    assert [clone.render(Terms(), key=False, draft="all").takes[id_].gateway for id_ in "abc"] == ["local"] * 3
    assert len(clone.lock.takes) == 2


def test_a_paid_take_that_is_gone_is_fetched_again_and_never_ordered_again(stage: Set) -> None:
    stage.write(*PAIR)
    stage.render()
    take = stage.lock.shots["a"].take
    assert take is not None
    path = stage.home / "takes" / take.sha256[:2] / f"{take.sha256}.mp4"
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-7])
    shutil.rmtree(stage.folder / ".storyboard")
    with pytest.raises(Refused, match="is damaged"):
        stage.render()
    assert stage.plan().shots[0].paid
    assert stage.plan().to_buy == ()
    done = stage.render(Terms())
    assert (done.outcome, done.spent) == ("rendered", Decimal(0))
    assert path.exists()
    assert stage.charged == 2


def test_what_is_lost_is_bought_again_only_by_its_name(stage: Set) -> None:
    stage.write(*PAIR)
    stage.render()
    for path in (stage.home / "takes").rglob("*.mp4"):
        path.unlink()
    stage.gateway.script(Fault("status", "refuse", times=3, status=404))
    shutil.rmtree(stage.folder / ".storyboard")
    with pytest.raises(Gate, match=r"take \w+ was paid for \(\$0.50\), and its file is not here") as caught:
        stage.render()
    assert "name the shot with `--shot`" in caught.value.hint
    assert stage.charged == 2
    with pytest.raises(Gate, match="1 clip would be bought"):
        stage.render(Terms(), shots=("a",))
    assert stage.render(shots=("a",)).outcome == "incomplete"
    assert len(stage.gateway.ledger.charges) == 3
    assert [take.number for take in stage.lock.shots["a"].takes] == [1, 2], "what was lost stays on record"


def test_a_large_still_is_held_open_only_with_consent(stage: Set) -> None:
    stage.write("{id: a, first: noise.png, prompt: One.}")
    (shot,) = stage.plan().shots
    assert shot.route == "held-open"
    assert "300 KiB" in shot.way.why
    with pytest.raises(Gate, match="would be ordered by a call that is held open") as caught:
        stage.render()
    assert "docs/hosting.md" in caught.value.hint
    assert stage.charged == 0
    assert stage.render(replace(ALL, allow_held_open=True)).outcome == "rendered"
    assert stage.gateway.calls["generate"] == 1


def test_a_held_open_call_that_breaks_is_unresolved_and_never_sent_again(stage: Set) -> None:
    stage.write("{id: a, first: noise.png, prompt: One.}")
    allowed = replace(ALL, allow_held_open=True)
    stage.gateway.script(Fault("generate", "drop", charged=True))
    with pytest.raises(Unresolved, match=r"nobody knows whether it was charged: .* up to \$0.50"):
        stage.render(allowed)
    with pytest.raises(Unresolved):
        stage.render(allowed)
    assert stage.charged == 1
    assert stage.gateway.calls["generate"] == 1
    assert stage.plan().shots[0].state == "unresolved"
    (order,) = stage.resolve()
    assert order.order.open
    (order,) = stage.resolve("a", abandon=True)
    assert not order.order.open
    assert stage.render(allowed).outcome == "rendered"
    project = open_project(str(stage.folder / "film.yaml"))
    storyboard, _ = make_plan(project, stage.settings(), Options())
    spending = spending_of(project, stage.settings(), storyboard)
    assert spending.total == 2 * COST
    assert [order.state for order in spending.unnamed] == ["abandoned"]


def test_an_unresolved_order_is_adopted_by_its_job_or_its_clip(stage: Set, tmp_path: Path) -> None:
    stage.write("{id: a, first: noise.png, prompt: One.}", "{id: b, first: noise.png, prompt: Two.}")
    allowed = replace(ALL, allow_held_open=True)
    stage.gateway.script(Fault("generate", "drop", charged=True, times=2))
    with pytest.raises(Unresolved):
        stage.render(allowed)
    jobs = {charge.prompt: charge.job for charge in stage.gateway.ledger.charges}
    (settled,) = stage.resolve("a", adopt=jobs["One."])
    assert settled.take is not None
    other = tmp_path / "mine.mp4"
    other.write_bytes(next((stage.home / "takes").rglob("*.mp4")).read_bytes())
    (settled,) = stage.resolve("b", adopt=str(other))
    assert settled.take is not None
    assert stage.render(Terms()).outcome == "rendered"
    assert stage.charged == 2
    assert set(stage.lock.shots) == {"a", "b"}


@pytest.mark.parametrize(
    ("fault", "kind", "says", "code"),
    [
        (Fault("start", "refuse", status=401, times=99, text="bad key"), Refused, "401: bad key", 1),
        (Fault("start", "refuse", status=402, times=99, text="no credit"), Refused, "402: no credit", 1),
        (Fault("start", "refuse", status=403, times=99, text="not\x1b[31m yours"), Refused, r"403: not \[31m yours", 1),
        (Fault("start", "refuse", status=400, times=99, text="bad prompt"), Refused, "400: bad prompt", 1),
        (Fault("job", "fail", text="moderation"), Refused, "the provider says: moderation", 1),
        (Fault("start", "refuse", status=422, times=99), Unresolved, "nobody knows whether it was charged", 5),
        (Fault("job", "page"), Unresolved, "it was paid for, and what the gateway sent is not a whole clip", 5),
        (Fault("clip", "refuse", status=404, times=99), Transient, "shot `a`", 4),
        (Fault("status", "say", text="<html>", times=999), Transient, "shot `a`", 4),
    ],
)
def test_what_can_go_wrong_is_a_sentence_at_the_shot(
    fault: Fault, kind: type[StoryboardError], says: str, code: int, stage: Set
) -> None:
    stage.write(*PAIR)
    stage.gateway.script(replace(fault, prompt="One" if fault.status not in (401, 402) else ""))
    with pytest.raises(StoryboardError, match=says) as caught:
        stage.render()
    error = caught.value
    assert error.exit_code == code == kind.exit_code
    assert error.where is not None
    assert (error.where.file, error.where.line) == (str(stage.folder / "film.yaml"), 5)
    assert "\x1b" not in error.message
    assert not any(word in (error.message + error.hint).lower() for word in ("try again", "order it again"))
    if fault.status not in (401, 402):
        assert set(stage.lock.shots) == {"b"}, "the other shot was finished and kept"
    before = stage.charged
    stage.gateway.script()
    if kind is not Unresolved or fault.kind == "page":
        return
    with pytest.raises(Unresolved):
        stage.render()
    assert stage.charged == before


def test_a_lost_answer_is_asked_for_again_with_the_same_key(stage: Set) -> None:
    stage.write(*PAIR)
    stage.gateway.script(
        Fault("start", "drop", charged=True), Fault("start", "refuse", nth=3, status=503, charged=True)
    )
    assert stage.render().outcome == "rendered"
    assert stage.charged == 2
    assert stage.gateway.calls["start"] >= 4


def test_a_price_that_rises_stops_the_order(stage: Set) -> None:
    stage.write(*PAIR)
    plan = json.loads(json.dumps({one.slate: str(one.estimate) for one in stage.plan().to_buy}))
    agreed = {slate: Decimal(price) for slate, price in plan.items()}
    stage.gateway.prices = Decimal("1.2")
    with pytest.raises(Gate, match=r"the price of `a` has risen from \$0.50 to \$0.60"):
        stage.render(Terms(plan=agreed))
    assert stage.charged == 0
    stage.gateway.prices = Decimal("1.05")
    assert stage.render(Terms(plan=agreed)).outcome == "rendered"
    stage.write(*PAIR, "{id: c, first: plain.png, prompt: Three.}")
    with pytest.raises(Gate, match="out of date: it does not have what `c` asks for now"):
        stage.render(Terms(plan=agreed))


def test_an_order_of_an_earlier_version_is_fetched_all_the_same(stage: Set) -> None:
    stage.write(*PAIR)
    stage.gateway.script(Fault("clip", "refuse", status=503, times=99, prompt="One"))
    with pytest.raises(Transient):
        stage.render()
    stage.gateway.script()
    stage.write(PAIR[0].replace("One", "Other"), PAIR[1])
    assert stage.render().outcome == "rendered"
    assert stage.charged == 3
    stage.write(*PAIR)
    assert stage.render(Terms()).spent == 0


def test_what_a_clip_lacks_marks_its_take(stage: Set) -> None:
    stage.write("{id: a, first: plain.png, prompt: One.}", "{id: b, first: plain.png, prompt: Two., audio: true}")
    stage.gateway.script(Fault("job", "short", prompt="One"), Fault("job", "mute", prompt="Two"))
    stage.render()
    notes = {id_: shot.take.warnings for id_, shot in stage.lock.shots.items() if shot.take}
    assert any("s were ordered" in note for note in notes["a"])
    assert any("silent" in note for note in notes["b"])
    assert stage.charged == 2


def test_a_shot_goes_on_from_a_bought_one(stage: Set) -> None:
    stage.write(PAIR[0], "{id: b, first: {shot: a, frame: last}, prompt: On.}")
    assert stage.plan().estimate == 2 * COST
    stage.render(replace(ALL, allow_held_open=True))
    assert stage.charged == 2
    stage.write(PAIR[0].replace("One", "Other"), "{id: b, first: {shot: a, frame: last}, prompt: On.}")
    assert [one.state for one in stage.plan().shots] == ["stale", "stale"]
    assert stage.plan().estimate == 2 * COST
    stage.render(Terms(keep_stale=True))
    assert stage.charged == 2


def test_a_served_local_gateway_sells_nothing(tmp_path: Path) -> None:
    from storyboard.gateway.local.app import application
    from storyboard.testing.serving import serving

    with serving(application(workers=1), 0) as port:
        stage = Set(
            tmp_path / "film", FakeGateway(tmp_path / "none"), f"http://127.0.0.1:{port}/v4/ai", tmp_path / "home"
        )
        stage.write("{id: a, first: plain.png, prompt: One.}")
        done = stage.render()
        assert (done.outcome, done.spent, done.takes["a"].gateway) == ("rendered", Decimal(0), "local")
        assert stage.lock == Lock()
        assert stage.render(Terms()).outcome == "unchanged"
