"""Files that are no cut, or that would hurt: each is refused with its place, soon, and nothing else happens."""

from __future__ import annotations

import os
import random
from fractions import Fraction
from pathlib import Path

import pytest

from storyboard.changelist.reading import MAX_BYTES, read_cut
from storyboard.changelist.returned import Returned
from storyboard.errors import Refused
from tests.changelist.readings import WRITERS, bring_back
from tests.export.films import make_up

CUTS = Path(__file__).parent / "cuts"
MUTATIONS = 4_000 if os.environ.get("STORYBOARD_STRESS") else 40
RATE = Fraction(24)

FCPXML = """<fcpxml version="1.10"><resources><format id="r1" frameDuration="1/24s"/>
<asset id="r2" src="file:///a.mp4" start="0s" duration="10s" hasVideo="1"/>{more}</resources>
<project><sequence format="r1" tcStart="0s"><spine>
{body}
</spine></sequence></project></fcpxml>"""
XMEML = """<xmeml version="5"><sequence><rate><timebase>24</timebase></rate><media><video><track>
{body}
</track></video></media></sequence></xmeml>"""
LIST = "TITLE: a\nFCM: NON-DROP FRAME\n{body}\n"
GOOD = "001  AX V C 00:00:00:00 00:00:01:00 00:00:00:00 00:00:01:00"
TIMELINE = """{{"OTIO_SCHEMA": "Timeline.1", "tracks": {{"OTIO_SCHEMA": "Stack.1", "children": [
{{"OTIO_SCHEMA": "Track.1", "kind": "Video", "children": [
{body}
]}}]}}}}"""
CLIP = """{{"OTIO_SCHEMA": "Clip.2", "name": "a.mp4", "effects": [{effect}], "source_range": {{
"start_time": {{"rate": 24, "value": {start}}},
"duration": {{"OTIO_SCHEMA": "RationalTime.1", "rate": {rate}, "value": {frames}}}}}}}"""


def fcpxml(body: str, more: str = "") -> str:
    return FCPXML.format(body=body, more=more)


def asset_clip(**attributes: str) -> str:
    told = {"ref": "r2", "offset": "0s", "duration": "1s"} | attributes
    return fcpxml("<asset-clip " + " ".join(f"{key}='{value}'" for key, value in told.items()) + "/>")


def clipitem(**fields: str) -> str:
    told = {"start": "0", "end": "24", "in": "0", "out": "24"} | fields
    inner = "".join(f"<{key.strip('_')}>{value}</{key.strip('_')}>" for key, value in told.items())
    return XMEML.format(body=f"<clipitem><name>a.mp4</name>{inner}</clipitem>")


def clip(start: str = "0", frames: str = "24", rate: str = "24", effect: str = "") -> str:
    return TIMELINE.format(body=CLIP.format(start=start, frames=frames, rate=rate, effect=effect))


def speed(value: str) -> str:
    return clip(effect=f'{{"OTIO_SCHEMA": "LinearTimeWarp.1", "time_scalar": {value}}}')


def nested(depth: int) -> str:
    return fcpxml("<clip duration='1s'>" * depth + "</clip>" * depth)


def compounds(count: int, clips: int) -> str:
    """Compound clips of compound clips: as many looks as `clips` to the power of `count`."""
    inner = "".join(
        f"<media id='m{at}'><sequence><spine>"
        + f"<ref-clip ref='m{at + 1}' duration='9s' offset='0s'/>" * clips
        + "</spine></sequence></media>"
        for at in range(count)
    )
    return fcpxml("<ref-clip ref='m0' offset='0s' duration='9s'/>", inner)


HELD = "<asset-clip ref='r2' duration='2s'/>"
REMAP = (
    "<effect><effectid>timeremap</effectid>"
    "<parameter><parameterid>speed</parameterid><value>{}</value></parameter></effect>"
)
BOMB = '<!DOCTYPE fcpxml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>' + fcpxml("<gap/>&b;")
OUTSIDE = '<!DOCTYPE fcpxml [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + fcpxml("<gap name='&a;'/>")

REFUSED = {
    "nothing": ("", 1, "nothing in this file"),
    "spaces": (" \n\n ", 1, "nothing in this file"),
    "a picture": ("\x89PNG\r\n\x1a\n\0\0\0", 1, "some other file"),
    "a letter": ("Dear editor,\nplease find attached", 1, "no event in this list"),
    "other xml": ("<?xml version='1.0'?>\n<html/>", 2, "no timeline that can be read"),
    "half of an xml": (fcpxml("<gap duration='1s'/>")[:200], 3, "cannot be read"),
    "only a start": ("<", 1, "cannot be read"),
    "an unknown encoding": ("<?xml version='1.0' encoding='klingon'?><fcpxml/>", 1, "encoding"),
    "entities": (BOMB, 1, "declares entities"),
    "a file outside": (OUTSIDE, 1, "declares entities"),
    "too deep": (nested(200), 4, "deep in one another"),
    "clips too deep": (nested(30), 4, "deep in one another"),
    "compounds without an end": (compounds(1, 1).replace("ref='m1'", "ref='m0'"), 2, "deep in one another"),
    "compounds too many": (compounds(15, 60), 2, "too often"),
    "no project": ("<fcpxml><resources/></fcpxml>", 1, "no timeline in this file"),
    "no storyline": ("<fcpxml><project>\n<sequence/></project></fcpxml>", 2, "no storyline"),
    "nothing in the storyline": (fcpxml(""), 3, "no picture in this cut"),
    "only a gap": (fcpxml("<gap duration='2s'/>"), 3, "no picture in this cut"),
    "a time of nothing": (asset_clip(duration="1/0s"), 4, "`1/0s` is no time for the duration"),
    "a time in words": (asset_clip(start="soon"), 4, "`soon` is no time for the start"),
    "a time of no number": (asset_clip(start="nan"), 4, "`nan` is no time"),
    "a time of many digits": (asset_clip(duration="1" + "0" * 400 + "s"), 4, "is no time for the duration"),
    "a year": (asset_clip(duration="31536000s"), 4, "more than 100 hours"),
    "a length below zero": (asset_clip(duration="-1s"), 4, "below zero"),
    "a place below zero": (asset_clip(offset="-5s"), 4, "before the one in front"),
    "no length": (fcpxml("<clip><video ref='r2' duration='1s'/></clip>"), 4, "has no duration"),
    "clips over each other": (fcpxml(f"{HELD}\n<asset-clip ref='r2' offset='1s' duration='1s'/>"),
                              5, "before the one in front"),
    "frames of nothing": (asset_clip().replace("1/24s", "0s"), 1, "cannot last `0s`"),
    "frames of a year": (asset_clip().replace("1/24s", "9999s"), 1, "cannot run at"),
    "too fast": (fcpxml("<asset-clip ref='r2' duration='1s'><timeMap><timept time='0s' value='0s'/>"
                        "<timept time='1/999999s' value='9s'/></timeMap></asset-clip>"), 4, "times its pace"),
    "a transition beside": (fcpxml(f"{HELD}\n<transition offset='0s' duration='1s'/>"), 5, "does not lie across"),
    "a transition without length": (fcpxml(f"{HELD}\n<transition offset='1s'/>"), 5, "no time"),
    "no sequence": ("<xmeml><project/></xmeml>", 1, "no sequence in this file"),
    "no picture": ("<xmeml><sequence><name>a</name></sequence></xmeml>", 1, "no picture"),
    "a frame in words": (clipitem(start="one"), 2, "`one` is no whole number for the start"),
    "a frame of many digits": (clipitem(end="9" * 500), 2, "no whole number for the end"),
    "a frame of a year": (clipitem(end="999999999999"), 2, "more frames than a film has"),
    "an end before the start": (clipitem(start="30", end="10"), 2, "no place in the sequence"),
    "no place": (clipitem(start="-1", end="-1"), 2, "no place in the sequence"),
    "a rate of nothing": (clipitem().replace("<timebase>24", "<timebase>0"), 1, "cannot run at"),
    "a rate in words": (clipitem().replace("<timebase>24", "<timebase>film"), 1, "no number for the rate"),
    "a pace in words": (clipitem(filter=REMAP.format("fast")), 2, "no number for the speed"),
    "a pace beyond all": (clipitem(filter=REMAP.format("9e99")), 2, "times its pace"),
    "half of a json": (clip()[:90], 2, "cannot be read"),
    "other json": ('{"name": "film"}', 1, "no timeline in this file"),
    "a list of nothing": ("[1, 2]", 1, "no timeline in this file"),
    "no track": (TIMELINE.format(body="").replace("Track.1", "Clip.2"), 1, "no video track"),
    "nothing in the track": (TIMELINE.format(body=""), 2, "nothing in this timeline says how many frames"),
    "deep json of nothing": ('{"a":' * 500 + "1" + "}" * 500, 1, "no timeline in this file"),
    "json too deep": ("[" * 200_000, 1, "too deep"),
    "json of too many objects": ("[" + "[]," * 1_000_001, 1, "more than 1000000 objects"),
    "a number that is none": (clip(start="NaN"), 3, "no number for the beginning"),
    "a number without an end": (clip(start="1e999"), 3, "no number for the beginning"),
    "a number of many digits": (clip(start="1" + "0" * 5_000), 1, "more digits"),
    "a number in words": (clip(frames='"many"'), 3, "`many` is no number"),
    "otio of a year": (clip(frames="999999999999"), 3, "more than 100 hours"),
    "otio below zero": (clip(frames="-3"), 3, "below zero"),
    "otio of no rate": (clip(rate="0"), 5, "cannot count 0 frames"),
    "otio much too fast": (speed("1e9"), 3, "times its pace"),
    "otio of no pace": (speed('"slow"'), 3, "no number for the pace"),
    "no event": ("TITLE: a\nFCM: NON-DROP FRAME\n", 1, "no event in this list"),
    "an event cut short": (LIST.format(body=GOOD[:-6]), 3, "is no timecode"),
    "an event of another rate": (LIST.format(body=GOOD.replace("01:00 00:00:00:00", "01:24 00:00:00:00")), 3,
                                 "counts more frames a second, and the film has 24"),
    "hours that are none": (LIST.format(body=GOOD.replace("00:00:01:00 00", "31:00:01:00 00")), 3, "is no timecode"),
    "minutes that are none": (LIST.format(body=GOOD.replace("00:00:01:00 00", "00:99:01:00 00")), 3, "is no timecode"),
    "dropped numbers": (LIST.format(body=GOOD).replace("NON-", ""), 2, "drops frame numbers, and the film has 24"),
    "an event of no kind": (LIST.format(body=GOOD.replace(" C ", " X ")), 3, "a cut (C), a dissolve (D) or a wipe"),
    "a transition of no length": (LIST.format(body=GOOD.replace(" C ", " D ")), 3, "how many frames it lasts"),
    "a transition that is too long": (LIST.format(body=GOOD.replace(" C ", " D 025 ")), 3, "longer than the clip"),
    "an end before the beginning": (LIST.format(body=f"{GOOD[:-23]}00:00:02:00 00:00:01:00"), 3, "before it begins"),
    "events over each other": (LIST.format(body=f"{GOOD}\n{GOOD}"), 4, "before the one in front"),
    "a pace beyond any": (LIST.format(body=f"{GOOD}\nM2 AX 9999999.0 00:00:00:00"), 3, "times its pace"),
    "a pace that is none": (LIST.format(body=f"{GOOD}\nM2 AX quick 00:00:00:00"), 4, "is no pace"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_its_place(name: str) -> None:
    text, line, message = REFUSED[name]
    with pytest.raises(Refused) as refusal:
        read_cut("cut", text.encode(), rate=RATE)
    error = refusal.value
    assert message in error.message
    assert error.where is not None
    assert (error.where.file, error.where.line) == ("cut", line)
    assert error.hint
    assert len(error.message) < 200
    assert error.message.isprintable()


@pytest.mark.parametrize(
    "data",
    [b"\xff\xfe\x00", b"\xff\xfe" + b"\x00\xd8" * 5, b"\x00" * 50, bytes(range(256)), b"\xef\xbb\xbf", b"\xfe\xff{"],
)
def test_bytes_that_are_no_text(data: bytes) -> None:
    with pytest.raises(Refused) as refusal:
        read_cut("cut", data, rate=RATE)
    assert refusal.value.where
    assert refusal.value.hint


def test_a_file_that_is_too_large() -> None:
    with pytest.raises(Refused, match="at the most"):
        read_cut("cut", b" " * (MAX_BYTES + 1), rate=RATE)


def test_much_of_everything_comes_to_an_end() -> None:
    """A megabyte or two that is built to be slow: read or refused, where going over it again and again takes hours."""
    many, points = 8_000, "<timept time='0s' value='1s'/>"
    for text in (
        fcpxml("<gap duration='1/24s'/>" * many),
        fcpxml("<asset-clip ref='r2' duration='1/24s'/>" * many),
        fcpxml("<a>" * 50 + "<b/>" * many + "</a>" * 50 + "<asset-clip ref='r2' duration='1s'/>"),
        fcpxml(f"<asset-clip ref='r2' duration='1s'><timeMap>{points * many}</timeMap></asset-clip>"),
        clipitem(name="&amp;" * many),
        XMEML.format(body="<transitionitem><start>0</start><end>9</end></transitionitem>" * many),
        TIMELINE.format(body=",".join(["{}"] * many)),
        LIST.format(body="\n".join([GOOD] * many)),
        LIST.format(body=GOOD + "\n" + "* LOC: " * many),
        LIST.format(body="M2 " + "1" * many + "x"),
        LIST.format(body=GOOD.replace("AX", "9 " * many)),
    ):
        read_or_refused("cut", text.encode())


@pytest.mark.stress
@pytest.mark.parametrize("form", [*WRITERS, *sorted(path.name for path in CUTS.iterdir() if path.suffix != ".txt")])
def test_damaged_files_are_read_or_refused(form: str) -> None:
    """Bytes changed, left out, doubled, numbers blown up: never anything but a cut or a refusal with its place."""
    own = form in WRITERS
    data = WRITERS[form](make_up(3, "24", stills=False).cut) if own else (CUTS / form).read_bytes()
    dice = random.Random(form)
    for _ in range(MUTATIONS):
        broken = damaged(data, dice)
        read_or_refused(form, broken)


NUMBERS = (b"0", b"-1", b"99999999999999999999", b"1e400", b"NaN", b"1/0", b"", b"0.0000001", b"-0", b"\xd9\xa3")


def damaged(data: bytes, dice: random.Random) -> bytes:
    """A file with a few things wrong with it."""
    found = bytearray(data)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(found) + 1)
        size = dice.choice((1, 1, 3, 20, 200))
        how = dice.randrange(6)
        if how == 0:
            del found[at : at + size]
        elif how == 1:
            found[at:at] = found[at : at + size]
        elif how == 2:
            found[at : at + 1] = bytes([dice.randrange(256)])
        elif how == 3:
            other = dice.randrange(len(found) + 1)
            found[at : at + size], found[other : other + size] = found[other : other + size], found[at : at + size]
        elif how == 4:
            del found[at:]
        digits = [place for place in range(at, min(at + 400, len(found))) if found[place] in b"0123456789"]
        if how == 5 and digits:
            last = digits[0]
            while last < len(found) and found[last] in b"0123456789":
                last += 1
            found[digits[0] : last] = dice.choice(NUMBERS)
        if not found:
            return b"<"
    return bytes(found)


def read_or_refused(name: str, data: bytes) -> None:
    """Whatever comes of a file: a cut that holds together, or a refusal with its place and a way out."""
    refusal = None
    try:
        hold_together(read_cut(name, data, rate=RATE))
    except Refused as error:
        refusal = error
    assert refusal is None or (refusal.where and refusal.hint)


def hold_together(read: Returned) -> None:
    """What a cut always is: events end to end, transitions at their meetings."""
    at = 0
    for event in read.events:
        assert event.start == at
        assert event.frames > 0
        at += event.frames
    assert read.frames == at > 0
    for index, change in read.changes.items():
        assert 0 <= index <= len(read.events)
        assert change.before >= 0
        assert change.after >= 0
        assert change.before + change.after > 0


def test_a_good_file_still_comes_back() -> None:
    """The made-up files above are refused for what is wrong with them, and not for anything else."""
    for text in (asset_clip(), clipitem(), clip(), LIST.format(body=GOOD)):
        read = read_cut("cut", text.encode(), rate=RATE)
        (event,) = read.events
        assert event.media == ("a.mp4" if "a.mp4" in text else "AX")
        assert event.frames == 24
        assert event.place == 0
        assert event.tempo == 1
        hold_together(read)
    assert bring_back(make_up(3, "24").cut, "edl").events
