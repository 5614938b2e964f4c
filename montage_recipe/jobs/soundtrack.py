"""The jobs of the sound: parts of the clips' sound, each track's samples, and one job that puts them together.

Sound goes its own way from the sources to the finished file, because a graph that wants both picture and sound of many
clips makes ffmpeg decode and queue all of their pictures (20 GB at 50 clips). It is carried as samples and encoded once;
AAC parts could not be joined without a gap at every seam.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from montage_recipe.diagnostics import RecipePath
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
from montage_recipe.jobs.model import Expected, Job, JobInput, JobKind, LoudnessTarget, TextFile
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """Samples that are laid over the clips' sound: a track, or several that were laid over each other already."""

    job: Job
    shows: FrameSpan
    at: RecipePath
    loop: bool = False
    volume: float = 1
    fade_in_frames: int = 0
    fade_out_frames: int = 0


def layers_of(timeline: Timeline, tracks: Sequence[Job]) -> tuple[Layer, ...]:
    """One for each of `timeline.sounds`, whose samples `tracks` are, in order."""
    return tuple(
        Layer(
            job=track,
            shows=sound.shows,
            at=sound.at,
            loop=sound.loop,
            volume=sound.volume,
            fade_in_frames=sound.fade_in_frames,
            fade_out_frames=sound.fade_out_frames,
        )
        for sound, track in zip(timeline.sounds, tracks, strict=True)
    )


def few_layers(
    layers: Sequence[Layer], timeline: Timeline, *, engine: Engine
) -> tuple[tuple[Job, ...], tuple[Layer, ...]]:
    """At most MOST_LAYERS that together sound as `layers`, and the jobs that lay neighbours over each other for that."""
    jobs: list[Job] = []
    while len(layers) > MOST_LAYERS:
        layers = sorted(layers, key=lambda layer: (layer.shows, layer.job.key))
        groups = [layers[first : first + MOST_LAYERS] for first in range(0, len(layers), MOST_LAYERS)]
        layers = tuple(_laid_together(group, timeline, engine=engine) for group in groups)
        jobs += [layer.job for layer in layers]
    return tuple(jobs), tuple(layers)


def _laid_together(layers: Sequence[Layer], timeline: Timeline, *, engine: Engine) -> Layer:
    span = FrameSpan(min(layer.shows.start for layer in layers), max(layer.shows.end for layer in layers))
    laying = _Laying(layers, timeline.canvas.fps, first=span.start)
    builder = GraphBuilder()
    samples = samples_in(span, timeline.canvas.fps)
    mixed = laying.over((), builder)
    graph = builder.finish(builder.chain(mixed, exactly(0, samples), at=layers[0].at))
    argv = GraphArguments(graph, output_options=("-vn", *PCM_OPTIONS), output="file:out.wav")
    job = Job(
        key=job_key(engine=engine, argv=argv, inputs=laying.inputs, files=laying.files),
        kind=JobKind.MUSIC,
        label=f"{len(layers)} tracks together",
        argv=argv,
        inputs=laying.inputs,
        files=laying.files,
        output="out.wav",
        expected=Expected(samples=samples),
        memory_bytes=sound_memory(2 * len(layers)),
        threads=1,
        duration=Fraction(samples, SAMPLE_RATE),
        origins=graph_origins(graph),
        at=layers[0].at,
    )
    return Layer(job=job, shows=span, at=layers[0].at)


def soundtrack_job(
    timeline: Timeline, parts: Sequence[Job], layers: Sequence[Layer], output: Output, *, engine: Engine
) -> Job:
    """Joins the parts, lays the layers over them, levels the sum and encodes it.

    `parts` follow each other from the timeline's beginning to its end.
    """
    samples = sample_at(timeline.length, timeline.canvas.fps)
    laying = _Laying(layers, timeline.canvas.fps, first=0)
    names = [f"part{number}.wav" for number in range(len(parts))]
    listed = _listed([(name, _samples_of(part)) for name, part in zip(names, parts, strict=True)])
    inputs = (*(JobInput(name=name, key=part.key) for name, part in zip(names, parts, strict=True)), *laying.inputs)
    files = (TextFile(name="parts.txt", text=listed), *laying.files)
    target = None
    if timeline.loudness:
        target = LoudnessTarget(integrated=timeline.loudness.integrated, true_peak=timeline.loudness.true_peak)
    graph = _soundtrack(laying, samples, levelled=target is not None, measuring=False)
    gain = (_GAIN_ID, "{gain}") if target else None  # the executor fills it in after measuring
    argv = GraphArguments(graph, output_options=("-vn", *aac_options(output)), output="file:out.m4a", replacing=gain)
    measure: Sequence[str] = ()
    if target:
        measuring = _soundtrack(laying, samples, levelled=True, measuring=True)
        measure = GraphArguments(measuring, output_options=("-f", "null"), output="-", replacing=gain)
    return Job(
        key=job_key(engine=engine, argv=argv, inputs=inputs, files=files, measure=measure, loudness=target),
        kind=JobKind.LOUDNESS,
        label="soundtrack",
        argv=argv,
        inputs=inputs,
        files=files,
        output="out.m4a",
        expected=Expected(samples=samples, sample_tolerance=_AAC_FRAME),
        memory_bytes=sound_memory(1 + 2 * len(layers)),
        threads=1,
        duration=Fraction(samples, SAMPLE_RATE),
        origins=graph_origins(graph),
        at=("loudness",) if target else ("audio",) if timeline.sounds else ("clips",),
        measure=measure,
        loudness=target,
    )


def _soundtrack(laying: _Laying, samples: int, *, levelled: bool, measuring: bool) -> FilterGraph:
    """Ends in the loudness meter, or behind the place for the gain."""
    builder = GraphBuilder()
    clips = builder.chain(builder.listed("parts.txt"), (STEREO, *exactly(0, samples)), at=())
    mixed = laying.over((clips,), builder)
    if levelled:
        mixed = builder.chain(mixed, (call("anull"),), at=("loudness", "gain"))
    if measuring:
        # framelog=quiet makes ffmpeg 5.1 report 0.0 for everything.
        meter = call("ebur128", peak="true", framelog="verbose")
        return builder.finish(builder.chain(mixed, (meter,), at=("loudness", "meter")))
    mixed = builder.chain(mixed, exactly(0, samples), at=())
    if not levelled:
        # Prints the peak; nothing is changed.
        meter = call("astats", measure_overall="Peak_level", measure_perchannel="none")
        mixed = builder.chain(mixed, (meter,), at=())
    return builder.finish(mixed)


_GAIN_ID = "loudness_gain"
MOST_LAYERS = 16  # in one process: each is an open input, and a silence before it


class _Laying:
    """Layers in one graph, whose first sample belongs to the frame `first`; the files it reads and the lists that name
    them."""

    def __init__(self, layers: Sequence[Layer], rate: Fraction, *, first: int) -> None:
        self._layers, self._rate, self._first = layers, rate, first
        links, lists = [], []
        for number, layer in enumerate(layers):
            name = f"track{number}.wav"
            links.append(JobInput(name=name, key=layer.job.key))
            times = -(-samples_in(layer.shows, rate) // _samples_of(layer.job)) if layer.loop else 1
            lists.append(TextFile(name=f"track{number}.txt", text=_listed([(name, _samples_of(layer.job))] * times)))
        self.inputs, self.files = tuple(links), tuple(lists)

    def over(self, streams: tuple[str, ...], builder: GraphBuilder) -> str:
        """All layers over `streams`, the sum as long as the first of them all, or as the longest where there are none."""
        laid = tuple(self._laid(builder, number) for number in range(len(self._layers)))
        together = (*streams, *laid)
        if len(together) == 1:
            return together[0]
        lasts = "first" if streams else "longest"
        mix = call("amix", inputs=len(together), normalize=0, duration=lasts, dropout_transition=0)
        return builder.join(together, mix, at=())

    def _laid(self, builder: GraphBuilder, number: int) -> str:
        """One layer, repeated, cut, faded, and preceded by silence up to its place."""
        layer = self._layers[number]
        length = samples_in(layer.shows, self._rate)
        calls = [STEREO, *exactly(0, length)]
        if layer.volume != 1:
            calls.append(call("volume", volume=repr(layer.volume), precision="float"))
        for direction, frames in (("in", layer.fade_in_frames), ("out", layer.fade_out_frames)):
            if frames:
                samples = sample_at(frames, self._rate)
                calls.append(fade(direction, 0 if direction == "in" else length - samples, samples))
        track = builder.chain(builder.listed(f"track{number}.txt"), calls, at=layer.at)
        lead = samples_in(FrameSpan(self._first, layer.shows.start), self._rate)
        if not lead:
            return track
        # adelay would hold the whole delay in memory.
        silence = builder.source("anullsrc", f"r={SAMPLE_RATE}:cl=stereo")
        silence = builder.chain(silence, (STEREO, call("atrim", end_sample=lead)), at=layer.at)
        return builder.join((silence, track), call("concat", n=2, v=0, a=1), at=layer.at)


def _listed(names: list[tuple[str, int]]) -> str:
    return concat_list((name, Fraction(samples, SAMPLE_RATE)) for name, samples in names)


def _samples_of(job: Job) -> int:
    assert job.expected.samples is not None
    return job.expected.samples
