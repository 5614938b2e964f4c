"""A compiler from a YAML recipe to a finished video.

    import montage_recipe

    plans = montage_recipe.compile("recipe.yaml")
    reports = montage_recipe.build("recipe.yaml", on_event=print)

Both raise `montage_recipe.MontageError`, whose `diagnostics` say what is wrong, where, and what to do.
"""

from __future__ import annotations

from montage_recipe.api import build, compile
from montage_recipe.diagnostics import MontageError

__version__ = "0.1.0"
__all__ = ["MontageError", "__version__", "build", "compile"]
