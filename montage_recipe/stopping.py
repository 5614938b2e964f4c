"""Being asked to stop, by Ctrl-C or by a program: what may take long looks often whether it is."""

from __future__ import annotations

from collections.abc import Callable

from montage_recipe.diagnostics import Diagnostic, Interrupted

Stop = Callable[[], bool]


def never() -> bool:
    return False


def heed(stop: Stop) -> None:
    """Raises Interrupted where `stop` says so."""
    if stop():
        raise interrupted()


def interrupted(hint: str = "build again to go on: what is finished is kept in the store") -> Interrupted:
    message = "stopped before it was finished"
    return Interrupted([Diagnostic(code="interrupted", message=message, hint=hint)])
