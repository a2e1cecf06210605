"""How a film is encoded: the encoder of an output, its settings, and the arguments that ffmpeg takes."""

from __future__ import annotations

from collections.abc import Mapping

from storyboard.spec.model import Output
from storyboard.timing import Rate

Encoder = Mapping[str, str | int]

H264: Encoder = {"codec": "libx264", "preset": "faster", "crf": 18, "lookahead": 8, "threads": 1}
"""One thread: two threads give other bytes. Segments are encoded side by side instead. A short look ahead: what is
looked at is kept in memory, by every segment that is encoded at the time."""

# `set` is the number of the parameter set: copied packets have 0, and both stand in one film.
QUALITIES: Mapping[str, Encoder] = {
    "draft": {**H264, "preset": "veryfast", "crf": 23},
    "standard": H264,
    "preserve": {**H264, "set": 1},
    "master": {**H264, "preset": "medium", "crf": 12, "lookahead": 20},
}

PROFILES = {"draft": 0, "standard": 2, "preserve": 2, "master": 3}
"""ProRes Proxy, 422 and 422 HQ."""


def encoder_of(output: Output, *, draft: bool = False) -> Encoder:
    """The encoder of an output and its settings; a draft is encoded fast, whatever the output says."""
    if output.codec == "prores" and not draft:
        return {"codec": "prores_ks", "profile": PROFILES[output.quality], "threads": 1}
    return QUALITIES["draft" if draft else output.quality]


def pixel_format(encoder: Encoder) -> str:
    """The pixels that an encoder takes."""
    return "yuv422p10le" if encoder["codec"] == "prores_ks" else "yuv420p"


def container(encoder: Encoder) -> str:
    """The format of the file that holds the film and its segments."""
    return "mov" if encoder["codec"] == "prores_ks" else "mp4"


def encoding(encoder: Encoder, rate: Rate) -> tuple[str, ...]:
    """The arguments that encode a segment: closed, alike in every parameter to all others of its film."""
    if encoder["codec"] == "prores_ks":
        settings = ["-profile:v", str(encoder["profile"]), "-vendor", "apl0"]
    else:
        keyframes = max(1, round(2 * rate))
        x264 = (
            f"threads=1:stitchable=1:open-gop=0:keyint={keyframes}:bframes=2:b-pyramid=none:"
            f"rc-lookahead={encoder['lookahead']}"
        )
        x264 += f":sps-id={encoder['set']}" if "set" in encoder else ""
        settings = ["-preset", str(encoder["preset"]), "-crf", str(encoder["crf"]), "-profile:v", "high"]
        settings += ["-x264-params", x264]
    return (
        "-an", "-c:v", str(encoder["codec"]), *settings, "-threads", str(encoder["threads"]),
        "-bitexact", "-map_metadata", "-1", "-fps_mode", "passthrough",
        "-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709", "-color_range", "tv",
        "-video_track_timescale", str(rate.numerator), "-f", container(encoder),
    )  # fmt: skip
