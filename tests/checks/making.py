"""Ways of making other files of a finished film: with ffmpeg, or by the program from a recipe that was changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from montage_recipe.engine import Engine
from tests.checks.film import FPS, FRAMES, Film
from tests.endtoend.footage import BT709, ffmpeg
from tests.endtoend.measuring import loudness
from tests.endtoend.recipes import Entry

# As the program's own files are, so that only what is done to them tells them apart.
_FORM = ("-g", "60", "-pix_fmt", "yuv420p", *BT709, "-chroma_sample_location", "left", "-fps_mode", "passthrough")
_MP4 = ("-video_track_timescale", str(1000 * FPS), "-movflags", "+faststart")
_PICTURE = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "16", *_FORM)  # hardly another one
_SOUND = ("-c:a", "aac", "-b:a", "192k")
_LOSSLESS: Entry = {"preset": "ultrafast", "crf": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    told: str  # in Markdown
    make: Callable[[Film, Path], None]


def picture(filters: str) -> Way:
    """The sound is copied."""

    def make(film: Film, file: Path) -> None:
        mapped = ("-map", "0:v", "-map", "0:a", "-vf", filters)
        ffmpeg("-i", film.file, *mapped, *_PICTURE, "-c:a", "copy", *_MP4, file, engine=film.engine)

    return Way(told=f"`-vf {_in_a_cell(filters)}`", make=make)


def sound(filters: str) -> Way:
    """The picture is copied."""

    def make(film: Film, file: Path) -> None:
        _with_sound(film, filters, file)

    return Way(told=f"`-af {_in_a_cell(filters)}`", make=make)


def sound_encoded(*options: str) -> Way:
    """The picture is copied."""

    def make(film: Film, file: Path) -> None:
        mapped = ("-map", "0:v", "-map", "0:a", "-c:v", "copy", "-c:a", "aac", *options)
        ffmpeg("-i", film.file, *mapped, *_MP4, file, engine=film.engine)

    return Way(told=f"`{' '.join(options)}`", make=make)


def clipped(gain_db: int) -> Way:
    """Gain, cut off at full scale, then as loud as before."""
    cut_off = f"volume={gain_db}dB,aformat=s16,aformat=fltp"

    def make(film: Film, file: Path) -> None:
        loud = file.with_suffix(".wav")
        ffmpeg("-i", film.file, "-map", "0:a", "-af", cut_off, loud, engine=film.engine)
        down_db = loudness(film.engine, film.file).lufs - loudness(film.engine, loud).lufs
        _with_sound(film, f"{cut_off},volume={down_db:.2f}dB", file)

    return Way(told=f"`-af {cut_off},volume=…`, as loud as before", make=make)


def copied(*options: str, again: tuple[str, ...] = ()) -> Way:
    """Nothing is encoded; `again` are options under which the film is opened a second time, for its sound."""

    def make(film: Film, file: Path) -> None:
        second: tuple[str | Path, ...] = (*again, "-i", film.file) if again else ()
        mapped = ("-map", "0:v", "-map", "1:a" if again else "0:a", "-c", "copy", *options)
        ffmpeg("-i", film.file, *second, *mapped, *(_MP4 if file.suffix == ".mp4" else ()), file, engine=film.engine)

    return Way(told=f"`{' '.join((*again, '-c copy', *options))}`", make=make)


def built(told: str, **changes: Any) -> Way:
    """The program builds the recipe with these changes."""

    def make(film: Film, file: Path) -> None:
        assert film.built(file.stem, **changes) == file

    return Way(told=told, make=make)


def built_by(engine: Engine) -> Way:
    """The program builds the same recipe with another ffmpeg."""
    version = ".".join(str(part) for part in engine.version)

    def make(film: Film, file: Path) -> None:
        assert film.by(engine).built(file.stem) == file

    return Way(told=f"built with ffmpeg {version}", make=make)


def encoded(*options: str) -> Way:
    """ffmpeg encodes the film as it was before it was encoded: the lossless one that the program makes of the recipe."""

    def make(film: Film, file: Path) -> None:
        original = film.built("lossless", encoding=_LOSSLESS)
        mapped = ("-map", "0:v", "-map", "0:a", *options, *_FORM, "-c:a", "copy")
        ffmpeg("-i", original, *mapped, *_MP4, file, engine=film.engine)

    return Way(told=f"`{' '.join(options)}`", make=make)


def _with_sound(film: Film, filters: str, file: Path) -> None:
    mapped = ("-map", "0:v", "-map", "0:a", "-c:v", "copy", "-af", f"{filters},atrim=end={FRAMES / FPS}")
    ffmpeg("-i", film.file, *mapped, *_SOUND, *_MP4, file, engine=film.engine)


def _in_a_cell(text: str) -> str:
    """A bar would end the cell of a table, in code as well."""
    return text.replace("|", "\\|")
