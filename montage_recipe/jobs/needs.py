"""What a timeline needs that an ffmpeg may lack; said before anything is rendered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from montage_recipe.diagnostics import Diagnostic, RecipePath
from montage_recipe.effects import EFFECTS
from montage_recipe.engine import Engine
from montage_recipe.graph.normalise import is_hdr, is_wide
from montage_recipe.timeline.model import Timeline, TimelineClip
from montage_recipe.transitions import TRANSITIONS
from montage_recipe.wording import either

# Loudness is measured by the first, and held under its peak by the second.
LOUDNESS_FILTERS = ("ebur128", "alimiter")


def lacking(timeline: Timeline, engine: Engine) -> Iterator[Diagnostic]:
    """One fault for each thing of the timeline that the engine cannot do, at its place."""
    for clip in timeline.clips:
        yield from _transition(clip, engine)
        yield from _decoder(clip, engine)
        for what, filters, at in _wanted(clip):
            yield from lacks_filters(what, filters, engine, at)
    for title in timeline.titles:
        yield from lacks_filters("a title", ("subtitles",), engine, title.at)
    if timeline.loudness:
        yield from lacks_filters("`loudness`", LOUDNESS_FILTERS, engine, ("loudness",))


def lacks_filters(what: str, filters: Iterable[str], engine: Engine, at: RecipePath) -> Iterator[Diagnostic]:
    """A fault where `what` needs filters that the engine does not have."""
    if missing := sorted(set(filters) - engine.filters):
        yield _fault(f"{what} needs the filter {either([f'`{name}`' for name in missing], last='and')}", engine, at)


def _wanted(clip: TimelineClip) -> Iterator[tuple[str, tuple[str, ...], RecipePath]]:
    """What a clip needs besides the filters that every montage is made with."""
    video = clip.media.video
    assert video is not None  # arrange refuses clips without a picture
    if is_hdr(video):
        yield "HDR footage", ("zscale", "tonemap"), clip.at
    elif is_wide(video):
        yield f"footage with {video.primaries} colours", ("zscale",), clip.at
    if video.interlaced:
        yield "interlaced footage", ("bwdif",), clip.at
    if clip.fit == "blur":
        yield "`fit: blur`", ("gblur",), clip.at
    if clip.speed != 1 and clip.media.audio:
        yield "sound at another speed", ("atempo",), clip.at
    for use in clip.effects:
        yield f"the effect `{use.name}`", tuple(c.name for c in EFFECTS[use.name].lower(use.params)), use.at


def _decoder(clip: TimelineClip, engine: Engine) -> Iterator[Diagnostic]:
    """Only footage whose default decoder is wrong names one."""
    assert clip.media.video is not None
    decoder = clip.media.video.decoder
    if decoder and decoder not in engine.decoders:
        yield _fault(f"the transparency of this footage needs the decoder `{decoder}`", engine, clip.at)


def _transition(clip: TimelineClip, engine: Engine) -> Iterator[Diagnostic]:
    if not clip.transition.frames:
        return
    transition = TRANSITIONS[clip.transition.type]
    if transition.xfade not in engine.transitions:
        yield Diagnostic(
            code="engine-lacks-feature",
            path=clip.transition.at,
            message=f"ffmpeg {engine.version_text} has no {transition.name}; it came with ffmpeg {transition.needs}",
            hint="choose another transition, or leave MONTAGE_FFMPEG unset to use the ffmpeg that is installed along",
        )


def _fault(message: str, engine: Engine, at: RecipePath) -> Diagnostic:
    return Diagnostic(
        code="engine-lacks-feature",
        path=at,
        message=f"{message}, which ffmpeg {engine.version_text} was built without",
        hint="leave MONTAGE_FFMPEG unset to use the ffmpeg that is installed along, or choose another one",
    )
