"""The typed Python API: what the commands do, for programs. Imports of the machinery wait until they are needed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from montage_recipe.jobs.model import Plan
    from montage_recipe.render.events import Event
    from montage_recipe.report.model import RenderReport
    from montage_recipe.settings import Settings


def compile(recipe: str | Path, *, output: str | None = None, settings: Settings | None = None) -> tuple[Plan, ...]:
    """The plan of each output of a recipe (or of the one named `output`); looks at the footage, runs no job.

    `settings` are those of the user file and the environment by default. Raises MontageError.
    """
    from montage_recipe.pipeline import looked_into
    from montage_recipe.settings import load_settings

    file, used = Path(recipe), settings or load_settings()
    with looked_into(file, used, output=output) as (compiled, _, _):
        return tuple(one.plan for one in compiled)


def build(
    recipe: str | Path,
    *,
    output: str | None = None,
    output_file: str | Path | None = None,
    settings: Settings | None = None,
    on_event: Callable[[Event], None] | None = None,
    stop: threading.Event | None = None,
    locked: bool = False,
) -> tuple[RenderReport, ...]:
    """Builds each output of a recipe (or the one named `output`, to `output_file` if given); one report each.

    `on_event` is called from worker threads too, one call at a time. Setting `stop` ends the build with Interrupted.
    `locked` refuses what is not as the recipe's lock says. Raises MontageError.
    """
    from montage_recipe.pipeline import build_recipe
    from montage_recipe.settings import load_settings

    return build_recipe(
        Path(recipe),
        settings=settings or load_settings(),
        on_event=on_event or (lambda event: None),
        stop=stop or threading.Event(),
        output=output,
        output_file=Path(output_file) if output_file else None,
        locked=locked,
    )
