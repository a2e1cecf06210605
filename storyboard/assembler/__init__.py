"""Takes to film: the timeline, its segments, sound and words, and ffmpeg."""
