"""`montage-recipe config`: every setting, its value, and where that comes from."""

from __future__ import annotations

import json
from typing import Any

import click

from montage_recipe.settings import ALL_SETTINGS, Settings, load_settings, untrusted_stores, user_file
from montage_recipe.wording import format_size


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(as_json: bool) -> None:
    """Show every setting, its value, and where that comes from: the environment, `.env`, your file, or the default.

    The last column is the flag or variable that sets it; flags of other commands go before all of them. What depends on the
    machine is shown as it is now.
    """
    settings = load_settings()
    rows = [
        {
            "setting": setting.word,
            "value": _value(settings, setting.field),
            "origin": settings.origin(setting.field),
            "variables": [name for name, _ in setting.variables],
            "flag": setting.flag,
            "doc": setting.doc,
        }
        for setting in ALL_SETTINGS
    ]
    if as_json:
        click.echo(json.dumps({"file": str(user_file()), "settings": rows}, ensure_ascii=False, indent=2))
        return
    told = [
        (
            row["setting"],
            _told(settings, row["setting"], row["value"]),
            row["origin"],
            (*row["variables"], row["flag"])[0],
        )
        for row in rows
    ]
    widths = [max(len(row[column]) for row in told) for column in range(3)]
    for word, value, origin, variable in told:
        click.echo(f"  {word:<{widths[0]}}  {value:<{widths[1]}}  {origin:<{widths[2]}}  {variable}".rstrip())
    for note in settings.notes:
        click.echo(f"\n{note}.")
    click.echo(
        f"\nYour file is {user_file()}; the last column is the variable of the environment, or of .env, or a flag."
    )


def _value(settings: Settings, field: str) -> Any:
    """As it is in force on this machine; None where there is nothing to say."""
    from montage_recipe.render.hardware import hardware_of, limits_for
    from montage_recipe.render.memory import total_memory_bytes

    limits = limits_for(settings)
    match field:
        case "hardware":
            return str(hardware_of(settings, total_memory_bytes()))
        case "jobs" | "parallel_jobs" | "open_inputs" | "parallel_upscales":
            return getattr(limits, field)
        case "memory_limit_bytes":
            return limits.memory_bytes
        case "cache_dir":
            return str(settings.cache_dir) if settings.cache_dir else None
        case _:
            return getattr(settings, field)


def _told(settings: Settings, word: str, value: Any) -> str:
    if value is None:
        of_others = word == "cache" and settings.untrusted
        return f"one for each recipe in {untrusted_stores()}" if of_others else _NOTHING[word]
    if isinstance(value, bool):
        return "yes" if value else "no"
    return format_size(value) if word in ("memory_limit", "cache_limit", "log_size") else str(value)


_NOTHING = {
    "ffmpeg": "the one of imageio-ffmpeg",
    "cache": ".montage beside the recipe",
    "preset": "the profile's",
    "variants": "all",
}
