"""The finished file's place: checked before any work is done, filled in one step at the end."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

from montage_recipe.diagnostics import Diagnostic, RenderError, StoreError
from montage_recipe.disk import disk_faults, make_durable, move_durably
from montage_recipe.jobs.model import FileInput, Plan
from montage_recipe.render.runs import RunFolder


def check_output_place(plan: Plan) -> None:
    """Makes the output's folder. Raises RenderError or StoreError where the output could not, or must not, be there."""
    output = plan.output
    with disk_faults(f"make the folder of {output.name}"):
        output.parent.mkdir(parents=True, exist_ok=True)
        is_folder = output.is_dir()
    if is_folder:
        _refuse("output-is-folder", f"{output} is a folder", "name a file, e.g. dist/montage.mp4")
    if not os.access(output.parent, os.W_OK | os.X_OK):
        hint = "make the folder writable for you, or choose another place: -o FILE"
        raise StoreError(
            [Diagnostic(code="not-writable", message=f"no file can be made in {output.parent}", hint=hint)]
        )
    for file in sorted({i.file for job in plan.jobs for i in job.inputs if isinstance(i, FileInput)}):
        # Also through a symbolic or hard link: ffmpeg would cut its own input short, with status 0.
        if os.path.exists(output) and os.path.exists(file) and output.samefile(file):  # noqa: PTH110 # never raises
            _refuse("output-is-source", f"the output {output} is the source {file}", "choose another output: -o FILE")


def _refuse(code: str, message: str, hint: str) -> None:
    raise RenderError([Diagnostic(code=code, message=message, hint=hint)])


def prepare_output(plan: Plan, run: RunFolder, folder: Path) -> Path:
    """Where the file will be that the job in `folder` makes. Where the output is on another filesystem than the run folder,
    that is beside its place.

    Then the file is never copied, and it is never seen before it is complete.
    """
    made = folder / plan.final.output
    with disk_faults(f"prepare {plan.output}"):
        if folder.stat().st_dev == plan.output.parent.stat().st_dev:
            return made
        aside = run.aside(plan.output)
        made.symlink_to(aside)
    return aside


def deliver(plan: Plan, run: RunFolder, made: Path) -> None:
    """Puts the complete file `made`, which `verify` has seen to be one, at the output's place in one step; until then the old
    one stays as it is. A link is never followed."""
    with disk_faults(f"put the finished file at {plan.output}"):
        try:
            move_durably(made, plan.output)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            # Two mounts of one filesystem look like one, but nothing can be renamed between them.
            part = run.aside(plan.output)
            shutil.copyfile(made, part, follow_symlinks=False)
            make_durable(part)
            move_durably(part, plan.output)
