"""Runs the passes that measure a finished film, side by side, and reads what they have written down."""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from montage_recipe.checks.golden_render import TILE_HEIGHT, TILE_WIDTH
from montage_recipe.checks.measured import Box, Likeness, PictureStatistics, SoundStatistics
from montage_recipe.diagnostics import Diagnostic, RecipePath, RenderError
from montage_recipe.disk import disk_faults
from montage_recipe.engine import Engine
from montage_recipe.jobs.loudness import Loudness, measured
from montage_recipe.jobs.measuring import (
    LETTERS_FILE,
    PICTURE_FILE,
    SOUND_FILE,
    SSIM_FILE,
    TILES_FILE,
    VMAF_FILE,
    Pass,
)
from montage_recipe.render.custody import Custody, Linked
from montage_recipe.render.ffmpeg_log import errors_in, without_levels
from montage_recipe.render.memory import Limits, MemoryWatch
from montage_recipe.render.process import Ending, Finished, run
from montage_recipe.render.runs import RunFolder
from montage_recipe.render.shortage import pass_short_of_memory
from montage_recipe.stopping import Stop, interrupted
from montage_recipe.wording import counted

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_PASS_BYTES = 400 << 20  # about what one takes at 4K; at 1080p it is a quarter of that
_SILENCE_DB = -200.0  # stands for "-inf" while numbers are compared


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What every pass works with."""

    engine: Engine
    run: RunFolder
    limits: Limits
    custody: Custody | None
    stop: Stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A pass that has ended. Its folder is there until `do_all` goes on to the next."""

    task: Pass
    folder: Path
    finished: Finished

    @property
    def failed(self) -> bool:
        return self.finished.status != 0

    @property
    def errors(self) -> tuple[str, ...]:
        found = tuple(errors_in(self.finished.stderr))
        return found or ((f"it ended with status {self.finished.status}",) if self.failed else ())


def do_all(tasks: Sequence[Pass], bench: Bench, read: Callable[[Done], None]) -> None:
    """Runs passes, as many at once as there are cores and as fit into memory, and has each one read as it is done, by one
    thread at a time; then its folder is removed. What is ended for lack of memory runs once more, alone. Raises RenderError,
    or Interrupted."""
    limits = bench.limits
    workers = max(1, min(limits.jobs, limits.parallel_jobs, limits.memory_bytes // _PASS_BYTES))
    failed: list[bool] = []
    again: list[Pass] = []

    def halted() -> bool:
        return bool(failed) or bench.stop()

    def take(done: Done) -> None:
        read(done)
        _remove(done, bench)

    with MemoryWatch(limits.memory_bytes) as memory:
        with ThreadPoolExecutor(workers, "pass") as pool:
            try:
                for future in as_completed([pool.submit(_do, task, bench, memory, halted) for task in tasks]):
                    if _shortage(done := future.result(), bench):
                        again.append(done.task)
                        _remove(done, bench)
                    else:
                        take(done)
            except BaseException:
                failed.append(True)
                raise
        for task in again:
            if short := _shortage(done := _do(task, bench, memory, halted), bench):
                raise RenderError([short])
            take(done)


def _shortage(done: Done, bench: Bench) -> Diagnostic | None:
    return pass_short_of_memory(done.task.name, done.task.at, done.finished, bench.limits.memory_bytes)


def _remove(done: Done, bench: Bench) -> None:
    with disk_faults("remove temporary files"):
        bench.run.remove(done.folder)


def _do(task: Pass, bench: Bench, memory: MemoryWatch, halted: Callable[[], bool]) -> Done:
    """Raises RenderError where it failed, unless it was ended for lack of memory; Interrupted."""
    if halted():
        raise interrupted()
    folder = bench.run.folder(task.name)
    with disk_faults("prepare a folder for measuring"):
        linked = {name: Path(file).resolve() for name, file in task.links.items()}
        for name, file in linked.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).symlink_to(file)
        for text in task.files:
            (folder / text.name).write_text(text.text, encoding="utf-8", newline="")
    held = Linked(files=tuple(linked.values()))
    enclosure = bench.custody.enclosure(bench.engine.path, folder, held) if bench.custody else None
    finished = run((bench.engine.path, *task.argv), cwd=folder, stop=halted, memory=memory, enclosure=enclosure)
    done = Done(task=task, folder=folder, finished=finished)
    if finished.ending is Ending.STOPPED:
        raise interrupted()
    if _shortage(done, bench):
        return done
    if bench.custody:
        bench.custody.refuse_links(folder, linked.keys())
    if finished.ending is not Ending.EXITED or (finished.status and not task.may_fail):
        raise RenderError([_failed(task, finished)])
    return done


def _failed(task: Pass, finished: Finished) -> Diagnostic:
    said = [line for line in without_levels(finished.stderr).splitlines() if line.strip()]
    why = f": {said[-1]}" if said else ""
    ended = (
        f"ended with status {finished.status}" if finished.ending is Ending.EXITED else f"was ended ({finished.ending})"
    )
    message = f"ffmpeg {ended} while it measured the film ({task.name}){why}"
    hint = "look whether the file can be played; `montage-recipe doctor` says which ffmpeg is used"
    return Diagnostic(code="ffmpeg-failed", message=message, hint=hint, path=task.at)


# --- what they have written ------------------------------------------------------------------------------------------


class PictureReader:
    """Puts the stretches' statistics together."""

    def __init__(self, frames: int, size: tuple[int, int], *, tiles: Path | None) -> None:
        import numpy as np

        self._frames, self._size = frames, size
        self._change = np.full(frames, np.nan, np.float32)
        self._black = np.zeros(frames, bool)
        self._bars = np.zeros((frames, 4), np.float32)
        self._times = np.full(frames + 1, np.nan)
        # In a file, which the system may drop from memory: 190 MB an hour.
        shape = (frames, TILE_HEIGHT, TILE_WIDTH, 3)
        self._tiles = np.memmap(tiles, np.uint8, "w+", shape=shape) if tiles else None
        self._decoded = 0
        self._errors: dict[int, tuple[str, ...]] = {}  # by the first frame of a stretch

    def read(self, done: Done) -> None:
        assert done.task.frames is not None
        start, end = done.task.frames
        number = start
        for values in _frames_in(done.folder / PICTURE_FILE):
            if number < end:
                self._note(number, values)
            number += 1
        self._decoded += number - start
        self._errors[start] = done.errors
        if number > start + 1:  # a stretch's first frame has none before it, and counts as changing like the second
            self._change[start] = self._change[start + 1]
        if self._tiles is not None:
            self._read_tiles(done.folder / TILES_FILE, start, end)

    def _note(self, number: int, values: Mapping[str, float]) -> None:
        self._change[number] = values["signalstats.YDIF"]
        self._times[number] = values[_TIME]
        self._black[number] = "blackframe.pblack" in values
        left, right = values["cropdetect.x1"], values["cropdetect.x2"]
        top, bottom = values["cropdetect.y1"], values["cropdetect.y2"]
        width, height = self._size
        if left <= right and top <= bottom:
            self._bars[number] = (
                left / width,
                (width - 1 - right) / width,
                top / height,
                (height - 1 - bottom) / height,
            )

    def _read_tiles(self, file: Path, start: int, end: int) -> None:
        import numpy as np

        assert self._tiles is not None
        tiles = np.fromfile(file, np.uint8).reshape(-1, TILE_HEIGHT, TILE_WIDTH, 3)[: end - start]
        self._tiles[start : start + len(tiles)] = tiles

    @property
    def errors(self) -> tuple[str, ...]:
        """In the order of the film, whichever stretch was done first."""
        said = tuple(text for _, errors in sorted(self._errors.items()) for text in errors)
        if self._errors and self._decoded != self._frames:
            return (*said, f"{counted(self._decoded, 'frame')} could be decoded of {self._frames}")
        return said

    def statistics(self) -> PictureStatistics:
        return PictureStatistics(times=self._whole_times(), change=self._change, black=self._black, bars=self._bars)

    def _whole_times(self) -> NDArray[np.float64]:
        """A frame that could not be decoded is shown between its neighbours."""
        import numpy as np

        times = self._times
        known = np.flatnonzero(~np.isnan(times))
        step = (times[known[-1]] - times[known[0]]) / max(1, known[-1] - known[0]) if len(known) > 1 else 1 / 30
        last = times[known[-1]] + step * (self._frames - known[-1]) if len(known) else self._frames * step
        times[self._frames] = last
        known = np.flatnonzero(~np.isnan(times))
        whole: NDArray[np.float64] = np.interp(np.arange(self._frames + 1), known, times[known])
        return whole

    @property
    def tiles(self) -> NDArray[np.uint8] | None:
        return self._tiles


class SoundReader:
    """What the sound's pass has written."""

    def __init__(self) -> None:
        self.statistics: SoundStatistics | None = None
        self.errors: tuple[str, ...] = ()

    def read(self, done: Done) -> None:
        import numpy as np

        self.errors = done.errors
        rows = array("f")
        for values in _frames_in(done.folder / SOUND_FILE):
            rows.extend(
                (
                    *(values.get(f"astats.{channel}.RMS_level", _SILENCE_DB) for channel in (1, 2)),
                    *(values.get(f"astats.{channel}.Peak_level", _SILENCE_DB) for channel in (1, 2)),
                    max(values.get(f"astats.{channel}.Flat_factor", 0.0) for channel in (1, 2)),
                )
            )
        table = np.array(rows, np.float32).reshape(-1, 5)
        loudness = self._loudness(done)
        if loudness is None:
            return
        self.statistics = SoundStatistics(
            rms=table[:, :2],
            peak=table[:, 2:4],
            # Flat at its peaks is silence too, and a square wave; at full scale it is clipping.
            flat=(table[:, 2:4].max(axis=1) > _FULL_SCALE_DB) & (table[:, 4] > 0),
            integrated=loudness.integrated,
            true_peak=loudness.true_peak,
        )

    def _loudness(self, done: Done) -> Loudness | None:
        """None where the sound cannot be decoded to its end, which is told as that."""
        try:
            return measured(without_levels(done.finished.stderr))
        except ValueError as error:
            if done.failed:
                return None
            message = f"the film's loudness could not be measured: {error}"
            hint = "look whether its sound can be played"
            raise RenderError([Diagnostic(code="loudness-not-measured", message=message, hint=hint)]) from error


_FULL_SCALE_DB = -0.01  # of 16 bits, whose highest sample is 0.0003 dB below


def letters_of(done: Done) -> Iterator[tuple[RecipePath, Box]]:
    """Where each title's letters are; those that draw nothing are left out. The first frame has no title."""
    for values in _frames_in(done.folder / LETTERS_FILE):
        # Nothing is written of a frame without letters: which one it is must be read.
        number = int(values[_NUMBER])
        if number and "bbox.x1" in values and number <= len(done.task.titles):
            yield (
                done.task.titles[number - 1],
                Box(
                    left=int(values["bbox.x1"]),
                    right=int(values["bbox.x2"]),
                    top=int(values["bbox.y1"]),
                    bottom=int(values["bbox.y2"]),
                ),
            )


_SSIM = re.compile(r"^n:\d+ .*All:(-?[0-9.]+)", re.MULTILINE)  # below 0 where one is the other's negative


def likeness_of(done: Done) -> Likeness | None:
    """None where no frame was compared."""
    vmaf = done.folder / VMAF_FILE
    if vmaf.exists():
        frames = json.loads(vmaf.read_text(encoding="utf-8"))["frames"]
        scores = [float(frame["metrics"]["vmaf"]) for frame in frames]
    else:
        file = done.folder / SSIM_FILE
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        scores = [float(score) for score in _SSIM.findall(text)]
    if not scores:
        return None
    worst = min(range(len(scores)), key=scores.__getitem__)
    return Likeness(score=sum(scores) / len(scores), worst=scores[worst], worst_frame=worst)


_NUMBER, _TIME = "frame", "time"  # from 0 on; seconds
_WANTED = frozenset(
    (
        *("signalstats.YDIF", "blackframe.pblack"),
        *("cropdetect.x1", "cropdetect.x2", "cropdetect.y1", "cropdetect.y2"),
        *(f"astats.{channel}.{what}" for channel in (1, 2) for what in ("RMS_level", "Peak_level", "Flat_factor")),
        *("bbox.x1", "bbox.x2", "bbox.y1", "bbox.y2"),
    )
)


def _frames_in(file: Path) -> Iterator[dict[str, float]]:
    """What `metadata=print` has written of each frame: the values that are wanted, by their names without `lavfi.`,
    its number and its time in seconds."""
    values: dict[str, float] | None = None
    for line in _lines(file):
        if line.startswith("frame:"):
            if values is not None:
                yield values
            values = {_NUMBER: float(line[6:].split()[0]), _TIME: float(line.rpartition("pts_time:")[2])}
        elif values is not None and line.startswith("lavfi."):
            name, _, value = line[6:].partition("=")
            if name in _WANTED:
                number = float(value)
                values[name] = _SILENCE_DB if number == float("-inf") else number
    if values is not None:
        yield values


def _lines(file: Path) -> Iterable[str]:
    """Nothing where ffmpeg has written nothing, as it makes no file then."""
    if not file.exists():
        return
    with file.open(encoding="utf-8", errors="replace") as stream:
        yield from stream
