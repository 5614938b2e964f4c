"""What the author asks for is what is seen: fits, speeds, transitions, effects, titles, stills."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from montage_recipe.engine import Engine
from montage_recipe.transitions import TRANSITIONS
from tests.endtoend import footage
from tests.endtoend.commands import build, montage_recipe
from tests.endtoend.measuring import assert_exact, brightness, color_at, frame_hashes, pixels
from tests.endtoend.recipes import LOSSLESS, Entry, movie, write_recipe
from tests.engines import ENGINES

pytestmark = pytest.mark.ffmpeg

Pixel = tuple[int, int, int]
BLACK, RED, GREEN, BLUE, WHITE = (0, 0, 0), (255, 0, 0), (0, 128, 0), (0, 0, 255), (255, 255, 255)


@pytest.fixture(scope="module")
def flats(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of red.mp4, green.mp4, blue.mp4 and white.mp4, 2 s each, and of quarters.mp4: upright, 60x120, with red
    in its upper left corner, green in its upper right, blue below left, white below right."""
    folder = tmp_path_factory.mktemp("flats")
    for color in ("red", "green", "blue", "white"):
        footage.flat(folder / f"{color}.mp4", color, seconds=2)
    corners = ";".join(f"color={c}:s=30x60:r=30:d=1[{c}]" for c in ("red", "green", "blue", "white"))
    layout = f"{corners};[red][green][blue][white]xstack=inputs=4:layout=0_0|w0_0|0_h0|w0_h0"
    tags = (*footage.X264, *footage.BT709)
    graph = f"{layout},scale=out_color_matrix=bt709:out_range=tv[v]"
    footage.ffmpeg("-filter_complex", graph, "-map", "[v]", *tags, folder / "quarters.mp4")
    return folder


def near(one: Pixel, other: Pixel) -> bool:
    return max(abs(a - b) for a, b in zip(one, other, strict=True)) <= 32


def grid(engine: Engine, film: Path, *, at: float, width: int = 16, height: int = 9) -> list[list[Pixel]]:
    """The picture at `at` seconds, in rows."""
    data = pixels(engine, film, width=width, height=height, at=at)[0]
    row = width * 3
    return [
        [(data[y * row + x * 3], data[y * row + x * 3 + 1], data[y * row + x * 3 + 2]) for x in range(width)]
        for y in range(height)
    ]


def test_an_upright_picture_is_contained_with_bars(ffmpeg: Engine, flats: Path, tmp_path: Path) -> None:
    picture = grid(ffmpeg, fitted(ffmpeg, flats, tmp_path, "contain"), at=0.3)
    assert near(picture[4][1], BLACK) and near(picture[4][14], BLACK)
    assert near(picture[1][7], RED) and near(picture[1][8], GREEN)
    assert near(picture[7][7], BLUE) and near(picture[7][8], WHITE)


@pytest.mark.parametrize("fit", ["contain", "none"])
def test_the_background_has_its_colour(ffmpeg: Engine, flats: Path, tmp_path: Path, fit: str) -> None:
    clip = {"src": flats / "quarters.mp4", "duration": 0.6, "fit": fit}
    recipe = write_recipe(tmp_path, [clip], canvas={"size": "160x90", "fps": 30, "background": "#00ff00"})
    build(ffmpeg, recipe)
    picture = grid(ffmpeg, movie(recipe), at=0.3)
    assert max(abs(a - b) for a, b in zip(picture[4][1], (0, 255, 0), strict=True)) <= 6


def test_it_covers_the_canvas_and_loses_above_and_below(ffmpeg: Engine, flats: Path, tmp_path: Path) -> None:
    picture = grid(ffmpeg, fitted(ffmpeg, flats, tmp_path, "cover"), at=0.3)
    assert [near(picture[0][x], color) for x, color in ((0, RED), (15, GREEN))] == [True, True]
    assert [near(picture[8][x], color) for x, color in ((0, BLUE), (15, WHITE))] == [True, True]
    assert near(picture[3][4], RED) and near(picture[5][4], BLUE)


def test_it_fills_the_canvas_stretched(ffmpeg: Engine, flats: Path, tmp_path: Path) -> None:
    picture = grid(ffmpeg, fitted(ffmpeg, flats, tmp_path, "fill"), at=0.3)
    corners = (picture[0][0], picture[0][15], picture[8][0], picture[8][15])
    assert all(near(found, color) for found, color in zip(corners, (RED, GREEN, BLUE, WHITE), strict=True))


def test_it_keeps_its_own_size(ffmpeg: Engine, flats: Path, tmp_path: Path) -> None:
    """60x120 on 160x90: 50 columns of black on both sides, and 15 lines lost above and below."""
    picture = grid(ffmpeg, fitted(ffmpeg, flats, tmp_path, "none"), at=0.3)
    assert near(picture[4][3], BLACK) and near(picture[4][12], BLACK)
    assert near(picture[0][6], RED) and near(picture[8][9], WHITE)


def test_it_lies_over_its_own_blur(ffmpeg: Engine, flats: Path, tmp_path: Path) -> None:
    picture = grid(ffmpeg, fitted(ffmpeg, flats, tmp_path, "blur"), at=0.3)
    assert near(picture[1][7], RED) and near(picture[7][8], WHITE)
    assert not near(picture[1][1], BLACK) and not near(picture[7][14], BLACK)


def fitted(engine: Engine, flats: Path, folder: Path, fit: str) -> Path:
    recipe = write_recipe(folder, [{"src": flats / "quarters.mp4", "duration": 0.6, "fit": fit}])
    build(engine, recipe)
    return movie(recipe)


@pytest.mark.parametrize("speed", [2, 0.5, "50%", 1.25])
def test_speed_shows_every_frame_at_its_moment(ffmpeg: Engine, tmp_path: Path, speed: float | str) -> None:
    """The source turns from black to white at one second; so the film does, at one second over the speed."""
    halves = "color=black:s=160x90:r=30:d=2,geq=lum='if(lt(T,0.999),16,235)':cb=128:cr=128"
    footage.ffmpeg("-f", "lavfi", "-i", halves, *footage.X264, tmp_path / "halves.mp4")
    recipe = write_recipe(tmp_path, [{"src": "halves.mp4", "speed": speed}])
    build(ffmpeg, recipe)
    factor = Fraction(1, 2) if speed == "50%" else Fraction(speed)
    levels = brightness(ffmpeg, movie(recipe))
    assert abs(len(levels) - 60 / factor) <= 1
    turns = [n for n in range(1, len(levels)) if levels[n] - levels[n - 1] > 100]
    assert len(turns) == 1
    assert abs(turns[0] - 30 / factor) <= 1


SEEN = (
    *("crossfade", "dip-to-black", "dip-to-white", "wipe-left", "wipe-right", "slide-up", "dissolve", "circle-open"),
    *("pixelize", "radial", "squeeze-vertical", "diagonal-top-left", "slice-down", "smooth-right", "fade-grays"),
)


def test_transitions_begin_with_the_old_picture_and_end_with_the_new_one(
    ffmpeg: Engine, flats: Path, tmp_path: Path
) -> None:
    """Fifteen kinds in one film, red and blue in turn; each lasts 10 frames and leaves 20 between."""
    clips: list[Entry] = [{"src": flats / "red.mp4", "duration": "30f"}]
    for number, kind in enumerate(SEEN):
        color = ("blue", "red")[number % 2]
        use = {"type": kind, "duration": "10f"}
        clips.append({"src": flats / f"{color}.mp4", "duration": "40f", "transition": use})
    recipe = write_recipe(tmp_path, clips)
    build(ffmpeg, recipe)
    assert_exact(movie(recipe), frames=30 + 30 * len(SEEN), fps=Fraction(30))
    shown = pixels(ffmpeg, movie(recipe), width=1, height=1)
    for number, kind in enumerate(SEEN):
        old, new = ((RED, BLUE), (BLUE, RED))[number % 2]
        begin = 20 + 30 * number
        assert near(rgb(shown[begin - 1]), old), f"before {kind}"
        assert near(rgb(shown[begin + 11]), new), f"after {kind}"
        middle = rgb(shown[begin + 5])
        assert not near(middle, old) and not near(middle, new), f"in the middle of {kind}"


def rgb(data: bytes) -> Pixel:
    red, green, blue = data
    return red, green, blue


def test_transitions_that_an_old_ffmpeg_lacks_are_refused_by_name(flats: Path, tmp_path: Path) -> None:
    clips: list[Entry] = [
        {"src": flats / "red.mp4"},
        {"src": flats / "blue.mp4", "transition": {"type": "cover-left", "duration": 0.5}},
    ]
    for engine in ENGINES:
        recipe = write_recipe(tmp_path / engine.version_text, clips)
        done = montage_recipe(engine, "build", recipe, "--quiet")
        has_it = TRANSITIONS["cover-left"].xfade in engine.transitions
        assert done.status == (0 if has_it else 1), done.stderr
        assert has_it or ("cover-left" in done.stderr and "montage.yaml:6:" in done.stderr)


def test_the_first_clip_comes_from_the_background(ffmpeg: Engine, flats: Path, tmp_path: Path) -> None:
    first = {"src": flats / "red.mp4", "transition": {"type": "crossfade", "duration": 1}}
    recipe = write_recipe(tmp_path, [first], canvas={"size": "160x90", "fps": 30, "background": "#00ff00"})
    build(ffmpeg, recipe)
    assert max(abs(a - b) for a, b in zip(color_at(ffmpeg, movie(recipe), 0.0), (0, 255, 0), strict=True)) <= 6
    assert near(color_at(ffmpeg, movie(recipe), 0.5), (128, 128, 0))
    assert near(color_at(ffmpeg, movie(recipe), 1.5), RED)


def test_effects_change_the_picture_in_their_order(ffmpeg: Engine, flats: Path, tmp_path: Path) -> None:
    quarters = flats / "quarters.mp4"
    clips: list[Entry] = [
        {"src": quarters, "duration": 0.5, "fit": "fill", "effects": ["mirror"]},
        {"src": quarters, "duration": 0.5, "fit": "fill", "effects": ["grayscale"]},
        {
            "src": quarters,
            "duration": 0.5,
            "fit": "fill",
            "effects": [{"crop": {"width": "50%", "height": "50%"}}, {"crop": {"x": "50%"}}],
        },
    ]
    recipe = write_recipe(tmp_path, clips)
    build(ffmpeg, recipe)
    mirrored, grey, cropped = (grid(ffmpeg, movie(recipe), at=at) for at in (0.2, 0.7, 1.2))
    assert near(mirrored[0][0], GREEN) and near(mirrored[0][15], RED)
    assert max(max(pixel) - min(pixel) for row in grey for pixel in row) <= 8
    assert all(near(pixel, RED) for row in cropped for pixel in row)


def test_a_title_is_seen_for_exactly_its_time(ffmpeg: Engine, tmp_path: Path) -> None:
    footage.flat(tmp_path / "black.mp4", "black", seconds=3)
    title = {"text": "MMMM", "start": "20f", "end": "50f", "fade": 0, "size": "40%"}
    recipe = write_recipe(
        tmp_path,
        [{"src": "black.mp4", "in": n, "duration": 1} for n in (0, 1, 1.5)],
        titles=[title],
        encoding=LOSSLESS,
    )
    build(ffmpeg, recipe)
    levels = brightness(ffmpeg, movie(recipe))
    seen = [n for n, level in enumerate(levels) if level > 16]
    assert seen == list(range(20, 50))


def test_stills_stand_still_and_animations_run_on(ffmpeg: Engine, tmp_path: Path) -> None:
    footage.photo(tmp_path / "photo.jpg")
    animation = "color=red:s=160x90:r=10:d=0.5[a];color=blue:s=160x90:r=10:d=0.5[b];[a][b]concat,format=bgr8[v]"
    footage.ffmpeg("-filter_complex", animation, "-map", "[v]", tmp_path / "loop.gif")
    clips: list[Entry] = [{"src": "photo.jpg", "duration": 1}, {"src": "loop.gif", "duration": 3}]
    recipe = write_recipe(tmp_path, clips, encoding=LOSSLESS)
    build(ffmpeg, recipe)
    assert_exact(movie(recipe), frames=120, fps=Fraction(30))
    assert len(set(frame_hashes(ffmpeg, movie(recipe))[:30])) == 1
    for second in (1, 2, 3):
        assert near(color_at(ffmpeg, movie(recipe), second + 0.2), RED)
        assert near(color_at(ffmpeg, movie(recipe), second + 0.7), BLUE)
