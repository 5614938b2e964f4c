"""How the jobs of somebody else's recipe are held: what they are handed, and what their ffmpeg may do."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from montage_recipe.diagnostics import Diagnostic, RecipePath, RenderError
from montage_recipe.render.sandbox import Enclosure, Sandbox
from montage_recipe.titles.fonts import builtin_fonts
from montage_recipe.untrusted import Confinement, open_to_read


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """What a job's folder leads to, without symbolic links. Noted before its first step: afterwards the folder is the
    program's, which may make links of its own there."""

    files: Collection[Path] = ()
    objects: Collection[Path] = ()  # of the store


@dataclass(frozen=True, slots=True, kw_only=True)
class Custody:
    within: Confinement
    sandbox: Sandbox | None  # None where none works here

    def checked(self, file: Path, at: RecipePath) -> Path:
        """The file without symbolic links, looked at once more where it is the recipe's. Raises RenderError, OSError."""
        if file.is_relative_to(self.within.folder) and file not in builtin_fonts():
            try:
                os.close(open_to_read(file, self.within))
            except ValueError as error:
                hint = "somebody has exchanged it during the build; look who"
                raise RenderError(
                    [Diagnostic(code="outside-of-folder", message=str(error), hint=hint, path=at)]
                ) from None
        return file.resolve()

    def refuse_links(self, folder: Path, linked: Collection[str]) -> None:
        """Looks at what a step has left in its folder, `linked` being the names that were links before. Raises RenderError for
        what is no plain file: a program that was taken over may leave a link for us to follow out of the sandbox."""
        for entry in folder.rglob("*"):
            name = entry.relative_to(folder).as_posix()
            if name not in linked and not stat.S_ISREG(mode := entry.lstat().st_mode) and not stat.S_ISDIR(mode):
                message = f"ffmpeg has left `{entry.name}`, which is no plain file"
                hint = "it may have been taken over by a file of this recipe: do not use what it makes, and report it"
                raise RenderError([Diagnostic(code="ffmpeg-failed", message=message, hint=hint)])

    def enclosure(self, program: str, folder: Path, linked: Linked) -> Enclosure:
        """For a step of the job whose folder it is. Raises RenderError."""
        if self.sandbox is None:
            return Enclosure()
        try:
            return self.sandbox.enclose(program, folder.resolve(), linked.files, linked.objects)
        except OSError as error:
            message = f"the sandbox {self.sandbox.name} cannot be set up: {error.strerror or error}"
            hint = "run `montage-recipe doctor`; it says which sandbox is used"
            raise RenderError([Diagnostic(code="sandbox-failed", message=message, hint=hint)]) from error
