"""`montage-recipe cache`: how large the store is, and making it smaller."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from montage_recipe.diagnostics import Diagnostic, StoreError
from montage_recipe.render.runs import Freed
from montage_recipe.render.store import Store, is_store, store_root
from montage_recipe.settings import load_settings, parse_size
from montage_recipe.wording import format_size


def _size(context: click.Context, parameter: click.Parameter, value: str | None) -> int | None:
    try:
        return None if value is None else parse_size(value)
    except ValueError as error:
        raise click.BadParameter(str(error), context, parameter) from error


_recipe = click.argument("recipe", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
_cache = click.option("--cache", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help="The store.")
_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.group()
def command() -> None:
    """Look at, prune or clear the store of finished jobs.

    The store is the one beside RECIPE, or in the current folder, or where --cache, MONTAGE_CACHE_DIR or the settings
    file say.
    """


@command.command()
@_recipe
@_cache
@_json
def info(recipe: Path | None, cache: Path | None, as_json: bool) -> None:
    """Say where the store is and how much it holds."""
    settings = load_settings({"cache_dir": cache})
    root = store_root(settings, recipe)
    objects = bytes_ = 0
    if is_store(root):
        with Store.open(root) as store:
            objects, bytes_ = store.size().objects, store.size().bytes
    limit = settings.cache_limit_bytes
    _say(
        {"store": str(root), "objects": objects, "bytes": bytes_, "limit_bytes": limit},
        f"{root}: {objects} objects, {format_size(bytes_)} of at most {format_size(limit)}",
        as_json=as_json,
    )


@command.command()
@_recipe
@_cache
@_json
@click.option(
    "--to", "size", metavar="SIZE", callback=_size, help="Keep this much, e.g. 5G; default: the store's limit."
)
def prune(recipe: Path | None, cache: Path | None, as_json: bool, size: int | None) -> None:
    """Remove what was unused for longest until the rest fits."""
    settings = load_settings({"cache_dir": cache})
    root = store_root(settings, recipe)
    _shrink(root, settings.cache_limit_bytes if size is None else size, as_json=as_json)


@command.command()
@_recipe
@_cache
@_json
def clear(recipe: Path | None, cache: Path | None, as_json: bool) -> None:
    """Remove everything; the next build begins anew."""
    _shrink(store_root(load_settings({"cache_dir": cache}), recipe), None, as_json=as_json)


def _shrink(root: Path, limit_bytes: int | None, *, as_json: bool) -> None:
    """Down to `limit_bytes`, or to nothing where it is None; what killed builds left goes too."""
    freed, objects, bytes_ = Freed(), 0, 0
    if is_store(root):
        with Store.open(root) as store:
            freed = store.sweep()
            removed = store.clear() if limit_bytes is None else store.prune(limit_bytes)
            if removed is None:
                raise StoreError([_busy(root)])
            freed += removed
            objects, bytes_ = store.size().objects, store.size().bytes
    _say(
        {
            "store": str(root),
            "removed": {"files": freed.files, "bytes": freed.bytes},
            "objects": objects,
            "bytes": bytes_,
        },
        f"{root}: removed {freed.files} files ({format_size(freed.bytes)}), kept {objects} ({format_size(bytes_)})",
        as_json=as_json,
    )


def _exists(root: Path) -> bool:
    return (root / "objects").is_dir()


def _busy(root: Path) -> Diagnostic:
    message = f"a build is using {root}; nothing was removed"
    return Diagnostic(code="store-busy", message=message, hint="wait until it has ended, then do this again")


def _say(data: dict[str, Any], text: str, *, as_json: bool) -> None:
    click.echo(json.dumps(data, ensure_ascii=False) if as_json else text)
