"""`variants`: other films of one storyboard, and words from the command line."""

from __future__ import annotations

import pytest

from storyboard.errors import Problem, Usage
from storyboard.family import told_of
from storyboard.spec.load import load, load_all
from storyboard.spec.model import Storyboard
from storyboard.spec.variants import Which

FILM = """storyboard: 1
title: First light
length: 9s
vars: {hero: a fox, count: 3, wide: true, names: [a]}
defaults: {duration: 3s, first: a.jpg}
shots:
  - {id: pass, prompt: "{{ hero }} climbs", transition: dissolve, out: 2s, narration: voice.wav}
  - {id: stream, first: {shot: pass, frame: last}, prompt: "{{ hero }} drinks", transition: dissolve}
  - {id: again, footage: {shot: pass}}
  - {id: end, card: {text: "{{ title }}"}}
sound: {clips: mute, tracks: [{file: wind.wav, at: {shot: pass}}, {file: sea.wav}], loudness: -14}
outputs: {film: {file: build/light.mp4, fps: 25}, tall: {size: 720x1280}}
"""


def variant(text: str, name: str = "v", **words: str) -> Storyboard:
    """A variant of the film that has no problem; `text` is what stands under its name."""
    made, problems = load(
        "film.yaml", f"{FILM}variants:\n  {name}: {text}\n".encode(), read_file, "", Which(name, words)
    )
    assert not problems, problems
    assert made
    return made


def wrong(text: str, name: str = "v") -> list[Problem]:
    """What only a variant has problems with."""
    found = load_all("film.yaml", f"{FILM}variants:\n  {text}\n".encode(), read_file)
    return [one for one in found[name][1] if one not in found[""][1]]


def read_file(name: str) -> bytes:
    """An included file."""
    return b"variants: {fr: {vars: {hero: un renard}}, v: {title: Never read}}\n"


def test_the_film_has_nothing_of_its_variants() -> None:
    alone = load("film.yaml", FILM.encode(), read_file)[0]
    film = load("film.yaml", f"{FILM}variants: {{v: {{title: Other, order: [end]}}}}\n".encode(), read_file)[0]
    assert alone
    assert film
    assert (film.shots, film.mix, film.outputs, film.title) == (alone.shots, alone.mix, alone.outputs, "First light")
    assert (film.variants, film.variant, alone.family) == (("v",), "", ())


def test_words_title_defaults_and_blocks() -> None:
    made = variant("{title: Erstes Licht, vars: {hero: ein Fuchs}, defaults: {duration: 4s}, sound: {loudness: -20}}")
    assert made.title == "Erstes Licht"
    assert made.shot("pass").order
    assert [shot.order.prompt for shot in made.shots if shot.order] == ["ein Fuchs climbs", "ein Fuchs drinks"]
    assert made.shot("pass").duration.text == "4s"
    assert made.shot("end").card
    assert (made.mix.clips, made.mix.loudness, len(made.mix.tracks)) == ("mute", -20, 3)
    assert made.length is None, "the film's own length is not asked of a variant"


def test_a_cut_of_some_shots_in_another_order() -> None:
    made = variant("{order: [end, stream], length: 5.5s, shots: {stream: {length: 2s}}}")
    assert [shot.id for shot in made.shots] == ["end", "stream"]
    assert [shot.id for shot in made.unseen] == ["pass"], "`stream` goes on from it"
    assert [shot.id for shot in made.every] == ["pass", "end", "stream"]
    assert made.shot("stream").transition.kind == "dissolve"
    assert [track.file for track in made.mix.tracks] == ["sea.wav"], "what is heard with a shot goes with it"
    assert [shot.id for shot in variant("{order: [again]}").unseen] == ["pass"]
    assert variant("{order: [end]}").unseen == ()


def test_what_a_variant_says_of_a_shot_is_laid_over_its_own() -> None:
    made = variant("{shots: {pass: {length: 1s}, end: {footage: sea.mp4}, stream: {card: {text: Later}}}}")
    cut = made.shot("pass")
    assert cut.length
    assert (cut.length.text, cut.end, cut.path) == ("1s", None, "shots[0]")
    assert (made.shot("end").footage, made.shot("end").card) == ("sea.mp4", None)
    stream = made.shot("stream")
    assert (stream.order, stream.card is not None) == (None, True)
    assert made.shot("pass").at("length").line == 14


def test_its_films_stand_beside_those_of_the_film() -> None:
    made = variant("{outputs: {film: {fps: 30}, web: {size: 640x360}}}")
    assert {output.name: output.file for output in made.outputs} == {
        "film": "build/light.v.mp4", "tall": "build/film.tall.v.mp4", "web": "build/film.web.mp4",
    }  # fmt: skip
    assert [(output.width, int(output.rate)) for output in made.outputs] == [(1920, 30), (720, 24), (640, 24)]
    names = ("light", "film.tall", "light.v", "film.tall.v", "film.web")
    assert made.family == tuple(f"build/{name}{end}" for name in names for end in (".mp4", ".provenance.json"))
    assert variant("{outputs: {film: {file: build/short.mp4}}}").outputs[0].file == "build/short.mp4"


def test_a_file_with_a_word_in_its_name_needs_no_other() -> None:
    text = FILM.replace("build/light.mp4", '"build/{{ hero | last }}.mp4"')
    made = load("film.yaml", f"{text}variants: {{de: {{vars: {{hero: Reh}}}}}}\n".encode(), read_file, "", Which("de"))[
        0
    ]
    assert made
    assert made.outputs[0].file == "build/h.mp4"


def test_an_included_file_may_have_variants() -> None:
    text = f"include: [part.yaml]\n{FILM}variants: {{v: {{title: Mine}}}}\n"
    found = load_all("film.yaml", text.encode(), read_file)
    assert list(found) == ["", "v", "fr"]
    film, problems = found["fr"]
    assert not problems
    assert film
    assert film.shots[0].order
    assert film.shots[0].order.prompt == "un renard climbs"
    assert found["v"][0]
    assert found["v"][0].title == "Mine"


def test_made_shots_in_a_variant() -> None:
    text = """storyboard: 1
vars: {stops: [{id: a}, {id: b}]}
shots: [{id: "s-{{ stop.id }}", foreach: {stop: stops}, first: a.jpg, prompt: "{{ stop.id }}"}]
variants:
  one: {vars: {stops: [{id: b}]}}
  two: {order: [s-b], shots: {s-b: {prompt: "twice {{ stop.id }}"}}}
"""
    found = {
        name: film for name, (film, problems) in load_all("film.yaml", text.encode(), read_file).items() if not problems
    }
    assert {name: [shot.id for shot in film.shots] for name, film in found.items() if film} == {
        "": ["s-a", "s-b"], "one": ["s-b"], "two": ["s-b"],
    }  # fmt: skip
    assert found["two"]
    assert found["two"].shots[0].order
    assert found["two"].shots[0].order.prompt == "twice b"


@pytest.mark.parametrize(
    ("text", "path", "code", "message"),
    [
        ("v: {order: [pass, strem]}", "variants.v.order[1]", "shot", "there is no shot `strem`"),
        ("v: {shots: {strem: {length: 1s}}}", "variants.v.shots.strem", "shot", "there is no shot `strem`"),
        (
            "v: {shots: {pass: {id: top}}}",
            "variants.v.shots.pass.id",
            "variant-shot",
            "a shot keeps its id in every variant",
        ),
        (
            "v: {shots: {pass: {length: 9s}}}",
            "variants.v.shots.pass.length",
            "cut",
            "the cut of `pass` ends 6 s after the end of its clip, which lasts 3 s",
        ),
        (
            "v: {order: [end, pass], shots: {pass: {transition: fade}}}",
            "variants.v.shots.pass.transition",
            "transition",
            "there is no shot after the last one to go to",
        ),
        (
            "v: {outputs: {film: {file: build/light.mp4}}}",
            "variants.v.outputs.film.file",
            "same-file",
            "output `film` of variant `v` would be written over the film's build/light.mp4",
        ),
        (
            "v: {outputs: {film: {poster: {shot: x}}}}",
            "variants.v.outputs.film.poster.shot",
            "shot",
            "there is no shot `x`",
        ),
        ("v: {defaults: {first: ../a.jpg}}", "variants.v.defaults.first", "file-name", "`../a.jpg` leaves the project"),
    ],
)
def test_what_is_wrong_stands_in_the_variant_itself(text: str, path: str, code: str, message: str) -> None:
    found = wrong(text)
    assert {(one.path, one.code, one.message) for one in found} == {(path, code, message)}
    assert {one.where.line for one in found} == {14}


def test_what_its_words_do_to_the_film_is_told_there() -> None:
    found = [(one.where.line, one.path, one.message) for one in wrong("v: {vars: {hero: [a]}}")]
    assert found == [(line, f"shots[{line - 7}].prompt", "a list is no text") for line in (7, 8)]


def test_variants_and_their_films_have_names_of_their_own() -> None:
    text = "{all: {title: A}, x: {outputs: {film: {file: build/y.mp4}}}, y: {outputs: {film: {file: build/y.mp4}}}}"
    problems = load("film.yaml", f"{FILM}variants: {text}\n".encode(), read_file)[1]
    assert [(one.code, one.message) for one in problems] == [
        ("same-file", "variants `x` and `y` write the same file: build/y.mp4"),
        ("variant", "`--variant all` means the film and all of its variants"),
    ]


def test_a_film_and_its_variants_are_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storyboard.spec.load.MOST_TOGETHER", 7)
    found = load_all("film.yaml", f"{FILM}variants: {{v: {{title: A}}}}\n".encode(), read_file)
    assert {name: [one.message for one in problems] for name, (_, problems) in found.items()} == {
        "": ["the film and its variants have more than 7 shots together"]
    }


def test_an_unknown_variant_is_a_usage_error() -> None:
    with pytest.raises(Usage, match="there is no variant `vv`") as caught:
        load("film.yaml", f"{FILM}variants: {{v: {{title: A}}}}\n".encode(), read_file, "", Which("vv"))
    assert caught.value.hint == "did you mean `v`?"
    with pytest.raises(Usage) as caught:
        load("film.yaml", FILM.encode(), read_file, "", Which("v"))
    assert caught.value.hint == "variants are written under `variants:`"


def test_words_from_the_command_line() -> None:
    assert (prompt := variant("{vars: {hero: a wolf}}", hero="a bear").shot("pass").order)
    assert prompt.prompt == "a bear climbs", "they win over a variant's"


@pytest.mark.parametrize(
    ("name", "text", "message", "hint"),
    [
        ("herro", "x", "`--var herro`: there is no `herro` in `vars`", "did you mean `hero`?"),
        ("count", "many", "`--var count`: `count` is a number, and 'many' is none", "write it as in `--var count=3`"),
        ("count", "nan", "`--var count`: `count` is a number, and 'nan' is none", "write it as in `--var count=3`"),
        ("count", "1_0", "`--var count`: `count` is a number, and '1_0' is none", "write it as in `--var count=3`"),
        ("wide", "yes", "`--var wide`: `wide` is true or false, not 'yes'", ""),
        ("names", "a", "`--var names`: `names` is a list, and no text can stand for it", "write it in a variant"),
    ],
)
def test_words_that_are_none(name: str, text: str, message: str, hint: str) -> None:
    with pytest.raises(Usage) as caught:
        load("film.yaml", FILM.encode(), read_file, "", Which("", {name: text}))
    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_numbers_and_yes_and_no_stay_what_they_are() -> None:
    text = FILM.replace("{{ title }}", "{% if wide %}wide{% endif %}{% if count == 4 %}four{% endif %}")
    which = Which("", {"wide": "false", "count": "4"})
    film, problems = load("film.yaml", text.encode(), read_file, "", which)
    assert not problems
    assert film
    assert film.shot("end").card
    assert film.shot("end").card.text == "four"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("outputs", "variants", "count"),
    [
        ("{film: {file: build/x.mp4}}", "{de: {outputs: {film: {file: build/y/../x.mp4}}}}", 1),
        ("{film: {file: build/x.mp4}}", "{de: {outputs: {film: {file: build/X.mp4}}}}", 1),
        ("{film: {}}", "{De: {}, de: {}}", 1),
        ("{film: {file: build/x.mp4}, b: {file: build/./y/../X.mp4}}", "{de: {outputs: {b: {file: build/z.mp4}}}}", 1),
        ("{film: {file: build/x.mp4}, b: {file: build/y.mp4}}", "{de: {}}", 0),
    ],
)
def test_names_of_one_file_are_one_file(outputs: str, variants: str, count: int) -> None:
    text = f"storyboard: 1\nshots: [{{id: end, card: {{text: T}}}}]\noutputs: {outputs}\nvariants: {variants}\n"
    every = load_all("film.yaml", text.encode(), read_file)
    assert [one.code for one in told_of({name: told for name, (_, told) in every.items()})] == ["same-file"] * count
