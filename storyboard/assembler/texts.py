"""What is said and shown in words in a film: captions and titles, each with the film frames it is seen in. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from storyboard.assembler.layout import Text, place_texts, set_rows
from storyboard.assembler.styles import Canvas, Line
from storyboard.assembler.subtitles import Subtitle
from storyboard.assembler.timeline import Clip, Timeline
from storyboard.assembler.words import writable
from storyboard.errors import InvalidStoryboard, Problem
from storyboard.spec.model import Output, Storyboard
from storyboard.timing import to_frame

FADE = Fraction(1, 3)
"""Seconds in which a title comes, and goes."""


def lines_of(
    storyboard: Storyboard, output: Output, timeline: Timeline, slates: Mapping[str, str],
    subtitles: Sequence[Subtitle] = (),
) -> tuple[Line, ...]:  # fmt: skip
    """Every caption and title that is drawn into the film, each at its place, in film frames; for shots in `slates`,
    the slate line of a draft too. InvalidStoryboard names what has no room on the picture, or would never be seen.

    Captions that a player draws take up their room as well: titles stand clear of them.
    """
    texts = (*captions_of(storyboard, output, timeline, subtitles), *titles_of(storyboard, output, timeline))
    canvas = Canvas(output.width, output.height)
    lines, problems = place_texts(texts, canvas)
    problems += [*_cards(timeline, canvas), *(_late(output, timeline, subtitles) if output.captions != "none" else ())]
    if problems:
        raise InvalidStoryboard(problems)
    drawn = tuple(line for line in lines if line.style != "caption" or output.captions == "burn")
    shown = [clip for clip in timeline.clips if slates.get(clip.shot.id)]
    notes = [Line("slate", writable(slates[clip.shot.id]), clip.start, clip.start + clip.frames) for clip in shown]
    return *drawn, *notes


def captions_of(
    storyboard: Storyboard, output: Output, timeline: Timeline, subtitles: Sequence[Subtitle] = ()
) -> tuple[Text, ...]:
    """The captions of an output's film, of its shots and of its `.srt` file, in the order in which they begin; none
    where it wants none."""
    if output.captions == "none":
        return ()
    found = []
    for clip in timeline.clips:
        for index, caption in enumerate(clip.shot.captions):
            begin = clip.begin + caption.at.seconds(storyboard.rate)
            start, stop = _frames(begin, begin + caption.length.seconds(storyboard.rate), timeline, clip)
            path = f"{clip.shot.path}.captions[{index}].text"
            found.append(Text("caption", caption.text, start, stop, caption.where, path))
    for one in subtitles:
        start, stop = _frames(one.begin, one.end, timeline)
        found.append(Text("caption", one.text, start, stop, one.where, "captions"))
    return tuple(sorted(found, key=lambda text: (text.start, text.stop)))


def titles_of(storyboard: Storyboard, output: Output, timeline: Timeline) -> tuple[Text, ...]:
    """The titles of an output's film; none where it wants none."""
    found = []
    for clip in timeline.clips if output.titles else ():
        for index, title in enumerate(clip.shot.titles):
            begin = clip.begin + title.at.seconds(storyboard.rate)
            end = begin + title.length.seconds(storyboard.rate) if title.length else clip.end
            start, stop = _frames(begin, end, timeline, clip)
            fade = min(to_frame(FADE, output.rate), (stop - start) // 3)
            path = f"{clip.shot.path}.titles[{index}].text"
            found.append(Text(title.style, title.text, start, stop, title.where, path, fade))
    return tuple(found)


def _frames(begin: Fraction, end: Fraction, timeline: Timeline, clip: Clip | None = None) -> tuple[int, int]:
    """The film frames of a time: one at least, and none after the end of the clip, or of the film."""
    last = clip.start + clip.frames if clip else timeline.frames
    start = min(to_frame(begin, timeline.rate), last - 1)
    return start, max(start + 1, min(to_frame(end, timeline.rate), last))


def _cards(timeline: Timeline, canvas: Canvas) -> Iterator[Problem]:
    """Cards whose text has no room on the picture."""
    for shot in (clip.shot for clip in timeline.clips):
        if shot.card and shot.card.text.strip() and set_rows(shot.card.text, "card", canvas) is None:
            message = f"this text does not fit into a picture of {canvas.width}x{canvas.height}"
            yield Problem(shot.at("card"), f"{shot.path}.card.text", "words", f"{message}, not even in small letters",
                          "shorten it, or make two cards of it")  # fmt: skip


def _late(output: Output, timeline: Timeline, subtitles: Sequence[Subtitle]) -> Iterator[Problem]:
    """Subtitles that would never be seen: most often, the film was cut shorter."""
    for one in subtitles:
        if one.begin >= timeline.seconds:
            message = f"this subtitle begins after the film `{output.name}` has ended"
            hint = f"the film lasts {float(timeline.seconds):g} s: take it out, or write `captions: none` there"
            yield Problem(one.where, "captions", "subtitles", message, hint)
