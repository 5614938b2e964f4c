"""Makes this process smaller, where it can be."""

from __future__ import annotations

import ctypes
import gc

from montage_recipe.recipe.validate import forget_schema
from montage_recipe.titles.fonts import builtin_facts

# What is only kept so as not to be made again.
_CACHES = (forget_schema, builtin_facts.cache_clear)


def drop_caches() -> None:
    """Drops them, and gives the memory that is free now back to the system, where the C library can."""
    for drop in _CACHES:
        drop()
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # of glibc
    if trim is not None:
        trim(0)
