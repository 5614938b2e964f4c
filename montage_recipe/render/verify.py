"""Is the file that ffmpeg wrote what the plan promised? Reads packets, decodes nothing."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from montage_recipe.diagnostics import Diagnostic, RecipeError
from montage_recipe.jobs.model import Expected, FileInput, Job
from montage_recipe.media.demuxing import open_media
from montage_recipe.media.source import open_regular
from montage_recipe.timecode import SAMPLE_RATE, nearest

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.video.stream import VideoStream


@dataclass(frozen=True, slots=True)
class _Shown:
    """When a packet is shown, in ticks of its stream."""

    at: int
    until: int


def verify(job: Job, file: Path) -> tuple[Diagnostic, ...]:
    """Everything in which `file` differs from `job.expected`; nothing when it is as planned.

    Status 0 proves nothing: ffmpeg gives it for sources that end early, and for some full disks.
    """
    faults = tuple(_differences(job.expected, file))
    if not faults:
        return ()
    reads_sources = any(isinstance(source, FileInput) for source in job.inputs)
    hint = (
        "a source may be shorter or more damaged than its header says: `montage-recipe probe FILE`"
        if reads_sources
        else "no source has part in this: report it, with what `montage-recipe plan` prints"
    )
    message = f"{job.label} came out other than planned: {'; '.join(faults)}"
    return (Diagnostic(code="output-not-as-planned", message=message, hint=hint, path=job.at),)


def _differences(expected: Expected, file: Path) -> Iterator[str]:
    try:
        status = file.lstat()
    except OSError:
        yield "nothing was written"
        return
    if not stat.S_ISREG(status.st_mode):
        yield "it is no plain file"
        return
    if not status.st_size:
        yield "nothing was written"
        return
    if expected == Expected():
        return
    import av  # 0.1 s that --help need not pay

    try:
        with open_regular(file) as stream, open_media(stream) as container:
            if any(stream.codec_context is None for stream in container.streams):
                yield "a stream's header is damaged"
                return
            packets = _packets(container)
            yield from _picture_differences(expected, container, packets)
            yield from _sound_differences(expected, container, packets, file)
    except (av.FFmpegError, OSError, ValueError) as error:
        yield f"it cannot be read ({getattr(error, 'strerror', None) or error})"
    except RecipeError as error:
        yield error.diagnostics[0].message


def _packets(container: InputContainer) -> dict[int, list[_Shown]]:
    """All packets by the stream's index, in the order of showing; those that an edit list hides are left out.

    Samples need not be read: a WAV file's header and size say all, and it may be very long.
    """
    streams = [s for s in container.streams if not (s.type == "audio" and _is_pcm(s))]  # type: ignore[arg-type]  # checked
    packets: dict[int, list[_Shown]] = {stream.index: [] for stream in streams}
    if streams:
        for packet in container.demux(streams):
            if packet.pts is not None and packet.size and not packet.is_discard:
                packets[packet.stream_index].append(_Shown(packet.pts, packet.pts + (packet.duration or 0)))
    return {index: sorted(shown, key=lambda s: s.at) for index, shown in packets.items()}


def _picture_differences(
    expected: Expected, container: InputContainer, packets: dict[int, list[_Shown]]
) -> Iterator[str]:
    if expected.frames is None and expected.width is None and expected.rate is None:
        return
    if len(container.streams.video) != 1:
        yield f"{len(container.streams.video)} video streams instead of 1"
        return
    stream: VideoStream = container.streams.video[0]
    size = (expected.width or stream.width, expected.height or stream.height)
    if (stream.width, stream.height) != size:
        yield f"{stream.width}x{stream.height} pixels instead of {size[0]}x{size[1]}"
    frames = packets[stream.index]
    if expected.frames is not None and len(frames) != expected.frames:
        yield f"{len(frames)} frames instead of {expected.frames}"
    if expected.rate is not None and frames:
        yield from _time_differences(expected.rate, [frame.at for frame in frames], Fraction(stream.time_base or 0))


def _time_differences(rate: Fraction, times: list[int], tick: Fraction) -> Iterator[str]:
    if times[0] != 0:
        yield f"the first frame is at {float(times[0] * tick):.6f} s instead of 0"
    uneven = next((n for n in range(1, len(times)) if (times[n] - times[n - 1]) * tick * rate != 1), None)
    if uneven is not None:
        took = float((times[uneven] - times[uneven - 1]) * tick)
        yield f"frame {uneven} comes {took:.6f} s after the one before instead of {float(1 / rate):.6f} s"


def _sound_differences(
    expected: Expected, container: InputContainer, packets: dict[int, list[_Shown]], file: Path
) -> Iterator[str]:
    if expected.samples is None:
        return
    if len(container.streams.audio) != 1:
        yield f"{len(container.streams.audio)} sound streams instead of 1"
        return
    stream = container.streams.audio[0]
    if stream.rate != SAMPLE_RATE:
        yield f"sound at {stream.rate} Hz instead of {SAMPLE_RATE}"
    samples = _pcm_samples(stream, file) if _is_pcm(stream) else _end_sample(stream, packets[stream.index])
    if abs(samples - expected.samples) > expected.sample_tolerance:
        allowed = f", give or take {expected.sample_tolerance}" if expected.sample_tolerance else ""
        yield f"{samples} samples of sound instead of {expected.samples}{allowed}"


def _is_pcm(stream: AudioStream) -> bool:
    return stream.codec_context.name.startswith("pcm_")


def _pcm_samples(stream: AudioStream, file: Path) -> int:
    """What the header promises, but never more than the file has bytes for."""
    promised = nearest((stream.duration or 0) * Fraction(stream.time_base or 0) * SAMPLE_RATE)
    return min(promised, file.stat().st_size // (stream.channels * stream.format.bytes))


def _end_sample(stream: AudioStream, packets: list[_Shown]) -> int:
    """Samples from time 0 to the end of the sound; what comes before 0 is the encoder's priming."""
    end = max((packet.until for packet in packets), default=0)
    return nearest(end * Fraction(stream.time_base or 0) * SAMPLE_RATE)
