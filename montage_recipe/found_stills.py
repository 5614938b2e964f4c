"""Pictures of what checks have found."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

from montage_recipe.checks.spec import Finding
from montage_recipe.disk import disk_faults, write_durably
from montage_recipe.jobs.measuring import FRAME_FILE, Pass, frame_pass
from montage_recipe.render.measuring import Bench, Done, do_all
from montage_recipe.report.films import CheckedFilm, StillsOfFindings


def pictures_of(checked: CheckedFilm, wish: StillsOfFindings, bench: Bench) -> Mapping[Finding, Path]:
    """A picture of the middle of each finding that has a place in the film."""
    with disk_faults(f"make the folder {wish.folder}"):
        wish.folder.mkdir(parents=True, exist_ok=True)
    if (picture := checked.picture) is None:
        return {}
    found: dict[Finding, Path] = {}
    passes: list[Pass] = []
    wanted = [finding for _, finding, _ in checked.diagnostics() if finding.start is not None][: wish.most]
    for number, finding in enumerate(wanted, start=1):
        start = finding.start or Fraction(0)
        middle = (start + (finding.end if finding.end is not None else start)) / 2
        frame = min(int(middle * picture.rate), picture.frames - 1)
        found[finding] = wish.folder / f"{checked.film.name}-{number}-{finding.code}.png"
        passes.append(frame_pass(str(checked.video), frame, picture.rate, ("still", number), width=wish.width))
    places = dict(zip((one.name for one in passes), tuple(found.items()), strict=True))

    def keep(done: Done) -> None:
        finding, place = places[done.task.name]
        if not (done.folder / FRAME_FILE).exists():
            del found[finding]  # it cannot be decoded there
            return
        with disk_faults(f"write {place}"):
            write_durably(place, (done.folder / FRAME_FILE).read_bytes())

    do_all(passes, bench, keep)
    return found
