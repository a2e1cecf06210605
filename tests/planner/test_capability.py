from __future__ import annotations

import pytest

from storyboard.errors import Problem
from storyboard.planner.asked import either, spans
from storyboard.planner.capability import check
from storyboard.planner.catalogue import Model, catalogue
from tests.planner.world import read_text

MODELS = catalogue().models
NAMES = sorted(MODELS)
BEATS = "multi_shot: [{prompt: a, duration: 2s}, {prompt: b, duration: 3s}]"
MOTION = "motion: {video: v.mp4, orientation: image}"
KLING, T2V, MC = "klingai/kling-v3.0-i2v", "klingai/kling-v3.0-t2v", "klingai/kling-v3.0-motion-control"
TURBO, VEO, GROK = "klingai/kling-v2.5-turbo-i2v", "google/veo-3.1-generate-001", "spacexai/grok-imagine-video"
WAN, R2V, SEEDANCE = "alibaba/wan-v2.6-i2v", "alibaba/wan-v2.6-r2v", "bytedance/seedance-2.0"


def problems(shot: str, head: str = "", **options: bool) -> list[Problem]:
    """The problems of a film with one shot."""
    prompt = "" if "multi_shot" in shot or "prompt:" in shot else "prompt: x, "
    text = f"storyboard: 1\n{head}\nshots:\n  - {{id: a, {prompt}{shot}}}\n"
    return check(read_text(text), **options)


def codes(shot: str, head: str = "", **options: bool) -> list[str]:
    """The codes of a film with one shot."""
    return [problem.code for problem in problems(shot, head, **options)]


def plain(name: str) -> str:
    """The least that a model needs."""
    model = MODELS[name]
    needs = [f"model: {name}"]
    if model.kind == "motion" or (model.kind == "i2v" and not model.words_alone):
        needs.append("first: a.jpg")
    if model.kind == "motion":
        needs.append("motion: {video: v.mp4, orientation: video}")
    if model.kind == "r2v":
        needs.append("references: [a.jpg]")
    return ", ".join(needs)


def sound(model: Model, mode: str) -> str:
    """All the sound that a model makes in a mode."""
    if model.audio == "always":
        return "audio: true"
    return f"audio: {'true' if model.audio == 'option' and mode in (model.audio_modes or model.modes) else 'false'}"


@pytest.mark.parametrize("name", NAMES)
def test_a_model_takes_what_it_says(name: str) -> None:
    model = MODELS[name]
    shots = [
        f"{plain(name)}, mode: {mode}, duration: {seconds}s, {sound(model, mode)}"
        for mode in model.modes
        for seconds in model.seconds
    ]
    least = f"{plain(name)}, duration: {model.seconds[0]}s"
    if model.last:
        pair = "last: a.jpg" if not model.needs_first else "first: a.jpg, last: b.jpg"
        pro = f", mode: {model.last_modes[0]}" if model.last_modes else ""
        shots.append(f"model: {name}, {pair}, duration: {model.seconds[0]}s{pro}")
    if model.references:
        files = ", ".join(f"{number}.jpg" for number in range(model.references))
        seconds = (model.reference_seconds or model.seconds)[0]
        shots.append(f"model: {name}, references: [{files}], duration: {seconds}s")
    if model.beats:
        shots.append(f"{plain(name)}, {BEATS}")
    if model.seed:
        shots.append(f"{least}, seed: 7")
    if model.voices:
        shots.append(f"{least}, audio: true, voices: [v1, v2], prompt: <<<voice_1>>> greets <<<voice_2>>>")
    if model.elements:
        shots.append(f"{least}, elements: [{', '.join(str(one) for one in range(1, model.elements + 1))}]")
    for shot in shots:
        assert codes(shot) == [], shot


@pytest.mark.parametrize("name", NAMES)
def test_a_model_refuses_what_it_does_not_say(name: str) -> None:
    model, shot = MODELS[name], plain(name)
    wrong = [f"{model.seconds[-1] + 1}s", *([f"{model.seconds[0] - 1}s"] if model.seconds[0] > 1 else [])]
    if model.kind != "motion":
        wrong += [f"{model.seconds[0]}.5s", f"{model.seconds[0] * 24 + 1}f"]
    for duration in wrong:
        assert codes(f"{shot}, duration: {duration}") == ["model-duration"]
    least = f"{shot}, duration: {model.seconds[0]}s"
    if model.audio == "none":
        assert codes(f"{least}, audio: true") == ["model-audio"]
    if model.audio == "always":
        assert codes(f"{least}, audio: false") == ["model-audio"]
    for mode in {"std", "720p", "fhd", "4k"} - set(model.modes):
        assert codes(f"{least}, mode: {mode}") == ["model-mode"]


@pytest.mark.parametrize("name", NAMES)
def test_a_model_refuses_frames_that_it_does_not_take(name: str) -> None:
    model, shot = MODELS[name], plain(name)
    least = f"{shot}, duration: {model.seconds[0]}s"
    if not model.first:
        assert "model-frame" in codes(f"{least}, first: a.jpg")
    if not model.last:
        assert "model-frame" in codes(f"{least}, last: b.jpg")
    if model.last_modes:
        assert codes(f"{least}, last: b.jpg, mode: std") == codes(f"{least}, last: b.jpg") == ["model-frame"]


@pytest.mark.parametrize("name", NAMES)
def test_a_model_refuses_everything_else_that_it_does_not_take(name: str) -> None:
    model, shot = MODELS[name], plain(name)
    least = f"{shot}, duration: {model.seconds[0]}s"
    sounding = str(model.audio != "none").lower()
    refused = {
        "model-references": (not model.references, f"{least}, references: [a.jpg]"),
        "model-multi-shot": (not model.beats, f"{shot}, {BEATS}"),
        "model-seed": (not model.seed, f"{least}, seed: 7"),
        "model-motion": (model.kind != "motion", f"{least}, {MOTION}"),
        "model-voices": (not model.voices and model.kind != "motion", f"{least}, voices: [v1], audio: {sounding}"),
        "model-elements": (not model.elements, f"{least}, elements: [1]"),
        "model-negative": (not model.negative, f"{least}, negative: text"),
        "option": (True, f"{least}, options: {{zoom: 1}}"),
        "no-zero-retention": (not model.zero_data_retention, f"{least}, gateway: {{zero_data_retention: true}}"),
    }
    for code, (wrong, text) in refused.items():
        if wrong:
            assert codes(text)[-1:] == [code], text
    assert codes(f"{least}, gateway: {{disallow_prompt_training: true}}") == []


def test_needs() -> None:
    assert codes(f"model: {KLING}") == ["no-still"]
    assert codes(f"model: {KLING}, references: [a.jpg]") == ["model-references"], "one cause, one problem"
    assert codes(f"model: {MC}") == ["no-still", "model-motion"]
    assert codes(f"model: {MC}, first: a.jpg") == ["model-motion"]
    assert codes(f"model: {MC}, {MOTION}") == ["no-still"]
    assert codes(f"model: {R2V}") == ["model-references"]
    assert codes(f"model: {VEO}, duration: 8s, last: b.jpg") == ["model-frame"]
    assert codes(f"model: {VEO}, duration: 8s") == []


def test_a_last_frame_that_would_be_ignored() -> None:
    for name in (WAN, GROK):
        (problem,) = problems(f"model: {name}, first: a.jpg, last: b.jpg")
        assert (problem.code, problem.path) == ("model-frame", "shots[0].last")
        assert "ignores" in problem.message


def test_references_and_frames() -> None:
    (problem,) = problems(f"model: {SEEDANCE}, first: a.jpg, references: [b.jpg]")
    assert (problem.code, problem.path) == ("model-references", "shots[0].references")
    (problem,) = problems(f"model: {KLING}, first: a.jpg, references: [b.jpg]")
    assert "an older model" in problem.message
    (problem,) = problems(f"model: {VEO}, duration: 8s, references: [1.jpg, 2.jpg, 3.jpg, 4.jpg, 5.jpg]")
    assert problem.hint == "leave out 2"
    assert codes(f"model: {VEO}, duration: 4s, references: [a.jpg]") == ["model-duration"]
    grok = f"model: {GROK}-1.5, references: [a.jpg], mode"
    assert (codes(f"{grok}: 720p"), codes(f"{grok}: 1080p")) == ([], ["model-mode"])


def test_what_came_with_a_character_is_left_out_by_an_empty_list() -> None:
    head = "characters: {mira: {prompt: m, references: [a.jpg], voices: [v1], elements: [1]}}"
    (references, voices, elements) = problems(f"model: {TURBO}, first: a.jpg, characters: [mira]", head)
    assert references.hint.startswith("write `references: []` to leave them out")
    assert voices.hint.startswith("write `voices: []` to leave them out")
    assert elements.where == voices.where == references.where
    empty = "references: [], voices: [], elements: []"
    assert codes(f"model: {TURBO}, first: a.jpg, characters: [mira], {empty}", head) == []


def test_shots_inside_a_clip() -> None:
    assert codes(f"model: {T2V}, {BEATS}, duration: 5s") == []
    (problem,) = problems(f"model: {T2V}, {BEATS}, duration: 6s")
    assert (problem.code, problem.hint) == ("model-multi-shot", "remove `duration`, or write `duration: 5s`")
    for length, expected in ((512, []), (513, ["too-long"])):
        assert codes(f"model: {T2V}, multi_shot: [{{prompt: {'x' * length}, duration: 5s}}]") == expected
    six = ", ".join("{prompt: x, duration: 1s}" for _ in range(6))
    assert codes(f"model: {T2V}, multi_shot: [{six}]") == []
    assert codes(f"model: {T2V}, multi_shot: [{{prompt: x, duration: 2s}}]") == ["model-duration"]


def test_movement() -> None:
    motion = f"model: {MC}, first: a.jpg, motion: {{video: v.mp4, orientation: "
    assert codes(f"{motion}image}}, duration: 10s") == codes(f"{motion}video}}, duration: 30s") == []
    (problem,) = problems(f"{motion}video}}, duration: 7.5s")
    assert problem.hint == "write `duration: 8s`"
    assert codes(f"{motion}image}}, duration: 11s") == codes(f"{motion}video}}, duration: 31s") == ["model-duration"]
    assert codes(f"{motion}video}}, elements: [1]") == []
    assert codes(f"{motion}image}}, elements: [1]") == ["model-motion"]
    assert codes(f"{motion}video}}, elements: [1, 2]") == ["model-elements"]
    (problem,) = problems(f"{motion}video}}, audio: true")
    assert "motion: {sound: false}" in problem.hint


def test_voices_and_elements() -> None:
    shot = f"model: {KLING}, first: a.jpg"
    assert codes(f"{shot}, voices: [v1]") == ["model-voices"], "they need sound"
    assert codes(f"{shot}, audio: true, voices: [v1, v2, v3]") == ["model-voices"]
    assert codes(f"{shot}, audio: true, voices: [v1], elements: [1]") == ["model-voices"]
    assert codes(f"{shot}, elements: [1, 2, 3, 4]") == ["model-elements"]
    (problem,) = problems(f"{shot}, audio: true, voices: [v1], prompt: <<<voice_2>>> speaks")
    assert (problem.code, problem.path) == ("model-voices", "shots[0].prompt")
    assert codes(f"{shot}, prompt: <<<voice_1>>> speaks") == ["model-voices"]
    beats = "multi_shot: [{prompt: <<<voice_9>>> speaks, duration: 5s}]"
    (problem,) = problems(f"{shot}, audio: true, voices: [v1], {beats}")
    assert problem.path == "shots[0].multi_shot"


def test_sound_in_one_mode_only() -> None:
    shot = "model: klingai/kling-v2.6-i2v, first: a.jpg, audio: true"
    (problem,) = problems(shot)
    assert (problem.code, problem.hint) == ("model-audio", "write `mode: pro`, or `audio: false`")
    assert codes(f"{shot}, mode: pro") == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("zoom: 1", "no option `zoom`"),
        ("cfgscale: 0.5", "did you mean `cfgScale`?"),
        ("cfg_scale: 0.5", "did you mean `cfgScale`?"),
        ("cfgScale: 1.5", "a number from 0 to 1"),
        ("cfgScale: -0.1", "a number from 0 to 1"),
        ("cfgScale: true", "a number from 0 to 1"),
        ("cfgScale: text", "a number from 0 to 1"),
        ("watermarkEnabled: 1", "true or false"),
        ("mode: pro", "write `mode:` in the shot"),
        ("multiPrompt: [{index: 1}]", "write `multi_shot:` in the shot"),
        ("cameraControl: {type: simple}", "the documents contradict each other"),
        ("staticMask: x", "the documents contradict each other"),
        ("dynamicMasks: []", "the documents contradict each other"),
        ("pollIntervalMs: 5000", "gateway.poll_seconds"),
        ("personGeneration: allow_all", "no option `personGeneration`"),
    ],
)
def test_options_of_kling(options: str, words: str) -> None:
    (problem,) = problems(f"model: {KLING}, first: a.jpg, options: {{{options}}}")
    assert problem.code == "option"
    assert words in f"{problem.message}; {problem.hint}"
    assert problem.path == f"shots[0].options.{options.partition(':')[0]}"


def test_options_that_only_some_models_honour() -> None:
    for value in ("0", "1", "0.5"):
        assert codes(f"model: {KLING}, first: a.jpg, options: {{cfgScale: {value}, watermarkEnabled: false}}") == []
    (problem,) = problems(f"model: {TURBO}, first: a.jpg, options: {{cfgScale: 0.5}}")
    assert "ignores `cfgScale`" in problem.message
    assert codes(f"model: {VEO}, duration: 8s, options: {{personGeneration: allow_adult}}") == []
    assert codes(f"model: {VEO}, duration: 8s, options: {{personGeneration: nobody}}") == ["option"]
    flux = "model: bfl/flux-3-video, options"
    assert codes(f"{flux}: {{safetyTolerance: 4}}") == []
    assert codes(f"{flux}: {{safetyTolerance: 2.5}}") == codes(f"{flux}: {{safetyTolerance: 5}}") == ["option"]
    voices = f"model: {GROK}, references: [a.jpg], options: {{referenceVoiceIds"
    assert codes(f"{voices}: [ara]}}") == []
    for value in ("[a, b, c, d]", "[]", "ara", "[1]", '[""]'):
        assert codes(f"{voices}: {value}}}") == ["option"]
    (problem,) = problems(f"model: {GROK}, options: {{referenceVoiceIds: [ara]}}")
    assert "without `references`" in problem.message


@pytest.mark.parametrize("name", NAMES)
def test_every_option_that_cannot_be_set_says_what_to_do(name: str) -> None:
    for option in catalogue().options[MODELS[name].namespace].values():
        if option.refused:
            (problem,) = problems(
                f"{plain(name)}, duration: {MODELS[name].seconds[-1]}s, options: {{{option.name}: 1}}"
            )
            assert (problem.code, problem.hint) == ("option", option.refused)


def test_the_films_shape() -> None:
    (problem,) = problems(f"model: {T2V}", 'aspect: "4:3"')
    assert (problem.code, problem.path, problem.where.line) == ("model-aspect", "aspect", 2)
    assert problem.hint.startswith('write `aspect: "16:9"`') or problem.hint.startswith('write `aspect: "1:1"`')
    (problem,) = problems(f"model: {T2V}", "outputs: {film: {size: 1024x768}}")
    assert (problem.path, problem.where.line) == ("aspect", 2)
    assert codes(f"model: {SEEDANCE}", 'aspect: "21:9"') == codes(f"model: {SEEDANCE}", 'aspect: "9:16"') == []
    assert codes(f"model: {SEEDANCE}, first: a.jpg", 'aspect: "5:4"') == [], "the picture follows the still"
    assert codes(f"model: {VEO}, duration: 8s, first: a.jpg", 'aspect: "1:1"') == ["model-aspect"]
    assert codes(f"model: {R2V}, references: [a.jpg]", 'aspect: "21:9"') == ["model-aspect"]


def test_the_shape_of_stills() -> None:
    assert codes("first: a.jpg", 'aspect: "5:2"') == codes("first: a.jpg", 'aspect: "2:5"') == []
    assert codes("first: a.jpg", 'aspect: "8:3"') == codes("last: a.jpg", 'aspect: "1:3"') == ["model-aspect"]
    text = 'storyboard: 1\naspect: "3:1"\ndefaults: {first: a.jpg, prompt: x}\nshots: [{id: a}, {id: b}, {id: c}]\n'
    assert len(check(read_text(text))) == 1, "one cause, one problem"


def test_nothing_kept() -> None:
    (problem,) = problems("first: a.jpg", "gateway: {zero_data_retention: true}")
    assert (problem.code, problem.where.line, problem.path) == ("no-zero-retention", 2, "gateway")
    assert codes("first: a.jpg, gateway: {zero_data_retention: false}", "gateway: {zero_data_retention: true}") == []
    assert codes(f"model: {VEO}, duration: 8s", "gateway: {zero_data_retention: true}") == []


def test_texts_at_their_limit() -> None:
    for field in ("prompt", "negative"):
        for length, expected in ((2_500, []), (2_501, ["too-long"])):
            other = "" if field == "prompt" else "prompt: x, "
            text = f"storyboard: 1\nshots: [{{id: a, first: a.jpg, {other}{field}: {'x' * length}}}]\n"
            assert [problem.code for problem in check(read_text(text))] == expected
    for length, expected in ((500, []), (501, ["too-long"])):
        assert codes(f"model: {WAN}, first: a.jpg, negative: {'x' * length}") == expected


def test_an_unknown_model() -> None:
    assert codes("model: acme/zoom") == ["model"]
    assert codes("model: acme/zoom", allow_unknown_model=True) == []
    assert codes("model: acme/zoom, duration: 60s, audio: true, seed: 7", allow_unknown_model=True) == []
    assert codes("model: acme/zoom, duration: 2.5s", allow_unknown_model=True) == ["model-duration"]


def test_a_mistake_in_the_defaults_is_told_once() -> None:
    text = "storyboard: 1\ndefaults: {duration: 2s, first: a.jpg, prompt: x}\nshots: [{id: a}, {id: b}, {id: c}]\n"
    (problem,) = check(read_text(text))
    assert (problem.where.line, problem.where.column) == (2, 22)


def test_cards_and_footage_ask_nothing() -> None:
    text = "storyboard: 1\nshots: [{id: a, card: {text: A}, duration: 99s}, {id: b, footage: b.mp4}]\n"
    assert check(read_text(text)) == []


def test_spans() -> None:
    lengths = ((3, 4, 5), (5, 10), (5,), (4, 6, 8), (1, 2))
    assert [spans(one) for one in lengths] == ["3 to 5", "5 or 10", "5", "4, 6 or 8", "1 or 2"]
    assert either(["a"]) == "a"
