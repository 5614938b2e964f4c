"""The jobs of the sound: parts of the clips' sound, each track's samples, and one job that puts them together.

Sound goes its own way from the sources to the finished file, because a graph that wants both picture and sound of many
clips makes ffmpeg decode and queue all of their pictures (20 GB at 50 clips). It is carried as samples and encoded once;
AAC parts could not be joined without a gap at every seam.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from montage_recipe.effects.spec import call
from montage_recipe.engine import Engine
from montage_recipe.graph.builder import GraphBuilder
from montage_recipe.graph.emit import GraphArguments
from montage_recipe.graph.model import FilterGraph
from montage_recipe.graph.sound import STEREO, exactly, fade, lower_sound, lower_track, samples_in, track_samples
from montage_recipe.jobs.encoding import PCM_OPTIONS, aac_options
from montage_recipe.jobs.keys import job_key
from montage_recipe.jobs.links import concat_list, graph_links, graph_origins
from montage_recipe.jobs.memory import sound_memory
from montage_recipe.jobs.model import Expected, FileInput, Job, JobInput, JobKind, LoudnessTarget, TextFile
from montage_recipe.jobs.picture import describe
from montage_recipe.recipe.model import Output
from montage_recipe.timecode import SAMPLE_RATE, sample_at
from montage_recipe.timeline.model import FrameSpan, Timeline, TimelineSound

_AAC_FRAME = 1024  # samples; the last frame of an AAC stream is filled up


def sound_job(timeline: Timeline, span: FrameSpan, *, engine: Engine, generated: Mapping[str, Job]) -> Job:
    """The sound of the clips of `span`, as samples."""
    graph = lower_sound(timeline, span)
    samples = samples_in(span, timeline.canvas.fps)
    label, at = describe(timeline, span)
    return _samples_job(graph, samples, f"sound of {label}", at, JobKind.SOUND, engine=engine, generated=generated)


def track_job(sound: TimelineSound, *, engine: Engine, generated: Mapping[str, Job]) -> Job:
    """The part of a track that `audio:` names, as samples; looped, faded and placed later."""
    graph = lower_track(sound.media, sound.in_, sound.out, sound.at)
    samples = track_samples(sound.in_, sound.out)
    label = f"track {sound.at[-1] if isinstance(sound.at[-1], str) else sound.at[-1] + 1}"
    return _samples_job(graph, samples, label, sound.at, JobKind.MUSIC, engine=engine, generated=generated)


def _samples_job(
    graph: FilterGraph,
    samples: int,
    label: str,
    at: tuple[str | int, ...],
    kind: JobKind,
    *,
    engine: Engine,
    generated: Mapping[str, Job],
) -> Job:
    argv = GraphArguments(graph, output_options=("-vn", *PCM_OPTIONS), output="file:out.wav")
    inputs = graph_links(graph, generated)
    return Job(
        key=job_key(engine=engine, argv=argv, inputs=inputs),
        kind=kind,
        label=label,
        argv=argv,
        inputs=inputs,
        files=(),
        output="out.wav",
        expected=Expected(samples=samples),
        memory_bytes=sound_memory(len(graph.inputs)),
        threads=1,
        duration=Fraction(samples, SAMPLE_RATE),
        origins=graph_origins(graph),
        at=at,
    )


def soundtrack_job(
    timeline: Timeline, parts: Sequence[Job], tracks: Sequence[Job], output: Output, *, engine: Engine
) -> Job:
    """Joins the parts, lays the tracks over them, levels the sum and encodes it.

    `parts` follow each other from the timeline's beginning to its end; `tracks` are those of `timeline.sounds`, in order.
    """
    mixing = _Mixing(timeline, parts, tracks)
    samples = mixing.total
    target = None
    if timeline.loudness:
        target = LoudnessTarget(integrated=timeline.loudness.integrated, true_peak=timeline.loudness.true_peak)
    graph = mixing.graph(measuring=False)
    argv = GraphArguments(
        graph,
        output_options=("-vn", *aac_options(output)),
        output="file:out.m4a",
        replacing=(_GAIN_ID, "{gain}") if target else None,  # the executor fills it in after measuring
    )
    measure: Sequence[str] = ()
    if target:
        measure = GraphArguments(
            mixing.graph(measuring=True), output_options=("-f", "null"), output="-", replacing=(_GAIN_ID, "{gain}")
        )
    return Job(
        key=job_key(
            engine=engine,
            argv=argv,
            inputs=mixing.inputs,
            files=mixing.files,
            measure=measure,
            loudness=target,
        ),
        kind=JobKind.LOUDNESS,
        label="soundtrack",
        argv=argv,
        inputs=mixing.inputs,
        files=mixing.files,
        output="out.m4a",
        expected=Expected(samples=samples, sample_tolerance=_AAC_FRAME),
        memory_bytes=sound_memory(1 + len(tracks)),
        threads=1,
        duration=Fraction(samples, SAMPLE_RATE),
        origins=graph_origins(graph),
        at=("audio",) if timeline.sounds else ("clips",),
        measure=measure,
        loudness=target,
    )


_GAIN_ID = "loudness_gain"


class _Mixing:
    """The graph that adds the tracks to the clips' sound, the files it reads and the lists that name them."""

    def __init__(self, timeline: Timeline, parts: Sequence[Job], tracks: Sequence[Job]) -> None:
        self._timeline = timeline
        self._tracks = tracks
        self.total = sample_at(timeline.length, timeline.canvas.fps)
        names = [f"part{number}.wav" for number in range(len(parts))]
        lists = [
            TextFile(name="parts.txt", text=_listed([(n, _samples_of(p)) for n, p in zip(names, parts, strict=True)]))
        ]
        links = [JobInput(name=name, key=part.key) for name, part in zip(names, parts, strict=True)]
        for number, (sound, track) in enumerate(zip(timeline.sounds, tracks, strict=True)):
            name = f"track{number}.wav"
            links.append(JobInput(name=name, key=track.key))
            times = -(-samples_in(sound.shows, timeline.canvas.fps) // _samples_of(track)) if sound.loop else 1
            lists.append(TextFile(name=f"track{number}.txt", text=_listed([(name, _samples_of(track))] * times)))
        self.inputs: tuple[FileInput | JobInput, ...] = tuple(links)
        self.files = tuple(lists)

    def graph(self, *, measuring: bool) -> FilterGraph:
        """Ends in the loudness meter, or in the place for the gain."""
        builder = GraphBuilder()
        mixed = builder.chain(builder.listed("parts.txt"), (STEREO, *exactly(0, self.total)), at=())
        laid = [self._laid(builder, number) for number in range(len(self._tracks))]
        if laid:
            mix = call("amix", inputs=1 + len(laid), normalize=0, duration="first", dropout_transition=0)
            mixed = builder.join((mixed, *laid), mix, at=())
        if self._timeline.loudness:
            mixed = builder.chain(mixed, (call("anull"),), at=("loudness", "gain"))
        if measuring:
            # framelog=quiet makes ffmpeg 5.1 report 0.0 for everything.
            meter = call("ebur128", peak="true", framelog="verbose")
            return builder.finish(builder.chain(mixed, (meter,), at=("loudness", "meter")))
        mixed = builder.chain(mixed, exactly(0, self.total), at=())
        if not self._timeline.loudness:
            # Prints the peak; nothing is changed.
            meter = call("astats", measure_overall="Peak_level", measure_perchannel="none")
            mixed = builder.chain(mixed, (meter,), at=())
        return builder.finish(mixed)

    def _laid(self, builder: GraphBuilder, number: int) -> str:
        """One track, repeated, cut, faded, and preceded by silence up to its place."""
        sound = self._timeline.sounds[number]
        rate = self._timeline.canvas.fps
        length = samples_in(sound.shows, rate)
        calls = [STEREO, *exactly(0, length)]
        if sound.volume != 1:
            calls.append(call("volume", volume=repr(sound.volume), precision="float"))
        for direction, frames in (("in", sound.fade_in_frames), ("out", sound.fade_out_frames)):
            if frames:
                samples = sample_at(frames, rate)
                calls.append(fade(direction, 0 if direction == "in" else length - samples, samples))
        track = builder.chain(builder.listed(f"track{number}.txt"), calls, at=sound.at)
        lead = sample_at(sound.shows.start, rate)
        if not lead:
            return track
        # adelay would hold the whole delay in memory.
        silence = builder.source("anullsrc", f"r={SAMPLE_RATE}:cl=stereo")
        silence = builder.chain(silence, (STEREO, call("atrim", end_sample=lead)), at=sound.at)
        return builder.join((silence, track), call("concat", n=2, v=0, a=1), at=sound.at)


def _listed(names: list[tuple[str, int]]) -> str:
    return concat_list((name, Fraction(samples, SAMPLE_RATE)) for name, samples in names)


def _samples_of(job: Job) -> int:
    assert job.expected.samples is not None
    return job.expected.samples
