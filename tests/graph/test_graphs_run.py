"""What the graphs claim of themselves, on every engine: frames and samples do not depend on where a clip is cut."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from montage_recipe.engine import Engine
from montage_recipe.graph.picture import lower_picture
from montage_recipe.graph.sound import lower_sound
from montage_recipe.media.probe import probe
from montage_recipe.timecode import sample_at
from montage_recipe.timeline.model import FrameSpan, Timeline
from tests.engines import ENGINE_IDS, ENGINES
from tests.graph.running import frame_hashes, make, raw_bytes, sample_bytes
from tests.timeline.making import timeline_of

pytestmark = pytest.mark.ffmpeg

PICTURE = ("-f", "lavfi", "-i", "testsrc2=s=96x64:r=30:d=4")
SOUND = ("-f", "lavfi", "-i", "sine=f=300:r=44100:d=4,volume=0.5")
X264 = (
    "-c:v",
    "libx264",
    "-preset",
    "ultrafast",
    "-bf",
    "2",
    "-g",
    "50",
    "-pix_fmt",
    "yuv420p",
    "-c:a",
    "aac",
    "-ac",
    "1",
)
SOURCES = {
    "mp4 with B-frames and long GOPs": ("a.mp4", (*PICTURE, *SOUND, *X264)),
    "60 frames a second in Matroska": ("a.mkv", ("-f", "lavfi", "-i", "testsrc2=s=96x64:r=60:d=4", *SOUND, *X264)),
    "variable frame rate": (
        "a.mp4",
        (*PICTURE, *SOUND, "-vf", "select='not(between(n,20,45))*mod(n,3)',setpts=PTS", "-fps_mode", "vfr", *X264),
    ),
    "MPEG-TS": ("a.ts", (*PICTURE, *SOUND, *X264)),
    "sound that starts late": ("a.mp4", (*PICTURE, "-itsoffset", "0.7", *SOUND, *X264)),
    "a GIF": ("a.gif", ("-f", "lavfi", "-i", "testsrc2=s=96x64:r=10:d=4")),
}


@pytest.fixture(scope="module", params=SOURCES)
def source(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    name, argv = SOURCES[request.param]
    return make(ENGINES[0], tmp_path_factory.mktemp("source") / name, *argv)


def one_clip(source: Path, *, fps: str, speed: str = "1") -> Timeline:
    head = f"recipe: 1\ncanvas: {{size: 64x48, fps: {fps}}}\n"
    text = f"clips: [{{src: footage/{source.name}, in: 0.4s, out: 3.2s, speed: {speed}, fit: cover}}]"
    return timeline_of(text, facts={source.name: probe(source)}, head=head)


@pytest.mark.parametrize("engine", ENGINES, ids=ENGINE_IDS)
@pytest.mark.parametrize(("fps", "speed"), [("30", "1"), ("23.976", "1"), ("25", "2"), ("30", "0.5")])
def test_a_clip_cut_anywhere_shows_the_frames_of_the_whole(
    engine: Engine, source: Path, fps: str, speed: str, tmp_path: Path
) -> None:
    whole = one_clip(source, fps=fps, speed=speed)
    cuts = [0, 17, whole.length // 2 + 1, whole.length]
    pieces = [
        frame_hashes(lower_picture(whole, FrameSpan(start, end)), engine, tmp_path / f"{start}")
        for start, end in pairwise(cuts)
    ]
    assert [len(piece) for piece in pieces] == [end - start for start, end in pairwise(cuts)]
    assert [frame for piece in pieces for frame in piece] == frame_hashes(
        lower_picture(whole, FrameSpan(0, whole.length)), engine, tmp_path / "w"
    )


@pytest.mark.parametrize("engine", ENGINES, ids=ENGINE_IDS)
@pytest.mark.parametrize(("fps", "speed"), [("30", "1"), ("23.976", "1"), ("25", "2"), ("30", "0.5")])
def test_a_sound_cut_anywhere_has_the_samples_of_the_whole(
    engine: Engine, source: Path, fps: str, speed: str, tmp_path: Path
) -> None:
    whole = one_clip(source, fps=fps, speed=speed)
    cuts = [0, 17, whole.length // 2 + 1, whole.length]
    pieces = [
        sample_bytes(lower_sound(whole, FrameSpan(start, end)), engine, tmp_path / f"{start}")
        for start, end in pairwise(cuts)
    ]
    samples = [sample_at(frame, whole.canvas.fps) for frame in cuts]
    assert [len(piece) // 8 for piece in pieces] == [b - a for a, b in pairwise(samples)]
    assert b"".join(pieces) == sample_bytes(lower_sound(whole, FrameSpan(0, whole.length)), engine, tmp_path / "w")


@pytest.mark.parametrize("engine", ENGINES, ids=ENGINE_IDS)
def test_sound_that_starts_late_is_preceded_by_exactly_that_much_silence(engine: Engine, tmp_path: Path) -> None:
    name, argv = SOURCES["sound that starts late"]
    whole = one_clip(make(ENGINES[0], tmp_path / name, *argv), fps="30")
    samples = memoryview(sample_bytes(lower_sound(whole, FrameSpan(0, whole.length)), engine, tmp_path / "w")).cast("f")
    first = next(number for number in range(0, len(samples), 2) if abs(samples[number]) > 0.01) // 2
    expected = (Fraction("0.7") - Fraction("0.4")) * 48000
    assert abs(first - expected) < 48  # the encoder's own attack, under a millisecond


TRANSITIONS = "crossfade", "dip-to-black", "wipe-left", "circle-open", "pixelize"


@pytest.mark.parametrize("engine", ENGINES, ids=ENGINE_IDS)
@pytest.mark.parametrize("kind", TRANSITIONS)
@pytest.mark.parametrize("frames", [1, 2, 15])
def test_a_transition_lasts_exactly_its_frames_and_harms_no_other(
    engine: Engine, kind: str, frames: int, tmp_path: Path
) -> None:
    file = make(engine, tmp_path / "a.mp4", *PICTURE, *SOUND, *X264)
    head = "recipe: 1\ncanvas: {size: 96x64, fps: 30}\n"
    clips = (
        "{src: f/a.mp4, out: 1s}",
        f"{{src: f/a.mp4, in: 2s, out: 3s, transition: {{type: {kind}, duration: {frames}f}}}}",
    )
    both = timeline_of(f"clips: [{', '.join(clips)}]", facts={"a.mp4": probe(file)}, head=head)
    alone = [
        frame_hashes(lower_picture(t, FrameSpan(0, 30)), engine, tmp_path / f"alone{n}")
        for n, t in enumerate(
            timeline_of(f"clips: [{clip}]", facts={"a.mp4": probe(file)}, head=head)
            for clip in ("{src: f/a.mp4, out: 1s}", "{src: f/a.mp4, in: 2s, out: 3s}")
        )
    ]
    hashes = frame_hashes(lower_picture(both, FrameSpan(0, both.length)), engine, tmp_path / "both")
    assert len(hashes) == 60 - frames
    assert hashes[: 30 - frames] == alone[0][: 30 - frames]
    assert hashes[30:] == alone[1][frames:]


@pytest.mark.parametrize("engine", ENGINES, ids=ENGINE_IDS)
def test_a_crossfade_is_xfades_to_one_level_and_leaves_the_chroma_its_samples(engine: Engine, tmp_path: Path) -> None:
    """xfade takes both pictures to 4:4:4 and back, and even its first frame, all of the old clip, comes out changed."""
    file = make(engine, tmp_path / "a.mp4", *PICTURE, *SOUND, *X264)
    head = "recipe: 1\ncanvas: {size: 96x64, fps: 30}\n"
    clips = "{src: f/a.mp4, out: 1s}, {src: f/a.mp4, in: 2s, out: 3s, transition: {type: crossfade, duration: 15f}}"
    both = timeline_of(f"clips: [{clips}]", facts={"a.mp4": probe(file)}, head=head)
    size = 96 * 64 * 3 // 2
    ours = raw_bytes(lower_picture(both, FrameSpan(15, 30)), engine, tmp_path / "ours", "rawvideo")
    old, new = (
        raw_bytes(
            lower_picture(timeline_of(f"clips: [{clip}]", facts={"a.mp4": probe(file)}, head=head), FrameSpan(0, 15)),
            engine,
            tmp_path / name,
            "rawvideo",
        )
        for name, clip in (("old", "{src: f/a.mp4, in: 15f, out: 1s}"), ("new", "{src: f/a.mp4, in: 2s, out: 75f}"))
    )
    for name, data in (("old.yuv", old), ("new.yuv", new)):
        (tmp_path / name).write_bytes(data)
    raw = ("-f", "rawvideo", "-s", "96x64", "-r", "30", "-pix_fmt", "yuv420p", "-i")
    xfade = "xfade=duration=0.5:offset=0,format=yuv420p"
    argv = (
        engine.path,
        "-v",
        "error",
        *raw,
        tmp_path / "old.yuv",
        *raw,
        tmp_path / "new.yuv",
        "-filter_complex",
        xfade,
    )
    theirs = subprocess.run((*argv, "-f", "rawvideo", "-"), capture_output=True, check=True, timeout=60).stdout
    assert len(ours) == len(theirs) == 15 * size
    luma = [n for start in range(0, len(ours), size) for n in range(start, start + 96 * 64)]
    assert max(abs(ours[n] - theirs[n]) for n in luma) <= 1
    assert ours[:size] == old[:size] != theirs[:size]


@pytest.mark.parametrize("engine", ENGINES, ids=ENGINE_IDS)
def test_a_hole_in_the_sound_becomes_silence_and_what_follows_stays_in_its_place(
    engine: Engine, tmp_path: Path
) -> None:
    clicks = "aevalsrc=if(lt(mod(t\\,1)\\,0.005)\\,0.8\\,0):s=48000:d=4,asetpts=PTS+gt(T\\,1)*0.09/TB"
    file = make(engine, tmp_path / "a.mkv", *PICTURE, "-f", "lavfi", "-i", clicks, *X264[:-4], "-c:a", "pcm_s16le")
    head = "recipe: 1\ncanvas: {size: 64x48, fps: 30}\n"
    whole = timeline_of("clips: [{src: f/a.mkv, out: 3.9s}]", facts={"a.mkv": probe(file)}, head=head)
    samples = memoryview(sample_bytes(lower_sound(whole, FrameSpan(0, whole.length)), engine, tmp_path / "w")).cast("f")
    heard = next(n for n in range(2 * 60000, len(samples), 2) if abs(samples[n]) > 0.1) / 2 / 48000
    assert abs(heard - 2.09) < 0.002


SHAPES = {
    "a wide strip on a small canvas": ("testsrc2=s=1921x101:r=30:d=1", "{size: 16x16, fps: 30}", "contain"),
    "a tall strip": ("testsrc2=s=34x1200:r=30:d=1", "{size: 64x36, fps: 30}", "contain"),
    "an odd size as it is": ("testsrc2=s=101x75:r=30:d=1", "{size: 200x150, fps: 30}", "none"),
    "an odd size that is too large": ("testsrc2=s=101x75:r=30:d=1", "{size: 64x48, fps: 30}", "none"),
    "over its own blur": ("testsrc2=s=101x75:r=30:d=1", "{size: 16x16, fps: 30}", "blur"),
    "covering": ("testsrc2=s=1921x101:r=30:d=1", "{size: 64x48, fps: 30}", "cover"),
}


@pytest.mark.parametrize("engine", ENGINES, ids=ENGINE_IDS)
@pytest.mark.parametrize("shape", SHAPES)
def test_any_shape_fits_any_canvas(engine: Engine, shape: str, tmp_path: Path) -> None:
    picture, canvas, fit = SHAPES[shape]
    file = make(engine, tmp_path / "a.mkv", "-f", "lavfi", "-i", picture, "-c:v", "ffv1", "-pix_fmt", "yuv444p")
    head = f"recipe: 1\ncanvas: {canvas}\n"
    whole = timeline_of(f"clips: [{{src: f/a.mkv, fit: {fit}}}]", facts={"a.mkv": probe(file)}, head=head)
    assert len(frame_hashes(lower_picture(whole, FrameSpan(0, whole.length)), engine, tmp_path / "w")) == 30


@pytest.mark.parametrize("engine", ENGINES, ids=ENGINE_IDS)
def test_a_crop_of_a_transparent_picture_fills_the_canvas_like_any_other(engine: Engine, tmp_path: Path) -> None:
    """The lower right quarter is white and opaque; the rest is not there."""
    source = "color=white:s=200x100,format=rgba,geq=r=255:g=255:b=255:a='255*gte(X,100)*gte(Y,50)'"
    file = make(engine, tmp_path / "a.png", "-f", "lavfi", "-i", source, "-frames:v", "1")
    head = "recipe: 1\ncanvas: {size: 64x32, fps: 30}\n"
    crop = "{crop: {x: 50%, y: 50%, width: 50%, height: 50%}}"
    recipe = f"clips: [{{src: f/a.png, duration: 1f, effects: [{crop}]}}]"
    whole = timeline_of(recipe, facts={"a.png": probe(file)}, head=head)
    picture = raw_bytes(lower_picture(whole, FrameSpan(0, 1)), engine, tmp_path / "w", "rawvideo")
    luma = picture[: 64 * 32]
    assert len(picture) == 64 * 32 * 3 // 2
    assert min(luma) >= 233  # white is 235, and black, where nothing is, 16
