"""The recipes that are measured."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bench import CLIP_FRAMES, FADE_FRAMES, FPS, Bench


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    src: Path
    start: int = 0  # frames of the source
    frames: int = CLIP_FRAMES


@dataclass(frozen=True, slots=True, kw_only=True)
class Montage:
    cuts: tuple[Cut, ...]
    fade_frames: int  # 0: hard cuts
    preset: str
    crf: int = 20
    copy: str = "never"
    loudness: int | None = None  # LUFS


KINDS = {"cuts": 0, "crossfades": FADE_FRAMES}  # name -> frames of each transition


def whole(sources: Sequence[Path]) -> tuple[Cut, ...]:
    return tuple(Cut(src=source) for source in sources)


def write_recipe(bench: Bench, montage: Montage, name: str) -> Path:
    """Writes NAME.yaml into the work folder; its output is NAME.mp4 beside it."""
    file = bench.work / f"{name}.yaml"
    file.write_text("\n".join(_lines(bench, montage, name)) + "\n", encoding="utf-8")
    return file


def _lines(bench: Bench, montage: Montage, name: str) -> Iterable[str]:
    sources = {cut.src: f"s{number}" for number, cut in enumerate({cut.src: cut for cut in montage.cuts}.values())}
    yield "recipe: 1"
    yield f"canvas: {{size: {bench.scale.size}, fps: {FPS}}}"
    yield "media:"
    yield from (f"  {short}: {file}" for file, short in sources.items())
    yield "clips:"
    for number, cut in enumerate(montage.cuts):
        fade = number and montage.fade_frames
        transition = f", transition: {{type: crossfade, duration: {fade}f}}" if fade else ""
        yield f"  - {{src: {sources[cut.src]}, in: {cut.start}f, out: {cut.start + cut.frames}f{transition}}}"
    if montage.loudness is not None:
        yield f"loudness: {{integrated: {montage.loudness}}}"
    yield "outputs:"
    yield f"  - {{file: {name}.mp4, preset: {montage.preset}, crf: {montage.crf}, copy: {montage.copy}}}"
