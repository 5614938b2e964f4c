"""A source's packets, cut into chunks for a host, and a host's packets, put together with the source's own times.

Nothing is decoded here. A chunk holds whole groups of pictures, so that it can be decoded alone; what of it is wanted is
told in frames. A host's results have one packet for each frame, in the order of showing (no B-frames), so the packet of
frame n gets the time of the source's frame n: footage with a varying frame rate keeps it.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from montage_recipe.diagnostics import RecipeError
from montage_recipe.media.demuxing import add_picture, open_media, origin_of, time_base
from montage_recipe.media.source import open_regular, refusal
from montage_recipe.media.timestamps import PictureTimes, closed_keyframes

if TYPE_CHECKING:
    from av import Packet
    from av.container import InputContainer, OutputContainer
    from av.video.stream import VideoStream


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkLimits:
    """When the part of a source is sent in pieces, and how large one is."""

    whole_bytes: int = 500_000_000  # up to this, it is sent as one
    bytes: int = 100_000_000  # about; a piece ends at a keyframe
    frames: int = 1500  # a piece is what is lost when a host goes away for good


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Where a packet is found without reading all that come before it."""

    time: int  # of decoding, in ticks of its stream's time base: no later than any that a container seeks by
    position: int  # bytes from the file's beginning; of several packets in containers that pack them


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Packets [first, last) of the source in the order of decoding, and which of the frames that come out are wanted."""

    number: int  # from 0
    packets: tuple[int, int]
    skip: int  # frames that come out before the first wanted one
    frames: int
    entry: Entry | None = None  # of its first packet; None where the container does not tell


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The wanted part of a source: how it is cut, and when each frame is seen."""

    chunks: tuple[Chunk, ...]
    times: tuple[Fraction, ...]  # of all wanted frames, seconds after the part's start
    duration: Fraction  # seconds from the part's start to the end of its last frame


@dataclass(slots=True)
class _Scan:
    """All packets of one video stream."""

    base: Fraction
    origin: int
    pictures: PictureTimes
    sizes: list[int]
    entries: dict[int, Entry]  # place -> of a packet at which decoding may begin
    keyframes: list[int]  # places, in the order of decoding, from which decoding may begin
    hidden: frozenset[int]  # places of packets that give no frame


def look_at(file: Path, stream: int, start: Fraction, end: Fraction, limits: ChunkLimits) -> Part:
    """How the frames of [start, end) are cut. Raises RecipeError where the file cannot be read."""
    scan = _scan(file, stream)
    shown = sorted(scan.pictures.shown)
    seconds = [(time - scan.origin) * scan.base for time in shown]
    first = max(0, bisect_right(seconds, start) - 1)
    last = bisect_left(seconds, end)
    if last <= first:
        raise refusal("media-unreadable", f"{file} has no frames at {float(start):.3f} s", "look at it with `probe`")
    finish = seconds[last] if last < len(seconds) else seconds[-1] + scan.pictures.last_step * scan.base
    return Part(
        chunks=tuple(_chunks(scan, shown, first, last, limits)),
        times=tuple(max(Fraction(0), time - start) for time in seconds[first:last]),
        duration=max(min(finish, end), seconds[last - 1]) - start,
    )


def _chunks(scan: _Scan, shown: Sequence[int], first: int, last: int, limits: ChunkLimits) -> Iterator[Chunk]:
    """Frames [first, last), in as few runs of whole groups of pictures as the limits allow."""
    order = scan.pictures.order
    before = [place for place in scan.keyframes if order[place] <= shown[first]]
    inside = [place for place in scan.keyframes if shown[first] < order[place] <= shown[last - 1]]
    after = [place for place in scan.keyframes if order[place] > shown[last - 1]]
    places = [(before or [0])[-1], *inside, (after or [len(order)])[0]]
    frames = [first, *(bisect_left(shown, order[place]) for place in inside), last]
    whole = sum(scan.sizes[places[0] : places[-1]]) <= limits.whole_bytes
    begin, number, groups = 0, 0, len(places) - 1
    while begin < groups:
        end = begin + 1
        while (
            end < groups
            and frames[end + 1] - frames[begin] <= limits.frames
            and (whole or sum(scan.sizes[places[begin] : places[end + 1]]) <= limits.bytes)
        ):
            end += 1
        yield Chunk(
            number=number,
            packets=(places[begin], places[end]),
            skip=_before(scan, places[begin], shown[frames[begin]]),
            frames=frames[end] - frames[begin],
            entry=scan.entries.get(places[begin]),
        )
        begin, number = end, number + 1


def _before(scan: _Scan, begun: int, time: int) -> int:
    """How many frames a decoder that begins at packet `begun` gives before the one of `time`."""
    order = scan.pictures.order
    return sum(1 for place in range(begun, len(order)) if order[place] < time and place not in scan.hidden)


def write_chunk(file: Path, stream: int, chunk: Chunk, target: Path) -> None:
    """The packets of a chunk, copied. What says how its pictures are turned goes with them."""
    with _at_chunk(file, stream, chunk) as (source, video, packets), _sink_for(source, video, target) as (sink, copy):
        offset = None  # no edit list: one would hide frames that are counted on, as it did in the source
        for packet in packets:
            earliest = packet.dts if packet.dts is not None else packet.pts
            offset = (earliest or 0) if offset is None else offset
            packet.stream = copy
            packet.pts = None if packet.pts is None else packet.pts - offset
            packet.dts = None if packet.dts is None else packet.dts - offset
            sink.mux(packet)


@contextmanager
def _at_chunk(
    file: Path, stream: int, chunk: Chunk
) -> Iterator[tuple[InputContainer, VideoStream, Iterator[Packet[Any]]]]:
    """The chunk's packets, and what they come from. They are sought, as many chunks of a long source would read it as often;
    where that does not find the first one, they are counted from the source's beginning."""
    first, last = chunk.packets
    if chunk.entry:
        with open_regular(file) as opened, open_media(opened) as source:
            video = _video(source, stream)
            if packets := _sought(chunk.entry, source, video):
                yield source, video, _told(file, islice(packets, last - first))
                return
    with open_regular(file) as opened, open_media(opened) as source:
        video = _video(source, stream)
        yield source, video, _told(file, islice(_packets(source, video), first, last))


def _told(file: Path, packets: Iterator[Packet[Any]]) -> Iterator[Packet[Any]]:
    """Faults of the source as its own, not as those of what is written."""
    try:
        yield from packets
    except OSError as error:  # PyAV's are of this kind
        raise _unreadable(file, error) from error


def _sought(entry: Entry, source: InputContainer, video: VideoStream) -> Iterator[Packet[Any]] | None:
    import av

    try:
        source.seek(entry.time, stream=video)
        packets = _packets(source, video)
        for packet in packets:
            if (packet.dts, packet.pos) == (entry.time, entry.position):
                return chain((packet,), packets)
            if packet.dts is not None and packet.dts > entry.time:
                break
    except av.FFmpegError:
        return None
    return None


@contextmanager
def _sink_for(
    source: InputContainer, video: VideoStream, target: Path
) -> Iterator[tuple[OutputContainer, VideoStream]]:
    """A container that takes the source's codec; one of the source's own family keeps how its pictures are turned."""
    import av

    kinds = ("mov", "nut") if "mov" in source.format.name.split(",") else ("matroska", "nut")
    for kind in kinds:
        # The same bytes every time, so that what has arrived of them on a host is gone on with; Matroska draws a number else.
        options = {"fflags": "+bitexact", **({"use_editlist": "0"} if kind == "mov" else {})}
        sink = av.open(str(target), "w", format=kind, options=options)
        try:
            copy = sink.add_stream_from_template(video)
        except ValueError:
            sink.close()
            continue
        with sink:
            yield sink, copy
        return
    raise refusal("cannot-upscale", f"{video.codec_context.name} cannot be sent to a host", "convert it to H.264 first")


def join(files: Sequence[Path], part: Part, target: Path) -> None:
    """The results of all chunks, in order, as one MP4 with the times of the source. Each of them repeats its encoder's
    parameter sets at its keyframes, so hosts may have different ones. Raises ValueError where a file does not hold as many
    frames as its chunk wants."""
    import av

    base = _fine_base(part)
    ticks = [int(time / base) for time in part.times]
    ends = [*ticks[1:], max(ticks[-1] + 1, int(part.duration / base))]
    options = {"video_track_timescale": str(base.denominator), "movflags": "+faststart", "fflags": "+bitexact"}
    with av.open(str(target), "w", format="mp4", options=options) as sink:
        copy, frame = None, 0
        for file, chunk in zip(files, part.chunks, strict=True):
            before = frame
            with av.open(str(file)) as source:
                video = source.streams.video[0]
                if copy is None:
                    copy = sink.add_stream_from_template(video)
                    copy.time_base = base
                for packet in _packets(source, video):
                    if frame - before >= chunk.frames:
                        raise ValueError(f"chunk {chunk.number} has more than its {chunk.frames} frames")
                    packet.stream, packet.time_base = copy, base
                    packet.pts = packet.dts = ticks[frame]
                    packet.duration = ends[frame] - ticks[frame]
                    sink.mux(packet)
                    frame += 1
            if frame - before != chunk.frames:
                raise ValueError(f"chunk {chunk.number} has {frame - before} of its {chunk.frames} frames")


def count_frames(file: Path) -> tuple[int, int, int]:
    """Frames, width and height of a host's result. Raises ValueError for what is no video."""
    import av

    try:
        with av.open(str(file)) as source:
            video = source.streams.video[0]
            return sum(1 for _ in _packets(source, video)), video.width, video.height
    except (av.FFmpegError, IndexError) as error:
        raise ValueError(f"it cannot be read ({error})") from error


def _fine_base(part: Part) -> Fraction:
    """A time base in which every time of the part is whole."""
    return Fraction(1, math.lcm(*(time.denominator for time in (*part.times, part.duration))))


def _scan(file: Path, stream: int) -> _Scan:
    with open_regular(file) as opened:
        try:
            with open_media(opened) as source:
                return _scanned(source, _video(source, stream))
        except (OSError, ValueError) as error:
            raise _unreadable(file, error) from error


def _unreadable(file: Path, error: Exception) -> RecipeError:
    return refusal("media-unreadable", f"{file} cannot be read: {error}", "look at it with `probe`")


def _scanned(source: InputContainer, video: VideoStream) -> _Scan:
    base = time_base(video)
    pictures, sizes, entries, hidden = PictureTimes(), [], dict[int, Entry](), set[int]()
    for place, packet in enumerate(_readable(source, video)):
        if not add_picture(pictures, packet, video):
            hidden.add(place)
        if packet.is_keyframe and packet.dts is not None and packet.pos is not None:
            entries[place] = Entry(time=packet.dts, position=packet.pos)
        sizes.append(packet.size)
    shown = sorted(pictures.shown)
    by_time = {time: place for place, time in pictures.anew}
    return _Scan(
        base=base,
        origin=origin_of(source, base),
        pictures=pictures,
        sizes=sizes,
        entries=entries,
        keyframes=sorted(by_time[shown[number]] for number in closed_keyframes(pictures)),
        hidden=frozenset(hidden),
    )


def _video(source: InputContainer, stream: int) -> VideoStream:
    """Facts name a stream only where it is one of pictures."""
    return cast("VideoStream", source.streams[stream])


def _packets(source: InputContainer, video: VideoStream) -> Iterator[Packet[Any]]:
    """Damaged ones are left out, as they are where footage is probed."""
    return (packet for packet in source.demux(video) if packet.size and not packet.is_corrupt)


def _readable(source: InputContainer, video: VideoStream) -> Iterator[Packet[Any]]:
    """Up to where the file can be read: what was probed as damaged is shown as far as it goes."""
    import av

    with suppress(av.FFmpegError):
        yield from _packets(source, video)
