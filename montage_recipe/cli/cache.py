"""`montage-recipe cache`: how large the store is, and making it smaller."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from montage_recipe.cli.trust import OPTION, settings_for
from montage_recipe.diagnostics import Diagnostic, StoreError
from montage_recipe.disk import disk_faults
from montage_recipe.render.runs import Freed
from montage_recipe.render.store import Store, is_store, store_root
from montage_recipe.render.strangers import UNUSED_S, look, remove_unused
from montage_recipe.settings import Settings, parse_size, untrusted_stores
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
    file say. With --untrusted it is the one that builds of somebody else's RECIPE use; without a RECIPE, all of those.
    """


@command.command()
@_recipe
@_cache
@OPTION
@_json
def info(recipe: Path | None, cache: Path | None, untrusted: bool | None, as_json: bool) -> None:
    """Say where the store is and how much it holds, and how many stores other people's recipes have."""
    settings = settings_for({"cache_dir": cache, "untrusted": untrusted}, quiet=as_json or recipe is None)
    with disk_faults("look at the stores of other people's recipes"):
        strangers = look(untrusted_stores())
    told = f"{strangers.stores} stores of other people's recipes, {format_size(strangers.held.bytes)}: {untrusted_stores()}"
    others = {"folder": str(untrusted_stores()), "stores": strangers.stores, "bytes": strangers.held.bytes}
    if _is_all(settings, recipe, untrusted):
        _say({"untrusted": others}, told, as_json=as_json)
        return
    root = store_root(settings, recipe)
    objects = bytes_ = 0
    if is_store(root):
        with Store.open(root) as store:
            objects, bytes_ = store.size().objects, store.size().bytes
    limit = settings.cache_limit_bytes
    text = f"{root}: {objects} objects, {format_size(bytes_)} of at most {format_size(limit)}"
    _say(
        {"store": str(root), "objects": objects, "bytes": bytes_, "limit_bytes": limit, "untrusted": others},
        f"{text}\n{told}" if strangers.stores else text,
        as_json=as_json,
    )


@command.command()
@_recipe
@_cache
@OPTION
@_json
@click.option(
    "--to", "size", metavar="SIZE", callback=_size, help="Keep this much, e.g. 5G; default: the store's limit."
)
def prune(recipe: Path | None, cache: Path | None, untrusted: bool | None, as_json: bool, size: int | None) -> None:
    """Remove what was unused for longest until the rest fits.

    Of all stores of other people's recipes: remove those that were unused for 30 days, as builds with --untrusted do.
    """
    settings = settings_for({"cache_dir": cache, "untrusted": untrusted}, quiet=as_json or recipe is None)
    if _is_all(settings, recipe, untrusted):
        if size is not None:
            raise click.UsageError("--to is about one store: name its RECIPE, or leave it out")
        _remove_strangers(UNUSED_S, as_json=as_json)
        return
    _shrink(store_root(settings, recipe), settings.cache_limit_bytes if size is None else size, as_json=as_json)


@command.command()
@_recipe
@_cache
@OPTION
@_json
def clear(recipe: Path | None, cache: Path | None, untrusted: bool | None, as_json: bool) -> None:
    """Remove everything, the logs too; the next build begins anew.

    Of all stores of other people's recipes: remove those that no build is using.
    """
    settings = settings_for({"cache_dir": cache, "untrusted": untrusted}, quiet=as_json or recipe is None)
    if _is_all(settings, recipe, untrusted):
        _remove_strangers(0.0, as_json=as_json)
        return
    _shrink(store_root(settings, recipe), None, as_json=as_json)


def _is_all(settings: Settings, recipe: Path | None, untrusted: bool | None) -> bool:
    """Whether it is about the stores of all recipes of others: asked for, not only because CI is set."""
    return bool(untrusted) and recipe is None and settings.cache_dir is None


def _remove_strangers(unused_s: float, *, as_json: bool) -> None:
    with disk_faults("remove stores of other people's recipes"):
        removed, left = remove_unused(untrusted_stores(), unused_s=unused_s), look(untrusted_stores())
    _say(
        {
            "folder": str(untrusted_stores()),
            "removed": {"stores": removed.stores, "files": removed.held.files, "bytes": removed.held.bytes},
            "stores": left.stores,
            "bytes": left.held.bytes,
        },
        f"{untrusted_stores()}: removed {removed.stores} stores ({format_size(removed.held.bytes)}), "
        f"kept {left.stores} ({format_size(left.held.bytes)})",
        as_json=as_json,
    )


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


def _busy(root: Path) -> Diagnostic:
    message = f"a build is using {root}; nothing was removed"
    return Diagnostic(code="store-busy", message=message, hint="wait until it has ended, then do this again")


def _say(data: dict[str, Any], text: str, *, as_json: bool) -> None:
    click.echo(json.dumps(data, ensure_ascii=False) if as_json else text)
