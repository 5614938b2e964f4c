"""A span of the timeline becomes the filter graph of its clips' sound: stereo, 48 kHz, exact to the sample."""

from __future__ import annotations

from fractions import Fraction

from montage_recipe.effects.spec import FilterCall, call
from montage_recipe.graph.builder import GraphBuilder
from montage_recipe.graph.model import FilterGraph
from montage_recipe.graph.takes import clock_shift
from montage_recipe.media.facts import MediaFacts
from montage_recipe.timecode import SAMPLE_RATE, nearest, sample_at, seconds_text
from montage_recipe.timeline.model import FrameSpan, Timeline, TimelineClip

# Two unrelated sounds keep their loudness through a crossfade when their powers, not their amplitudes, add up to one.
FADE_CURVE = "qsin"
# Decoders need the packets before the first one that is heard (MP3's reservoir, AAC's overlap).
_EARLY = Fraction(1)
# Seconds: atempo's window is a 24th of a second, in samples up to the next power of two.
_TEMPO_WINDOW = Fraction(2048, SAMPLE_RATE)
STEREO = call("aformat", sample_fmts="fltp", sample_rates=SAMPLE_RATE, channel_layouts="stereo")
FROM_ZERO = call("asetpts", expr="N/SR/TB")


def lower_sound(timeline: Timeline, span: FrameSpan) -> FilterGraph:
    """The graph whose result is exactly the samples from the first frame of `span` to its end.

    `span` does not begin or end inside a transition.
    """
    builder = GraphBuilder()
    rate = timeline.canvas.fps
    joined = ""
    for clip in timeline.clips_in(span):
        shown = clip.shows.meets(span)
        assert shown is not None
        stream = _clip_sound(builder, clip, shown, rate)
        enters_here = shown.start == clip.shows.start
        overlap = samples_in(FrameSpan(shown.start, shown.start + clip.transition.frames), rate) if enters_here else 0
        if overlap and clip is timeline.clips[0]:
            stream = builder.chain(stream, (fade("in", 0, overlap),), at=clip.at)
        if not joined:
            joined = stream
        elif overlap:
            crossing = call("acrossfade", ns=overlap, c1=FADE_CURVE, c2=FADE_CURVE)
            joined = builder.join((joined, stream), crossing, at=clip.transition.at or clip.at)
        else:
            joined = builder.join((joined, stream), call("concat", n=2, v=0, a=1), at=clip.at)
    # acrossfade may answer with the last samples missing or doubled when a source misbehaves; the count is law.
    return builder.finish(builder.chain(joined, exactly(0, samples_in(span, rate)), at=()))


def lower_track(media: MediaFacts, in_: Fraction, out: Fraction, at: tuple[str | int, ...]) -> FilterGraph:
    """The graph of one sound of `audio:`, the part from `in_` to `out` seconds of its source."""
    builder = GraphBuilder()
    stream = builder.chain(
        _opened(builder, media, in_), (*_aligned(media, in_), *exactly(0, track_samples(in_, out))), at=at
    )
    return builder.finish(stream)


def track_samples(in_: Fraction, out: Fraction) -> int:
    """How many samples `lower_track` gives."""
    return nearest((out - in_) * SAMPLE_RATE)


def _clip_sound(builder: GraphBuilder, clip: TimelineClip, shown: FrameSpan, rate: Fraction) -> str:
    """The part of a clip's sound that belongs to the frames `shown`; silence where the source has none.

    The sound is always worked out from the clip's first sample on and then cut by counting, so that two processes that
    render two parts of a clip agree on every sample.
    """
    first = sample_at(shown.start, rate) - sample_at(clip.shows.start, rate)
    last = first + samples_in(shown, rate)
    if clip.media.audio is None:
        silence = builder.source("anullsrc", f"r={SAMPLE_RATE}:cl=stereo")
        return builder.chain(silence, (STEREO, *_cut(0, last - first)), at=clip.at)
    volume = () if clip.volume == 1 else (call("volume", volume=repr(clip.volume), precision="float"),)
    begins = clip.in_ - _lead(clip.speed)
    stream = _opened(builder, clip.media, begins)
    calls = (*_aligned(clip.media, begins), *_retimed(clip.speed), *exactly(first, last), *volume)
    return builder.chain(stream, calls, at=clip.at)


def _opened(builder: GraphBuilder, media: MediaFacts, in_: Fraction) -> str:
    audio = media.audio
    assert audio is not None
    options: dict[str, str | int | None] = {"copyts": None, "start_at_zero": None}
    # A seek lands on a keyframe of the picture; one before the picture's start would skip all sound up to there.
    picture_start = media.video.start if media.video else Fraction(0)
    if media.seekable and in_ - _EARLY > max(Fraction(0), picture_start):
        options["ss"] = seconds_text(in_ - _EARLY)
    return builder.media(media, audio.index, **options)


def _aligned(media: MediaFacts, in_: Fraction) -> tuple[FilterCall, ...]:
    """Stereo at 48 kHz whose first sample is the one at `in_` seconds: what comes before is dropped, a late start and
    holes in the timestamps become silence (`async=1`), to the sample (`min_comp`, which is 1 ms by default). Holes of less
    than 20 ms are left alone: that much the timestamps of Matroska and FLV may jump without meaning it.

    In two steps, because `first_pts` counts samples of what comes in: in one step, 44.1 kHz sound would be 9 % off.
    """
    assert media.audio is not None
    first = nearest((in_ - clock_shift(media, media.audio.start)) * SAMPLE_RATE)
    options = (
        ("sample_rate", SAMPLE_RATE),
        ("async", 1),
        ("min_comp", "0.00001"),
        ("min_hard_comp", "0.02"),
        ("first_pts", first),
    )
    aligned = FilterCall(name="aresample", options=options)
    # Left to itself, ffmpeg makes stereo of mono 3 dB quieter.
    doubled = (call("pan", args="stereo|c0=c0|c1=c0"),) if media.audio.channels == 1 else ()
    return (call("aresample", sample_rate=SAMPLE_RATE), aligned, *doubled, STEREO, FROM_ZERO)


def _retimed(speed: Fraction) -> tuple[FilterCall, ...]:
    """atempo keeps the pitch."""
    return tuple(call("atempo", tempo=repr(float(tempo))) for tempo in _tempos(speed))


def _tempos(speed: Fraction) -> list[Fraction]:
    """atempo takes factors from 0.5 to 100; slower ones are made of several."""
    tempos = []
    while speed < Fraction(1, 2):
        tempos.append(Fraction(1, 2))
        speed *= 2
    return [*tempos, speed] if speed != 1 else tempos


def _lead(speed: Fraction) -> Fraction:
    """Seconds of the source by which atempo's output is early: it shows the middle of its first window at time zero, so
    each one leads by half a window of what it is given (tests/endtoend/test_sync.py)."""
    lead, factor = Fraction(0), Fraction(1)
    for tempo in _tempos(speed):
        lead += factor * _TEMPO_WINDOW / 2
        factor *= tempo
    return lead


def exactly(first: int, last: int) -> tuple[FilterCall, ...]:
    """Samples `first` up to, not including, `last`, with silence where the source has ended."""
    return (call("apad"), *_cut(first, last))


def _cut(first: int, last: int) -> tuple[FilterCall, ...]:
    return (call("atrim", start_sample=first, end_sample=last), FROM_ZERO)


def fade(direction: str, start: int, samples: int) -> FilterCall:
    """From silence (`in`) or into it (`out`), from sample `start` on."""
    return call("afade", type=direction, start_sample=start, nb_samples=samples, curve=FADE_CURVE)


def samples_in(span: FrameSpan, rate: Fraction) -> int:
    """How many samples the frames of a span last, from its place on the timeline."""
    return sample_at(span.end, rate) - sample_at(span.start, rate)
