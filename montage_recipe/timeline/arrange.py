"""The recipe and the facts become an exact timeline: durations are quantised to output frames here, and only here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from montage_recipe.diagnostics import Diagnostic, RecipeError, Severity
from montage_recipe.media.facts import MediaFacts, MediaKind
from montage_recipe.recipe.model import Clip, Recipe, Sound, Title
from montage_recipe.timecode import Time, format_seconds, frames_in, nearest
from montage_recipe.timeline.anchors import frame_of
from montage_recipe.timeline.model import (
    FrameSpan,
    Timeline,
    TimelineClip,
    TimelineSound,
    TimelineTitle,
    TimelineTransition,
)
from montage_recipe.timeline.sources import media_id
from montage_recipe.wording import counted


def arrange(recipe: Recipe, facts: Mapping[str, MediaFacts]) -> Timeline:
    """Places everything; `facts` maps `media_id` of every source of the recipe to what is known of it.

    Raises RecipeError with all faults: the paths in them say where; the caller adds the locations.
    """
    arranging = _Arranging(recipe=recipe, facts=facts, rate=recipe.canvas.fps)
    clips = tuple(arranging.clips())
    length = clips[-1].shows.end if clips else 0
    places = {clip.id: clip.shows for clip in clips if clip.id}
    titles = tuple(arranging.titles(places, length))
    sounds = tuple(arranging.sounds(places, length))
    errors = [fault for fault in arranging.faults if fault.severity is Severity.ERROR]
    if errors:
        raise RecipeError(arranging.faults)
    return Timeline(
        canvas=recipe.canvas,
        length=length,
        clips=clips,
        titles=titles,
        sounds=sounds,
        loudness=recipe.loudness,
        warnings=tuple(arranging.faults),
    )


@dataclass(kw_only=True)
class _Arranging:
    """The faults found so far, beside what every step needs."""

    recipe: Recipe
    facts: Mapping[str, MediaFacts]
    rate: Fraction
    faults: list[Diagnostic] = field(default_factory=list)

    def clips(self) -> Iterator[TimelineClip]:
        end = 0  # of the clip before
        room: int | None = 0  # frames of the clip before that its own transition leaves free; None after a fault
        for number, clip in enumerate(self.recipe.clips):
            media = self.facts[media_id(clip.src)]
            frames = self._clip_frames(clip, media)
            if frames is None:
                end, room = end + 1, None  # go on, to report the faults of the clips after this one too
                continue
            overlap = self._transition_frames(clip, frames=frames, room=room, first=number == 0)
            start = end if number == 0 else end - overlap
            end, room = start + frames, frames - overlap
            yield TimelineClip(
                at=clip.at,
                id=clip.id,
                media=media,
                in_=clip.in_.at(self.rate),
                speed=clip.speed,
                shows=FrameSpan(start, end),
                transition=TimelineTransition(at=clip.transition.at, type=clip.transition.type, frames=overlap),
                fit=clip.fit,
                effects=clip.effects,
                volume=clip.volume.factor,
                upscale=clip.upscale,
            )

    def _clip_frames(self, clip: Clip, media: MediaFacts) -> int | None:
        """Length of a clip on the timeline; None after a fault."""
        if media.kind is MediaKind.AUDIO or media.video is None:
            self._fault(
                "clip-without-picture",
                (*clip.at, "src"),
                f"{media.file} has no picture",
                "put sound into `audio:`; clips need a video or an image",
            )
            return None
        if media.kind is MediaKind.IMAGE:
            return self._still_frames(clip)
        start = clip.in_.at(self.rate)
        source_end = media.video.start + media.video.duration
        if start >= source_end and not media.animated:
            self._fault(
                "in-after-end",
                (*clip.at, "in"),
                f"`in` is {clip.in_}, but the picture of {media.file} ends at {format_seconds(source_end)}",
                f"choose an `in` before {format_seconds(source_end)}",
            )
            return None
        stop = self._clip_stop(clip, default=source_end)
        frames = frames_in((stop - start) / clip.speed, self.rate)
        if frames < 1:
            self._too_short(clip)
            return None
        if not media.animated and self._shown(start, frames, clip.speed) >= source_end:
            name = "out" if clip.out is not None else "duration"
            self._fault(
                "out-after-end",
                (*clip.at, name),
                f"the clip takes its source up to {format_seconds(stop)}, but the picture of {media.file} ends at "
                f"{format_seconds(source_end)}",
                f"end it at {format_seconds(source_end)} or before, or leave `{name}` out to take all there is",
            )
            return None
        return frames

    def _still_frames(self, clip: Clip) -> int | None:
        if clip.duration is None:
            self._fault(
                "still-needs-duration",
                clip.at,
                "a still image has no duration of its own",
                "say how long it shows: `duration: 3s`",
            )
            return None
        if clip.in_ != Time():
            self._fault(
                "unused-key",
                (*clip.at, "in"),
                "a still picture has no time of its own, so `in` means nothing here",
                "leave it out",
                severity=Severity.WARNING,
            )
        frames = frames_in(clip.duration.at(self.rate), self.rate)
        if frames < 1:
            self._too_short(clip)
            return None
        return frames

    def _clip_stop(self, clip: Clip, *, default: Fraction) -> Fraction:
        if clip.out is not None:
            return clip.out.at(self.rate)
        if clip.duration is not None:
            return clip.in_.at(self.rate) + clip.duration.at(self.rate)
        return default

    def _shown(self, start: Fraction, frames: int, speed: Fraction) -> Fraction:
        """The time in the source of the last of `frames` frames."""
        return start + (frames - 1) * speed / self.rate

    def _too_short(self, clip: Clip) -> None:
        self._fault(
            "clip-too-short",
            clip.at,
            f"the clip is shorter than half a frame ({format_seconds(1 / self.rate)} a frame)",
            "take more of the source",
        )

    def _transition_frames(self, clip: Clip, *, frames: int, room: int | None, first: bool) -> int:
        use = clip.transition
        if use.type == "none":
            return 0
        wanted = frames_in(use.duration.at(self.rate), self.rate)
        free = frames if first or room is None else min(frames, room)
        if wanted < 1:
            self._fault(
                "transition-too-short",
                use.at,
                f"the {use.type} lasts {use.duration}, less than half a frame",
                "make it longer, or write `transition: none` for a cut",
            )
        elif wanted > free:
            neighbour = "this clip" if free == frames else "the clip before it"
            self._fault(
                "transition-longer-than-clip",
                use.at,
                f"the {use.type} lasts {use.duration}, but {neighbour} has only {self._frames_text(free)} free for it",
                "shorten the transition or take more of the clip",
            )
        return min(wanted, free)

    def titles(self, places: Mapping[str, FrameSpan], length: int) -> Iterator[TimelineTitle]:
        for title in self.recipe.titles:
            span = self._title_span(title, places, length)
            if span is None:
                continue
            fade = frames_in(title.fade.at(self.rate), self.rate)
            if 2 * fade > span.length:
                self._fault(
                    "fade-longer-than-title",
                    (*title.at, "fade"),
                    f"the title shows for {self._frames_text(span.length)}, its two fades last {title.fade} each",
                    "shorten `fade` or show the title longer",
                )
            yield TimelineTitle(
                at=title.at,
                text=title.text,
                shows=span,
                fade_frames=fade,
                position=title.position,
                size=title.size,
                color=title.color,
                font=str(title.font) if title.font else None,
                style=title.style,
            )

    def _title_span(self, title: Title, places: Mapping[str, FrameSpan], length: int) -> FrameSpan | None:
        if any(a is not None and a.clip is not None and a.clip not in places for a in (title.start, title.end)):
            return None  # anchored to a clip that has a fault of its own
        start = frame_of(title.start, clips=places, length=length, rate=self.rate)
        if title.end is not None:
            end = frame_of(title.end, clips=places, length=length, rate=self.rate)
        else:
            assert title.duration is not None  # validation: exactly one of the two
            end = start + frames_in(title.duration.at(self.rate), self.rate)
        return self._inside(FrameSpan(start, end), title.at, "title", length)

    def _inside(self, span: FrameSpan, at: tuple[str | int, ...], what: str, length: int) -> FrameSpan | None:
        """The span, cut off at the montage's end with a warning; None after a fault."""
        if span.start < 0 or span.start >= length:
            where = "before the montage begins" if span.start < 0 else "after the montage ends"
            self._fault(
                f"{what}-outside",
                (*at, "start"),
                f"the {what} starts {where}",
                f"the montage lasts {self._frames_text(length)}",
            )
            return None
        if span.end <= span.start:
            self._fault(f"{what}-ends-before-start", at, f"the {what} ends before it starts", "choose a later `end`")
            return None
        if span.end > length:
            self._fault(
                f"{what}-cut-off",
                at,
                f"the {what} would go on for {self._frames_text(span.end - length)} after the end of the montage; "
                "it ends with it",
                "shorten it to silence this warning",
                severity=Severity.WARNING,
            )
        return FrameSpan(span.start, min(span.end, length))

    def sounds(self, places: Mapping[str, FrameSpan], length: int) -> Iterator[TimelineSound]:
        for sound in self.recipe.audio:
            media = self.facts[media_id(sound.src)]
            if media.audio is None:
                self._fault(
                    "no-sound", (*sound.at, "src"), f"{media.file} has no sound", "name a file with sound in `audio:`"
                )
                continue
            if any(a is not None and a.clip is not None and a.clip not in places for a in (sound.start, sound.end)):
                continue
            taken = self._sound_taken(sound, media.audio.start + media.audio.duration, media.file)
            if taken is None:
                continue
            span = self._sound_span(sound, places, length, taken[1] - taken[0])
            if span is None:
                continue
            yield TimelineSound(
                at=sound.at,
                media=media,
                shows=span,
                in_=taken[0],
                out=min(taken[1], taken[0] + span.length / self.rate),  # what is never heard need not be decoded
                loop=sound.loop,
                volume=sound.volume.factor,
                fade_in_frames=frames_in(sound.fade_in.at(self.rate), self.rate),
                fade_out_frames=frames_in(sound.fade_out.at(self.rate), self.rate),
            )

    def _sound_taken(self, sound: Sound, source_end: Fraction, file: str) -> tuple[Fraction, Fraction] | None:
        start = sound.in_.at(self.rate)
        stop = sound.out.at(self.rate) if sound.out else source_end
        if start >= source_end:
            self._fault(
                "in-after-end",
                (*sound.at, "in"),
                f"`in` is {sound.in_}, but the sound of {file} ends at {format_seconds(source_end)}",
                f"choose an `in` before {format_seconds(source_end)}",
            )
            return None
        if stop > source_end + 1 / self.rate:
            self._fault(
                "out-after-end",
                (*sound.at, "out"),
                f"`out` is {sound.out}, but the sound of {file} ends at {format_seconds(source_end)}",
                f"choose an `out` up to {format_seconds(source_end)}, or leave it out",
            )
            return None
        stop = min(stop, source_end)  # less than a frame: a hole of silence in every turn of a loop otherwise
        if frames_in(stop - start, self.rate) < 1:
            self._fault(
                "sound-too-short",
                sound.at,
                f"only {format_seconds(stop - start)} of {file} are taken, less than a frame",
                "take more of the source",
            )
            return None
        return start, stop

    def _sound_span(
        self, sound: Sound, places: Mapping[str, FrameSpan], length: int, taken: Fraction
    ) -> FrameSpan | None:
        start = frame_of(sound.start, clips=places, length=length, rate=self.rate)
        lasts = max(1, nearest(taken * self.rate))
        if sound.end is not None:
            end = frame_of(sound.end, clips=places, length=length, rate=self.rate)
            if not sound.loop and end - start > lasts:
                self._fault(
                    "sound-ends-early",
                    sound.at,
                    f"the sound lasts {self._frames_text(lasts)} and ends before its `end`",
                    "write `loop: true` to repeat it",
                    severity=Severity.WARNING,
                )
                end = start + lasts
        else:
            end = length if sound.loop else min(length, start + lasts)
            end = max(end, start + 1)  # one that starts after the montage is told so below
        span = self._inside(FrameSpan(start, end), sound.at, "sound", length)
        fades = frames_in((sound.fade_in.at(self.rate) + sound.fade_out.at(self.rate)), self.rate)
        if span and fades > span.length:
            self._fault(
                "fade-longer-than-sound",
                sound.at,
                f"the sound plays for {self._frames_text(span.length)}, its fades last longer",
                "shorten `fade_in` or `fade_out`",
            )
        return span

    def _frames_text(self, frames: int) -> str:
        return f"{format_seconds(frames / self.rate)} ({counted(frames, 'frame')})"

    def _fault(
        self,
        code: str,
        path: tuple[str | int, ...],
        message: str,
        hint: str,
        severity: Severity = Severity.ERROR,
    ) -> None:
        self.faults.append(Diagnostic(code=code, path=path, message=message, hint=hint, severity=severity))
