"""How the jobs of somebody else's recipe are held: what they are handed, and what their ffmpeg may do."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from montage_recipe.diagnostics import Diagnostic, RecipePath, RenderError
from montage_recipe.render.sandbox import Enclosure, Sandbox
from montage_recipe.titles.fonts import builtin_fonts
from montage_recipe.untrusted import Confinement, open_to_read


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

    def enclosure(self, program: str, folder: Path) -> Enclosure:
        """For a step of the job whose folder it is; it may read what is linked into it. Raises RenderError."""
        if self.sandbox is None:
            return Enclosure()
        reads = [entry.resolve() for entry in folder.rglob("*") if entry.is_symlink()]
        try:
            return self.sandbox.enclose(program, folder.resolve(), reads)
        except OSError as error:
            message = f"the sandbox {self.sandbox.name} cannot be set up: {error.strerror or error}"
            hint = "run `montage-recipe doctor`; it says which sandbox is used"
            raise RenderError([Diagnostic(code="sandbox-failed", message=message, hint=hint)]) from error
