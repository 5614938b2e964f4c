"""Cut into chunks and put together again, footage has the same frames at the same times."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import psutil
import pytest

from montage_recipe.media.probe import probe
from montage_recipe.upscale.packets import Chunk, ChunkLimits, Part, count_frames, join, look_at, write_chunk
from tests.endtoend import footage
from tests.endtoend.measuring import frame_hashes
from tests.engines import ENGINES

pytestmark = pytest.mark.ffmpeg
SMALL = ChunkLimits(frames=20)


def decoded_times(file: Path) -> list[Fraction]:
    """When each frame is shown, after the container's start."""
    with av.open(str(file)) as container:
        video = container.streams.video[0]
        base = video.time_base or Fraction(1)
        start = Fraction(container.start_time or 0, 1_000_000)
        return sorted(
            p.pts * base - start for p in container.demux(video) if p.size and p.pts is not None and not p.is_discard
        )


def as_a_host(source: Path, stream: int, chunk: Chunk, folder: Path) -> Path:
    """What a host does with a chunk, with a model that changes nothing."""
    packets, result = folder / f"{chunk.number}.media", folder / f"{chunk.number}.mp4"
    write_chunk(source, stream, chunk, packets)
    wanted = f"trim=start_frame={chunk.skip}:end_frame={chunk.skip + chunk.frames},setpts=N/25/TB"
    footage.ffmpeg(
        *("-i", packets, "-map", "0:v:0", "-vf", wanted, "-fps_mode", "passthrough"),
        *(*footage.LOSSLESS, "-bf", "0", result),
    )
    return result


def through_hosts(source: Path, start: Fraction, end: Fraction, folder: Path, limits: ChunkLimits) -> tuple[Part, Path]:
    video = probe(source).video
    assert video is not None
    part = look_at(source, video.index, start, end, limits)
    results = [as_a_host(source, video.index, chunk, folder) for chunk in part.chunks]
    joined = folder / "joined.mp4"
    join(results, part, joined)
    return part, joined


@pytest.fixture(scope="module")
def reel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packets")
    footage.pattern(folder / "even.mp4", seconds=4, rate="30000/1001")
    footage.metronome(folder / "uneven.mp4", seconds=4, uneven=True)
    bframes = ("-c:v", "libx264", "-preset", "medium", "-g", "24", "-bf", "3", "-pix_fmt", "yuv420p")
    footage.ffmpeg("-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=4", *bframes, folder / "bframes.mkv")
    footage.ffmpeg("-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=4", *bframes, folder / "bframes.ts")
    footage.ffmpeg("-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=2", "-c:v", "mjpeg", folder / "motion.avi")
    footage.ffmpeg("-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=5", *bframes, folder / "whole.mp4")
    footage.ffmpeg("-ss", "0.56", "-i", folder / "whole.mp4", "-c", "copy", folder / "trimmed.mp4")  # by an edit list
    footage.ffmpeg("-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=2", "-c:v", "wmv2", folder / "old.wmv")
    footage.ffmpeg("-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=2", "-c:v", "flv1", folder / "old.flv")
    return folder


@pytest.mark.parametrize(
    "name", ["even.mp4", "uneven.mp4", "bframes.mkv", "bframes.ts", "motion.avi", "trimmed.mp4", "old.wmv", "old.flv"]
)
@pytest.mark.parametrize("limits", [ChunkLimits(), SMALL], ids=["whole", "chunks"])
def test_the_frames_of_a_part_come_back_at_their_times(
    name: str, limits: ChunkLimits, reel: Path, tmp_path: Path
) -> None:
    source, start, end = reel / name, Fraction(1, 2), Fraction(3, 2)
    times = decoded_times(source)
    before = max((n for n, time in enumerate(times) if time <= start), default=0)
    after = next(n for n, time in enumerate(times) if time >= end)
    part, joined = through_hosts(source, start, end, tmp_path, limits)
    assert frame_hashes(ENGINES[0], joined) == frame_hashes(ENGINES[0], source)[before:after]
    assert decoded_times(joined) == [max(Fraction(0), time - start) for time in times[before:after]]
    assert len(part.chunks) > 1 or limits is not SMALL or name != "even.mp4"


def test_a_chunk_holds_no_more_than_its_groups(reel: Path, tmp_path: Path) -> None:
    part = look_at(reel / "even.mp4", 0, Fraction(1), Fraction(2), SMALL)
    sent = 0
    for chunk in part.chunks:
        write_chunk(reel / "even.mp4", 0, chunk, tmp_path / f"{chunk.number}.media")
        sent += count_frames(tmp_path / f"{chunk.number}.media")[0]
    assert 30 <= sent <= 60  # of 120


def test_large_parts_are_sent_in_pieces_of_about_the_size_that_is_set(reel: Path) -> None:
    source = reel / "even.mp4"
    limits = ChunkLimits(whole_bytes=1, bytes=source.stat().st_size // 4, frames=10_000)
    chunks = look_at(source, 0, Fraction(0), Fraction(4), limits).chunks
    assert 3 <= len(chunks) <= 8
    assert sum(chunk.frames for chunk in chunks) == 120


@pytest.mark.parametrize("name", ["even.mp4", "bframes.mkv"])
def test_a_chunk_is_the_same_file_every_time(name: str, reel: Path, tmp_path: Path) -> None:
    """So that an upload that broke off is gone on with."""
    (chunk, *_) = look_at(reel / name, 0, Fraction(0), Fraction(1), ChunkLimits()).chunks
    for copy in "ab":
        write_chunk(reel / name, 0, chunk, tmp_path / copy)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_small_part_is_sent_as_one(reel: Path) -> None:
    assert len(look_at(reel / "even.mp4", 0, Fraction(0), Fraction(4), ChunkLimits()).chunks) == 1


@pytest.mark.parametrize("kind", ["mp4", "mkv"])
def test_a_chunk_near_the_end_is_found_without_reading_what_comes_before(kind: str, tmp_path: Path) -> None:
    long = tmp_path / f"long.{kind}"
    noise = "testsrc2=s=320x180:r=25:d=8,noise=alls=100:allf=t"
    footage.ffmpeg("-f", "lavfi", "-i", noise, "-c:v", "libx264", "-preset", "ultrafast", "-qp", "0", "-g", "25", long)
    part = look_at(long, 0, Fraction(7), Fraction(8), SMALL)
    size, before = long.stat().st_size, psutil.Process().io_counters().read_chars
    write_chunk(long, 0, part.chunks[-1], tmp_path / "chunk.media")
    assert size > 15_000_000
    assert psutil.Process().io_counters().read_chars - before < size / 2


def test_results_of_different_encoders_are_put_together(reel: Path, tmp_path: Path) -> None:
    """Hosts have an x264 each; here the second one uses other coding tools, which the parameter sets speak of."""
    part = look_at(reel / "bframes.mkv", 0, Fraction(0), Fraction(4), SMALL)
    kept = ("-c:v", "libx264", "-qp", "0", "-pix_fmt", "yuv420p", "-bf", "0", "-x264-params", "repeat-headers=1")
    results = []
    for chunk in part.chunks:
        packets, result = tmp_path / f"{chunk.number}.media", tmp_path / f"{chunk.number}.mp4"
        write_chunk(reel / "bframes.mkv", 0, chunk, packets)
        other = ("-preset", "slow", "-refs", "5") if chunk.number % 2 else ("-preset", "ultrafast")
        wanted = f"trim=start_frame={chunk.skip}:end_frame={chunk.skip + chunk.frames},setpts=N/25/TB"
        footage.ffmpeg("-i", packets, "-vf", wanted, "-fps_mode", "passthrough", *kept, *other, result)
        results.append(result)
    joined = tmp_path / "joined.mp4"
    join(results, part, joined)
    settings = set()
    for result in results:
        with av.open(str(result)) as container:
            settings.add(container.streams.video[0].codec_context.extradata)
    assert len(settings) == 2
    for engine in ENGINES:
        assert frame_hashes(engine, joined) == frame_hashes(engine, reel / "bframes.mkv")


def test_a_turned_phone_clip_stays_turned(reel: Path, tmp_path: Path) -> None:
    turned = tmp_path / "turned.mp4"
    footage.ffmpeg("-display_rotation", "90", "-i", reel / "even.mp4", "-c", "copy", turned)
    rotation = probe(turned).video
    part = look_at(turned, 0, Fraction(1), Fraction(2), ChunkLimits())
    write_chunk(turned, 0, part.chunks[0], tmp_path / "chunk.mov")
    sent = probe(tmp_path / "chunk.mov").video
    assert rotation is not None and sent is not None
    assert rotation.rotation in (90, 270)
    assert sent.rotation == rotation.rotation


def test_a_result_with_a_frame_missing_is_refused(reel: Path, tmp_path: Path) -> None:
    part = look_at(reel / "even.mp4", 0, Fraction(0), Fraction(1), ChunkLimits())
    result = as_a_host(reel / "even.mp4", 0, part.chunks[0], tmp_path)
    more = replace(part, chunks=(replace(part.chunks[0], frames=part.chunks[0].frames + 1),))
    with pytest.raises(ValueError, match=r"has \d+ of its \d+ frames"):
        join([result], more, tmp_path / "joined.mp4")
    fewer = replace(part, chunks=(replace(part.chunks[0], frames=part.chunks[0].frames - 1),))
    with pytest.raises(ValueError, match="more than its"):
        join([result], fewer, tmp_path / "joined.mp4")


def test_what_is_no_video_is_refused(tmp_path: Path) -> None:
    (tmp_path / "junk.mp4").write_bytes(b"no video at all" * 100)
    with pytest.raises(ValueError, match="cannot be read"):
        count_frames(tmp_path / "junk.mp4")
