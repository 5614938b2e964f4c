"""Small jobs and plans for tests of what runs them: pictures of 64x36 at 25 frames a second, tones at 48 kHz."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from montage_recipe.diagnostics import RecipePath
from montage_recipe.engine import Engine
from montage_recipe.jobs.model import Expected, FileInput, Job, JobInput, JobKind, LoudnessTarget, Plan, TextFile
from montage_recipe.render.events import Event
from montage_recipe.render.memory import Limits

RATE = Fraction(25)
MIB = 1024 * 1024
ROOMY = Limits(jobs=2, memory_bytes=4096 * MIB)

_ENCODE = ("-c:v", "libx264", "-preset", "ultrafast", "-threads", "1", "-pix_fmt", "yuv420p", "-bf", "0")
_CLOCK = ("-video_track_timescale", "25000", "-movie_timescale", "25000", "-fflags", "+bitexact")


def key_of(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def engine_at(path: str | Path) -> Engine:
    """What the executor needs to know of an ffmpeg: where it is."""
    nothing: frozenset[str] = frozenset()
    return Engine(
        path=str(path),
        origin="test",
        version=(0, 0),
        version_text="test",
        build_id="test",
        filters=nothing,
        encoders=nothing,
        decoders=nothing,
        transitions=nothing,
    )


def picture_job(
    number: int = 0,
    *,
    frames: int = 5,
    filters: str = "null@nothing",
    memory_bytes: int = 32 * MIB,
    threads: int = 1,
    origins: tuple[tuple[str, RecipePath], ...] = (),
    expected: Expected | None = None,
    realtime: bool = False,
) -> Job:
    """A segment of a test picture; `number` makes it another one. `realtime` makes it last as long as it plays."""
    pace = ("-re",) if realtime else ()
    source = f"testsrc2=s=64x36:r=25:d={frames / 25 + 1},hue=h={number * 7}"
    argv = (
        *("-nostdin", *pace, "-f", "lavfi", "-i", source, "-filter_complex", f"[0:v]{filters}[v]", "-map", "[v]"),
        *("-frames:v", str(frames), *_ENCODE, *_CLOCK, "-f", "mp4", "file:out.mp4"),
    )
    return Job(
        key=key_of("picture", argv),
        kind=JobKind.VIDEO,
        label=f"clip {number + 1}",
        argv=argv,
        inputs=(),
        files=(),
        output="out.mp4",
        expected=expected or Expected(frames=frames, width=64, height=36, rate=RATE),
        memory_bytes=memory_bytes,
        threads=threads,
        duration=frames / RATE,
        origins=origins,
        at=("clips", number),
    )


def copy_of(source: Path, *, frames: int, content: bytes | None = None) -> Job:
    """A segment that copies the picture of a file."""
    fingerprint = hashlib.sha256(source.read_bytes() if content is None else content).hexdigest()
    argv = ("-nostdin", "-i", "file:in0", "-map", "0:v", "-c", "copy", *_CLOCK, "-f", "mp4", "file:out.mp4")
    return Job(
        key=key_of("copy", argv, fingerprint),
        kind=JobKind.COPY,
        label="clip 1",
        argv=argv,
        inputs=(FileInput(name="in0", file=str(source), fingerprint=fingerprint),),
        files=(),
        output="out.mp4",
        expected=Expected(frames=frames, rate=RATE),
        memory_bytes=32 * MIB,
        threads=1,
        duration=frames / RATE,
        at=("clips", 0),
    )


def sound_job(*, samples: int) -> Job:
    """A tone as samples."""
    argv = (
        *("-nostdin", "-f", "lavfi", "-i", "sine=r=48000", "-af", f"atrim=end_sample={samples}"),
        *("-c:a", "pcm_s16le", "-f", "wav", "file:out.wav"),
    )
    return Job(
        key=key_of("sound", argv),
        kind=JobKind.SOUND,
        label="sound",
        argv=argv,
        inputs=(),
        files=(),
        output="out.wav",
        expected=Expected(samples=samples),
        memory_bytes=32 * MIB,
        threads=1,
        duration=Fraction(samples, 48000),
        at=("audio", 0),
    )


def levelled_job(*, samples: int) -> Job:
    """A tone brought to -16 LUFS, after being measured."""
    tone = ("-nostdin", "-f", "lavfi", "-i", "sine=r=48000", "-af")
    cut = f"aformat=channel_layouts=stereo,atrim=end_sample={samples}"
    return replace(
        sound_job(samples=samples),
        key=key_of("levelled", samples),
        kind=JobKind.LOUDNESS,
        argv=(*tone, f"{cut},{{gain}}", "-c:a", "pcm_s16le", "-f", "wav", "file:out.wav"),
        measure=(*tone, f"{cut},{{gain}},ebur128=peak=true:framelog=verbose", "-f", "null", "-"),
        loudness=LoudnessTarget(integrated=Fraction(-16), true_peak=Fraction(-1)),
    )


def waiting_for(job: Job, *others: Job) -> Job:
    """`job`, which now needs the outputs of others, though its command does not look at them."""
    links = tuple(JobInput(name=f"need{number}", key=other.key) for number, other in enumerate(others))
    return replace(job, key=key_of(job.key, [other.key for other in others]), inputs=(*job.inputs, *links))


def join_job(segments: Sequence[Job]) -> Job:
    """The pictures of the segments, one after the other."""
    lines = ["ffconcat version 1.0"]
    for number, segment in enumerate(segments):
        lines += [f"file s{number}.mp4", f"duration {float(segment.duration):.6f}"]
    argv = ("-nostdin", "-f", "concat", "-i", "file:list.txt", "-c", "copy", *_CLOCK, "-f", "mp4", "file:out.mp4")
    duration = sum((segment.duration for segment in segments), Fraction(0))
    return Job(
        key=key_of("join", argv, [segment.key for segment in segments]),
        kind=JobKind.JOIN,
        label="join",
        argv=argv,
        inputs=tuple(JobInput(name=f"s{number}.mp4", key=segment.key) for number, segment in enumerate(segments)),
        files=(TextFile(name="list.txt", text="\n".join(lines) + "\n"),),
        output="out.mp4",
        expected=Expected(frames=int(duration * RATE), width=64, height=36, rate=RATE),
        memory_bytes=32 * MIB,
        threads=1,
        duration=duration,
    )


def montage(output: Path, segments: Sequence[Job]) -> Plan:
    """The plan that makes the segments and joins them."""
    join = join_job(segments)
    jobs = tuple({job.key: job for job in (*segments, join)}.values())
    return Plan(output=output, jobs=jobs, frames=int(join.duration * RATE), rate=RATE, duration=join.duration)


class Recorder:
    """A listener that keeps what it hears."""

    def __init__(self, also: Callable[[Event], None] = lambda event: None) -> None:
        self.events: list[Event] = []
        self._also = also

    def __call__(self, event: Event) -> None:
        self.events.append(event)
        self._also(event)

    def labels(self, kind: type) -> list[str]:
        """The labels of the events of one kind, in order."""
        return [event.label for event in self.events if isinstance(event, kind) and hasattr(event, "label")]


def late_s(longest_gap_s: float) -> float:
    """By how much a look at the memory came later than it should near the limit, at worst."""
    return max(0.0, longest_gap_s - 0.01)
