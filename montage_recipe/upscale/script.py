"""The scripts that run on a GPU host, made from `templates/`. The only door to jinja2.

They are sent as files and run by path. A value gets into one only through a quoting filter: whatever it holds, it stays one
word of the shell, one literal of Python, or one comment.
"""

from __future__ import annotations

import functools
import hashlib
import shlex
from typing import Any

import jinja2
from jinja2.sandbox import SandboxedEnvironment

from montage_recipe import resources


class _Quoted(str):
    """A text that may stand in a script as it is."""


def _as_python(value: str) -> _Quoted:
    return _Quoted(ascii(value))


def _as_word(value: str) -> _Quoted:
    return _Quoted(shlex.quote(value))


def _as_comment(value: str) -> _Quoted:
    if not value.isascii() or not value.isprintable():
        raise ValueError(f"{value!r} cannot stand in a comment")
    return _Quoted(value)


def _only_quoted(value: Any) -> Any:
    if not isinstance(value, _Quoted):
        raise TypeError(f"{value!r} got into a script without a quoting filter")
    return value


@functools.cache
def _environment() -> SandboxedEnvironment:
    environment = SandboxedEnvironment(
        loader=jinja2.FileSystemLoader(resources.data_dir("templates")),
        undefined=jinja2.StrictUndefined,
        finalize=_only_quoted,
        keep_trailing_newline=True,
        autoescape=False,  # no HTML; `finalize` sees to the quoting
    )
    environment.filters |= {"py": _as_python, "sh": _as_word, "comment": _as_comment}
    return environment


def render(template: str, **values: str) -> str:
    """The script `templates/TEMPLATE.j2` with these values. Raises what jinja2 and the filters raise: a fault of ours."""
    return _environment().get_template(f"{template}.j2").render(**values)


@functools.cache
def agent() -> tuple[str, str]:
    """The name and the text of the program that looks after jobs on a host; another text has another name."""
    version = hashlib.sha256(render("agent.py", version="").encode()).hexdigest()[:12]
    return f"agent-{version}.py", render("agent.py", version=version)
