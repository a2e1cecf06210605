"""What happens inside a clip and who acts in it, against what its model can do: shots, movement, voices, elements."""

from __future__ import annotations

import re
from collections.abc import Iterator

from storyboard.planner.asked import Asked, Finding

BEAT_PROMPT = 512
"""Characters that the prompt of a shot inside a multi-shot clip may have."""

_VOICE = re.compile(r"<<<voice_(\d{1,3})>>>")


def check_beats(asked: Asked) -> Iterator[Finding]:
    """The shots inside a multi-shot clip: how many, how long together, and their prompts."""
    order, model = asked.order, asked.model
    if not order.beats:
        return
    if len(order.beats) > model.beats:
        message = f"{model.name} makes one shot at a time"
        if model.beats:
            message = f"{model.name} makes at most {model.beats} shots in one clip, and this one has {len(order.beats)}"
        hint = "write a shot for each, or take klingai/kling-v3.0-t2v"
        yield "multi_shot", "model-multi-shot", message, hint
        return
    whole = sum(beat.seconds for beat in order.beats)
    if "duration" in asked.shot.places and whole != order.seconds:
        message = f"the shots inside this clip last {whole} seconds together, and the clip {asked.shot.duration.text}"
        yield "duration", "model-multi-shot", message, f"remove `duration`, or write `duration: {whole}s`"
    for number, beat in enumerate(order.beats, 1):
        if (over := len(beat.prompt) - BEAT_PROMPT) > 0:
            message = (
                f"the prompt of shot {number} inside the clip has {len(beat.prompt):,} characters, look and characters "
                f"included; {model.name} takes {BEAT_PROMPT}"
            )
            yield "multi_shot", "too-long", message, f"shorten it by {over:,}"


def check_motion(asked: Asked) -> Iterator[Finding]:
    """A movement that is taken over from a video."""
    order, model, written = asked.order, asked.model, "motion" in asked.shot.places
    if model.kind == "motion" and not written:
        message = f"{model.name} takes over the movement of a video, and shot `{asked.shot.id}` names none"
        yield "", "model-motion", message, "add `motion: {video: footage/NAME.mp4, orientation: image}`"
    elif model.kind != "motion" and written:
        message = f"{model.name} takes over no movement from a video"
        yield "motion", "model-motion", message, "remove it, or take klingai/kling-v3.0-motion-control"
    elif order.motion and order.elements and order.motion.orientation == "image":
        message = f"with elements, {model.name} can only face as the person in the video does"
        hint = f"write `orientation: video`, or {asked.remove('elements')}"
        yield "motion", "model-motion", message, hint


def check_people(asked: Asked) -> Iterator[Finding]:
    """Voices and elements: how many, and with what."""
    order, model = asked.order, asked.model
    if fault := _too_many(asked, "voices", len(order.voices), model.voices):
        yield "voices", "model-voices", fault[0], fault[1]
    elif order.voices and not order.audio:
        message = f"{model.name} lets voices speak only in a clip with sound"
        yield "voices", "model-voices", message, f"write `audio: true`, or {asked.remove('voices')}"
    elif order.voices and 0 < len(order.elements) <= model.elements:
        message = f"{model.name} takes either voices or elements"
        yield "voices", "model-voices", message, f"{asked.remove('voices')}, or {asked.remove('elements')}"
    if fault := _too_many(asked, "elements", len(order.elements), model.elements):
        yield "elements", "model-elements", fault[0], fault[1]
    if model.voices:
        yield from _spoken(asked)


def _too_many(asked: Asked, name: str, count: int, most: int) -> tuple[str, str] | None:
    """Message and hint for more voices or elements than the model takes."""
    if count <= most:
        return None
    if not most:
        return f"{asked.model.name} takes no {name}", f"{asked.remove(name)}, or take klingai/kling-v3.0-i2v"
    return f"{asked.model.name} takes at most {most} {name}, and this shot has {count}", f"leave out {count - most}"


def _spoken(asked: Asked) -> Iterator[Finding]:
    """A voice that a prompt lets speak and that is not there."""
    order = asked.order
    for field, text in (("prompt", order.prompt), *(("multi_shot", beat.prompt) for beat in order.beats)):
        missing = [int(one) for one in _VOICE.findall(text) if not 0 < int(one) <= len(order.voices)]
        if missing:
            has = (
                f"{len(order.voices)} voices" if len(order.voices) > 1 else "one voice" if order.voices else "no voices"
            )
            message = f"the prompt lets voice {missing[0]} speak, and the shot has {has}"
            yield field, "model-voices", message, "list them in `voices`: the first one there is <<<voice_1>>>"
