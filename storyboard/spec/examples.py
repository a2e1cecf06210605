"""How each field is written: what a hint shows an author."""

from __future__ import annotations

LISTS = {
    "captions": "write it as in `captions: [{text: The thaw begins, for: 2s}]`",
    "titles": "write it as in `titles: [{text: 1500 m, for: 2s}]`",
    "overlays": "write it as in `overlays: [{image: logo.png, place: top-right}]`",
    "tracks": "write it as in `tracks: [{file: click.wav, at: 2s}]`",
    "shots": "begin each shot with a dash: `- id: opening`",
    "scenes": "begin each scene with a dash: `- id: opening`",
    "multi_shot": "write it as in `multi_shot: [{prompt: The fox climbs, duration: 3s}]`",
    "elements": "write it as in `elements: [829836802793406551]`",
}
"""Fields that are lists, and how each is written."""

WRITTEN = {
    "freeze": "write it as in `freeze: {at: 2s, for: 1s}`",
    "options": "write it as in `options: {cfgScale: 0.5}`",
    "music": "write it as in `music: {file: music/theme.wav}`",
    "poster": "write it as in `poster: {shot: ID, at: 1s}`",
    "vars": "write them as in `vars: {hero: a red fox}`",
    "characters": "write them as in `characters: {mira: {prompt: a woman in a green coat}}`",
    "looks": "write them as in `looks: {dawn: {prompt: low morning sun}}`",
    "outputs": "give each a name, as in `outputs: {film: {file: build/film.mp4}}`",
    "transition": "write {type: dissolve, duration: 0.5s}",
    "first": "name one image, as in `first: stills/ridge.jpg`; `references:` takes a list of them",
    "last": "name one image, as in `last: stills/pass.jpg`; `references:` takes a list of them",
    "card": 'write it as in `card: {text: "The end"}`',
    "open": "write it as in `open: {fade: 12f}`",
    "close": "write it as in `close: {fade: 1s}`",
    "provenance": "write it as in `provenance: {sign: certificate}`",
}
"""How a block is written."""

WORDS = {"sound": ("keep", "mute", "duck")}
"""Words that a value of a kind may be."""

FILES = {
    "captions": "name an .srt file, as in `captions: subtitles/en.srt`; a list of captions stands in a shot",
    "footage": "name one file, as in `footage: footage/drone.mp4`, or a shot: {shot: ID}",
    "lut": "name one file, as in `lut: looks/dawn.cube`",
    "narration": "name one file, as in `narration: voice/pass.wav`; a track under `sound:` has a level and more",
}
"""Fields that are one file."""

NEGATED = {
    "outputs.captions": "write `captions: none`",
    "outputs.titles": "write `titles: none`",
    "sound": "write `sound: mute`",
    "transition": "write `transition: cut`",
}
"""What is meant by `no`."""

BOUND_HINTS = {
    ("seed", "minimum"): "a seed of 0 gets lost on the way to the model",
    ("speed", "minimum"): "0.1 is ten times as slow; `freeze:` lets a frame stand still",
    ("speed", "maximum"): "10 is ten times as fast; `in` and `out` choose a shorter part",
    ("scale", "minimum"): "`fit: contain` shows the whole picture",
}
"""What to write where a number is too small or too large."""

NO_VALUE = "write a value after the colon, or remove the line"
COUNT_HINTS = {
    "minLength": NO_VALUE,
    "minItems": "write one, or remove the line",
    "minProperties": "name one, or remove the line",
}
UNQUOTE = {
    "number": "write a number, without quotes or a unit",
    "integer": "write a whole number, without quotes or a unit",
    "boolean": "write true or false, without quotes",
    "object": "write its fields below it, indented",
}
UNDER = "write its fields below it, indented"
UNDASH = "write its fields without dashes, each as `name: value`"
DURATION = "write 5s, 1.5s, 120f or 00:00:05:00"
UNQUOTED = 'a colour needs quotes, else it is a comment: "#101418"'

ENTRIES = {
    "shots": "a shot",
    "scenes": "a scene",
    "captions": "a caption",
    "titles": "a title",
    "overlays": "an overlay",
    "tracks": "a track",
    "multi_shot": "a shot inside a clip",
}

KINDS = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a block of fields",
    "null": "nothing",
}

NOUNS = {
    "slug": "an id",
    "name": "a name",
    "size": "a size",
    "aspect": "a shape",
    "colour": "a colour",
    "level": "a level",
    "percent": "a share",
    "speed": "a speed",
    "sound": "what a shot's sound can be",
    "model": "a model id",
    "voice": "the id of a voice",
    "mark": "a shot's number",
}

MALFORMED = {
    "slug": "an id has letters, digits, - and _, as in opening-2",
    "name": "a name has letters, digits and _, and begins with a letter",
    "size": "write width x height in pixels, as in 1920x1080",
    "aspect": 'write it in quotes, as in "16:9"',
    "colour": 'write it as in "#101418", with the quotes',
    "level": "write it in decibels, as in -6dB",
    "percent": "write it in percent, as in 12%",
    "speed": "write a number or percent: 0.5 and 50% are half as fast",
    "sound": "write `sound: mute`, or a block as in {level: -6dB}",
    "model": "`storyboard models` lists them, as in klingai/kling-v3.0-i2v",
    "mark": "it has digits and letters, as in 12A",
    "voice": 'it has letters, digits and . - _, as in "829824295735410756"',
}

INHERITED = frozenset({"<<", "id", "prompt", "first", "model"})
"""What a shot most likely has through `<<`, which is not read: nobody says that it is missing."""

KEPT_OUT = {
    ("gateway", "models"): "a fallback model would change the film silently: a shot names its one model in `model:`",
    ("gateway", "url"): "where the gateway is, your own settings say: STORYBOARD_GATEWAY_URL",
    ("gateway", "key"): "a key has no place in a storyboard: set AI_GATEWAY_API_KEY",
    ("gateway", "byok"): "a key has no place in a storyboard: give it to the gateway itself",
    ("provenance", "certificate"): "a storyboard does not choose it: set STORYBOARD_SIGN_CERTIFICATE",
    ("provenance", "key"): "a key has no place in a storyboard: set STORYBOARD_SIGN_KEY",
    ("gateway", "sort"): "name the providers that you want, in `order:` or `only:`",
}
"""Fields that do not exist on purpose, and why."""

FIELDS = {
    "at": "say when, as in `at: 2s`",
    "id": "give it a name of its own, as in `id: opening`",
    "shots": "list its shots under `shots:`",
    "for": "say how long it stands, as in `for: 2s`",
    "file": "name a file of the project, as in `file: music/theme.wav`",
    "text": "say what it reads, as in `text: The thaw begins`",
    "prompt": "describe it, as in `prompt: a woman in a green coat`",
    "type": "write {type: dissolve, duration: 0.5s}",
    "fade": "say how long, as in `fade: 1s`",
    "sign": "write `sign: certificate`, or `sign: development` for trying",
    "shot": "name the shot, as in {shot: ID, offset: 1s}",
    "footage.shot": "name the shot whose take is used again, as in `footage: {shot: ID}`",
    "poster.shot": "name the shot, as in `poster: {shot: ID, at: 1s}`",
    "duration": "say how long it lasts, as in `duration: 3s`",
    "image": "name a file of the project, as in `image: logo.png`",
    "video": "name a file of the project, as in `video: footage/dance.mp4`",
    "orientation": "write `orientation: image` to face as in the still, `orientation: video` to face as in the video",
}
"""How a field that is missing is written; with its block's name before it where that decides."""
