"""Faults of time: found once the lengths of the media are known."""

from __future__ import annotations

from montage_recipe.codes.spec import Code

CODES: tuple[Code, ...] = (
    Code(
        "unused-key",
        "A key that means nothing here",
        "A warning: it is left out of account.",
        "clips: [{src: photo.jpg, duration: 3s}]",
    ),
    Code(
        "clip-without-picture",
        "A clip without a picture",
        "Its source has sound alone. Music belongs under `audio:`.",
        "audio: [{src: theme, volume: -12dB}]",
    ),
    Code(
        "no-sound",
        "A sound without sound",
        "The source of an entry of `audio:` is silent.",
        "audio: [{src: theme.flac}]",
    ),
    Code(
        "still-needs-duration",
        "A picture without a duration",
        "A still picture has no length of its own.",
        "{src: photo.jpg, duration: 3s}",
    ),
    Code("in-after-end", "`in` lies after the source's end", "Nothing is left to show.", "{src: a.mp4, in: 2s}"),
    Code(
        "out-after-end",
        "The source ends before the clip",
        "The clip takes more than the source has. It is not quietly made shorter.",
        "{src: a.mp4, in: 2s}   # without `out`: all there is",
    ),
    Code(
        "clip-too-short", "A clip of less than one frame", "Nothing of it would be seen.", "{src: a.mp4, duration: 2s}"
    ),
    Code(
        "sound-too-short",
        "A sound of less than one frame",
        "Nothing of it would be heard, and a loop of it would take thousands of turns.",
        "audio: [{src: theme.flac, in: 2s, out: 10s, loop: true}]",
    ),
    Code(
        "transition-longer-than-clip",
        "A transition longer than a clip",
        "The clips on both sides overlap for its duration, and one of them is too short for that.",
        "transition: {type: crossfade, duration: 0.3s}",
    ),
    Code(
        "transition-too-short",
        "A transition of less than one frame",
        "Nothing of it would be seen. A cut is `none`.",
        "transition: none",
    ),
    Code("fade-longer-than-title", "A title's fades are longer than the title", "They would meet.", "fade: 0.2s"),
    Code("fade-longer-than-sound", "A sound's fades are longer than the sound", "They would meet.", "fade_out: 1s"),
    Code(
        "sound-ends-early",
        "A sound is shorter than its place",
        "A warning: it ends before the `end` that the recipe gives it.",
        "{src: theme, loop: true}",
    ),
    Code(
        "title-outside",
        "A title outside of the montage",
        "It begins before the montage does, or after it ends.",
        "start: end - 3s",
    ),
    Code(
        "title-ends-before-start",
        "A title ends before it starts",
        "Its `end` comes out before its `start`.",
        "{text: Hello, start: walk.start, duration: 3s}",
    ),
    Code("title-cut-off", "A title is cut off", "A warning: the montage ends before the title does.", "end: end"),
    Code(
        "sound-outside",
        "A sound outside of the montage",
        "It begins before the montage does, or after it ends.",
        "{src: theme, start: 2s}",
    ),
    Code(
        "sound-ends-before-start",
        "A sound ends before it starts",
        "Its `end` comes out before its `start`.",
        "{src: theme, start: 2s, end: end - 1s}",
    ),
    Code("sound-cut-off", "A sound is cut off", "A warning: the montage ends before the sound's `end`.", "end: end"),
)
