"""Footage as phones and cameras make it comes out upright, in its right shape and colours, as long as planned."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

import av
import pytest

from montage_recipe.engine import Engine
from montage_recipe.media.facts import MediaFacts, MediaKind
from montage_recipe.media.probe import probe
from tests.endtoend import footage
from tests.endtoend.commands import build
from tests.endtoend.measuring import assert_exact, color_at, pixels, samples
from tests.endtoend.recipes import QUICK, Entry, movie, write_recipe
from tests.engines import ENGINES
from tests.media.odd_sources import ODD_SOURCES
from tests.media.odd_sources import build as build_source

pytestmark = pytest.mark.ffmpeg

SHARED = Path(__file__).parents[3] / "shared" / "media"
FRAMES = 12  # of each clip, at 30 a second
HDR = ("hdr-pq.mp4", "hdr-hlg.mov")
NOT_COMPARED = {
    *HDR,  # ffmpeg alone does not tone-map
    *("alpha-vp9.webm", "alpha-vp8.webm", "prores-alpha.mov", "alpha.png", "animated.gif", "still.gif"),  # see below
}


@pytest.fixture(scope="session")
def odd_footage(tmp_path_factory: pytest.TempPathFactory) -> dict[str, MediaFacts]:
    """Every odd source that has a picture and is not refused."""
    folder = tmp_path_factory.mktemp("odd-footage")
    made = [probe(build_source(source, ENGINES[0].path, folder)) for source in ODD_SOURCES if not source.refused]
    return {Path(facts.file).name: facts for facts in made if facts.video}


def clip_of(facts: MediaFacts) -> Entry:
    clip: Entry = {"src": facts.file, "duration": f"{FRAMES}f"}
    if facts.kind is MediaKind.VIDEO and not facts.animated:
        assert facts.video
        last = facts.video.start + facts.video.duration - Fraction(1, 100)
        room = last - Fraction(FRAMES, 30)
        begin = min(Fraction(2, 5), room)
        if begin < facts.video.start:  # too short for a whole clip
            return {"src": facts.file, "in": float(facts.video.start)}
        clip["in"] = round(float(begin), 3)
    return clip


def test_all_odd_sources_fit_into_one_film(
    ffmpeg: Engine, odd_footage: dict[str, MediaFacts], tmp_path: Path
) -> None:
    clips = [clip_of(facts) for facts in odd_footage.values()]
    recipe = write_recipe(tmp_path, clips, encoding={"preset": "ultrafast", "crf": 10})
    done = build(ffmpeg, recipe)
    planned = done.summary["frames"]
    assert (len(clips) - 1) * FRAMES < planned <= len(clips) * FRAMES
    assert_exact(movie(recipe), frames=planned, fps=Fraction(30))
    assert len(parameter_sets(recipe)) == 1
    shown = pixels(ffmpeg, movie(recipe), width=32, height=18)
    assert wrong_pictures(ffmpeg, odd_footage, clips, shown) == {}


def parameter_sets(recipe: Path) -> set[bytes]:
    """What the segments' decoders are set up with; players set theirs up once for the whole film."""
    found = set()
    for segment in (recipe.parent / ".montage" / "objects").glob("*/*.mp4"):
        with av.open(str(segment)) as container:
            found.add(bytes(container.streams.video[0].codec_context.extradata or b""))
    return found


def wrong_pictures(
    engine: Engine, odd_footage: dict[str, MediaFacts], clips: list[Entry], shown: list[bytes]
) -> dict[str, float]:
    """Sources whose middle frame does not look as ffmpeg itself shows it, with how far they are off."""
    starts = [0, *accumulate(FRAMES if "duration" in clip else len(shown) % FRAMES for clip in clips)]
    wrong = {}
    for (name, facts), clip, start in zip(odd_footage.items(), clips, starts, strict=False):
        if name in NOT_COMPARED:
            continue
        middle = FRAMES // 2 if "duration" in clip else 1
        time = clip.get("in", 0) + middle / 30 if facts.kind is MediaKind.VIDEO else 0
        if facts.container == "mpegts" and facts.video:
            time -= float(facts.video.start)  # there ffmpeg counts from the first of the streams that it reads
        off = min(difference(shown[start + middle], likely) for likely in as_ffmpeg_shows(engine, facts, time))
        if off > 12:
            wrong[name] = off
    return wrong


def as_ffmpeg_shows(engine: Engine, facts: MediaFacts, time: float) -> list[bytes]:
    """The frames around `time`, turned and stretched as the file says, on a black canvas of 32x18."""
    fields = "yadif," if facts.video and facts.video.interlaced else ""
    contained = (
        f"{fields}scale=trunc(iw*sar/2)*2:ih,setsar=1,scale=160:90:force_original_aspect_ratio=decrease,"
        "pad=160:90:(ow-iw)/2:(oh-ih)/2,scale=32:18:flags=area,format=rgb24"
    )
    span = "" if facts.kind is MediaKind.IMAGE else f"trim=start={max(0, time - 0.08)}:end={time + 0.08},"
    argv = (engine.path, "-hide_banner", "-nostdin", "-loglevel", "quiet", "-copyts", "-start_at_zero")
    literal = ("-f", "image2", "-pattern_type", "none") if "%" in facts.file else ()
    source = (*literal, "-i", f"file:{facts.file}", "-map", f"0:{facts.video.index if facts.video else 0}")
    chain = ("-vf", f"{span}{contained}", "-fps_mode", "passthrough", "-f", "rawvideo", "-")
    done = subprocess.run((*argv, *source, *chain), capture_output=True, check=False, timeout=60)
    length = 32 * 18 * 3
    assert len(done.stdout) >= length, facts.file
    return [done.stdout[place : place + length] for place in range(0, len(done.stdout), length)]


def difference(one: bytes, other: bytes) -> float:
    """The mean difference of two pictures' bytes; a picture turned or a colour changed has 30 and more."""
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) / len(one)
