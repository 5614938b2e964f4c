"""The bounded work: jobs, and the plan that is their acyclic graph.

A job is one ffmpeg process (two, for the job that measures loudness first) that runs in a folder of its own. Everything
it reads is linked into that folder under a generated name, and it writes one file there; so its command holds no path of
this machine, and its key, the hash of the command, of the content of all it reads and of the ffmpeg build, holds on every
machine. Upscalings are jobs without a command: GPU hosts do them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from pathlib import Path

from montage_recipe.diagnostics import RecipePath
from montage_recipe.timeline.model import FrameSpan
from montage_recipe.upscale.request import UpscaleRequest

_ENLARGED_PIXELS_PER_S = 2_000_000  # of the source, about, by a GPU of the middle


class JobKind(StrEnum):
    GENERATE = "generate"  # footage and music that ffmpeg itself makes
    VIDEO = "video"  # a segment of the picture, encoded
    COPY = "copy"  # a segment of the picture, copied from the source
    SOUND = "sound"  # a segment of the clips' sound, as samples
    MUSIC = "music"  # one entry of `audio:`, as samples
    LOUDNESS = "loudness"  # all sound together: measured, levelled and encoded
    UPSCALE = "upscale"  # a part of a source, enlarged on a GPU host
    JOIN = "join"  # the finished file


@dataclass(frozen=True, slots=True, kw_only=True)
class FileInput:
    """A file outside the store, linked into the job's folder as `name`."""

    name: str
    file: str  # absolute path
    fingerprint: str  # sha256 of its content


@dataclass(frozen=True, slots=True, kw_only=True)
class JobInput:
    """Another job's output, linked into the job's folder as `name`."""

    name: str
    key: str  # the other job's key


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFile:
    """A small text written into the job's folder: a title's ASS document, a concat list."""

    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What the output must be; checked by probing before it is published. None: not checked."""

    frames: int | None = None  # pictures
    width: int | None = None
    height: int | None = None
    samples: int | None = None  # sound at 48 kHz; exact for PCM
    # AAC may end up to one codec frame late; a joined file's sound must end within one picture frame of its picture.
    sample_tolerance: int = 0
    rate: Fraction | None = None  # every step between pictures is 1/rate


@dataclass(frozen=True, slots=True, kw_only=True)
class LoudnessTarget:
    integrated: Fraction  # LUFS
    true_peak: Fraction  # dBTP


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One bounded piece of work.

    `argv` begins after the program's name: ("-nostdin", "-i", "file:in0", …, "file:out.mp4"). `measure`, where set, is
    run first; what it prints is turned by `jobs.loudness` into the value that replaces each "{gain}" of `argv`.
    """

    key: str  # sha256 in hex
    kind: JobKind
    label: str  # for people: "clips 3 to 5"
    argv: Sequence[str]
    inputs: tuple[FileInput | JobInput, ...]
    files: tuple[TextFile, ...]
    output: str  # the file name in the job's folder, e.g. out.mp4
    expected: Expected
    memory_bytes: int  # estimated peak of the process
    threads: int  # cores it keeps busy
    duration: Fraction  # seconds of output, for progress
    origins: tuple[tuple[str, RecipePath], ...] = ()  # node id -> the place in the recipe it came from
    at: RecipePath = ()  # the place to blame when a fault names no node
    measure: Sequence[str] = ()
    loudness: LoudnessTarget | None = None
    upscale: UpscaleRequest | None = None  # of UPSCALE, which has no command

    @property
    def place_of_source(self) -> RecipePath:
        """Of its one source; of several none, as a place that may be another one's is worse."""
        files = {source.file for source in self.inputs if isinstance(source, FileInput)}
        return self.at if len(files) == 1 else ()

    @property
    def weight(self) -> float:
        """Seconds of work for a second of output, as progress counts it: 1, as encoding is taken to keep up with playing; of
        an upscaling the source's pixels a second, by those that a GPU enlarges in a second, where that is more."""
        if self.upscale is None:
            return 1.0
        picture = self.upscale.picture
        return max(1.0, float(picture.width * picture.height * picture.rate) / _ENLARGED_PIXELS_PER_S)

    @property
    def needs(self) -> tuple[str, ...]:
        """Keys of the jobs that must be in the store before this one runs."""
        return tuple(i.key for i in self.inputs if isinstance(i, JobInput))


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One output file's jobs, each after the jobs it needs; the last one is the JOIN that makes the file."""

    output: Path  # absolute
    jobs: tuple[Job, ...]
    frames: int
    rate: Fraction
    duration: Fraction  # seconds
    picture: tuple[tuple[FrameSpan, JobKind], ...] = ()  # the segments of the picture: VIDEO or COPY

    @property
    def final(self) -> Job:
        return self.jobs[-1]
