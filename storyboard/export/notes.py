"""The sheet that goes with an export: what is in the folder, shot by shot, and what the editor will not see. Pure."""

from __future__ import annotations

from storyboard.export.cut import Cut, Piece
from storyboard.export.timecodes import timecode_of


def write_notes(cut: Cut, files: tuple[str, ...]) -> bytes:
    """A text of the cut: its measures, its files, every piece with its places, and every remark."""
    rate = f"{cut.rate}" if cut.rate.denominator == 1 else f"{cut.rate} ({float(cut.rate):.3f})"
    lines = [
        cut.title,
        "",
        f"{cut.width}x{cut.height}, {rate} frames a second, {'drop frame' if cut.drop else 'non-drop'}",
        f"{_time(cut, 0)} to {_time(cut, cut.frames)}, {cut.frames} frames",
        "",
        *(f"{file}" for file in files),
        "",
    ]
    width = max((len(piece.media.name) for piece in cut.pieces if piece.media), default=0)
    for index, piece in enumerate(cut.pieces):
        if index and (crossing := cut.crossings.get(index)):
            lines.append(f"{'':4}{crossing.name} of {crossing.frames}")
        lines.append(_row(cut, piece, width))
        for mark in piece.marks:
            lines += [f"{'':8}{'! ' if mark.remark else ''}{line}" for line in mark.text.split("\n")]
        lines += [f"{'':8}also shot: {other.name}" for other in piece.others]
    return ("\n".join(lines) + "\n").encode()


def _row(cut: Cut, piece: Piece, width: int) -> str:
    """`01:00:00:00  01:00:03:00  ridge_020_ridge_t01.mp4  from frame 12 at 100 %`."""
    times = f"{_time(cut, piece.start)}  {_time(cut, piece.end)}"
    if piece.media is None:
        return f"{times}  {'GAP':<{width}}  {piece.shot}: no take yet"
    tempo = piece.tempo(cut.rate)
    pace = "" if tempo == 1 else ", stands still" if not tempo else f", {float(tempo):.2%}"
    return f"{times}  {piece.media.name:<{width}}  from its frame {float(piece.place):g}{pace}"


def _time(cut: Cut, frame: int) -> str:
    return timecode_of(cut.start + frame, cut.rate, drop=cut.drop)
