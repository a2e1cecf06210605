"""FCPXML: the primary storyline, as Final Cut Pro and Resolve write it, nested as it may be."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from storyboard.changelist.kinds import kind_of
from storyboard.changelist.laying import MAX_EVENTS, is_overlay, lay_out
from storyboard.changelist.measures import lasting, refused, seconds
from storyboard.changelist.nodes import Node
from storyboard.changelist.paces import event_of
from storyboard.changelist.returned import Change, Event, Over, Returned
from storyboard.changelist.storyline import STORY, Storyline, shown_of
from storyboard.export.fcpxml import BLACK, EFFECTS
from storyboard.timing import Rate, to_frame

HINT = "choose a project (a timeline) in the program, not a clip or an event, and export its XML"


def read_fcpxml(root: Node, film: Rate) -> Returned:
    """The cut of a document's first project."""
    sequences = [one for project in root.every("project") for one in project.all("sequence")]
    sequences = sequences or [one for one in root.every("sequence") if one.find("spine")]
    if not sequences:
        raise refused(root.where, "there is no timeline in this file", HINT)
    sequence, spine = sequences[0], sequences[0].find("spine")
    if spine is None:
        raise refused(sequence.where, "this sequence has no storyline", HINT)
    remarks = [(one.where, "a further project: only the first is read") for one in sequences[1:]]
    story = Storyline(root, sequence, film)
    events, changes = _spine(story, spine, seconds(sequence.get("tcStart", "0s"), sequence.where, "start timecode"))
    found = lay_out(story.rate, events, changes, [*remarks, *story.remarks], spine.where)
    return replace(found, overlays=tuple(story.overlays))


def _spine(story: Storyline, spine: Node, begin: Fraction) -> tuple[list[Event], dict[int, Change]]:
    """The events of the primary storyline, and its transitions by the frame of their meeting."""
    events: list[Event] = []
    changes: dict[int, Change] = {}
    clock = begin
    for item in spine.children:
        clip = shown_of(item)
        if item.tag == "transition":
            frame, change = _change(story, item, clock - begin, begin)
            changes[frame] = change
        if clip is None:
            continue
        said = item.get("offset")
        starts = seconds(said, item.where, "offset") if said else clock
        clock, own = starts + story.length(clip), story.start(clip)
        shift = starts - begin - own
        for one in story.show(clip, own, own + story.length(clip)):
            laid = replace(one, begin=one.begin + shift, end=one.end + shift)
            events.append(event_of(laid, story.rate))
        if len(events) > 2 * MAX_EVENTS:
            raise refused(item.where, f"the cut has more than {MAX_EVENTS} clips")
        _connected(story, clip, starts - begin - own)
    return events, changes


def _change(story: Storyline, item: Node, meeting: Fraction, begin: Fraction) -> tuple[int, Change]:
    """A transition, and the frame of the meeting that it lies across."""
    length = lasting(seconds(item.get("duration"), item.where, "duration"), item.where, "duration")
    said = item.get("offset")
    starts = seconds(said, item.where, "offset") - begin if said else meeting - length / 2
    frame, first, last = (to_frame(one, story.rate) for one in (meeting, starts, starts + length))
    filters = list(item.all("filter-video"))
    effect = next((one for one in (story.known.get(each.get("ref")) for each in filters) if one), None)
    name = item.get("name") or next((one.get("name") for one in filters), "") or (effect.get("name") if effect else "")
    kind, color = kind_of(name)
    if effect and effect.get("uid") in (EFFECTS["Fade To Color"], EFFECTS["Cross Dissolve"]):
        kind, color = ("dip", color or BLACK) if effect.get("uid") == EFFECTS["Fade To Color"] else ("dissolve", "")
    if not first <= frame <= last:
        raise refused(item.where, "this transition does not lie across the meeting of its clips")
    return frame, Change(kind, name or "dissolve", frame - first, last - frame, color, item.where)


def _connected(story: Storyline, clip: Node, shift: Fraction) -> None:
    """Look at what is connected to a clip of the storyline, whose own time is `shift` before the cut's."""
    for one in clip.children:
        if one.get("lane", "0") != "0" and one.tag in STORY:
            _laid_over(story, one, seconds(one.get("offset", "0s"), one.where, "offset") + shift)


def _laid_over(story: Storyline, one: Node, starts: Fraction) -> None:
    """Note what lies over the picture as ours, or say that it is somebody else's; sound is another matter."""
    inner = list(story.laid(one)) if one.tag == "spine" else []
    if any(_own(story, child) for child, _ in inner):
        for child, begin in inner:
            _laid_over(story, child, starts + begin)
    elif own := _own(story, one):
        first, last = (to_frame(at, story.rate) for at in (starts, starts + story.length(one)))
        story.overlays.append(Over(own, first, last - first, one.where))
    elif asset := _asset(story, one):
        if asset.get("hasVideo", "0") != "0" and one.get("srcEnable") != "audio":
            name = one.get("name") or story.media(asset)
            story.remark(one, f"`{name}` is connected above the storyline and is not read")
    elif one.tag != "gap" and (not one.get("lane").startswith("-") or next(one.every("video"), None)):
        story.remark(one, f"`{one.get('name') or 'a storyline'}` is connected to the storyline and is not read")


def _asset(story: Storyline, one: Node) -> Node | None:
    found = story.known.get(one.get("ref")) if one.tag in ("asset-clip", "video") else None
    return found if found and found.tag == "asset" else None


def _own(story: Storyline, one: Node) -> str:
    """What a title is called, or a film that an export laid over the picture; empty for anything else."""
    if one.tag == "title":
        return one.get("name") or "a title"
    asset = _asset(story, one)
    media = story.media(asset) if asset else ""
    return media if is_overlay(media) else ""
