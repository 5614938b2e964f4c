"""Faults of recipes from somebody else (`--untrusted`): what leaves their folder, and what is too much."""

from __future__ import annotations

from montage_recipe.codes.spec import Code

_TRUSTED = "Where the recipe is your own, or you have read it: --trusted"


def _bound(code: str, title: str, why: str) -> Code:
    return Code(code, title, f"{why} The bound holds for recipes of others only.", _TRUSTED)


CODES: tuple[Code, ...] = (
    Code(
        "outside-of-folder",
        "A file outside of the recipe's folder",
        "A recipe from somebody else reads and writes in its own folder only: no absolute paths, no `..` and no symbolic "
        "link that lead out of it.",
        "Copy the file into the recipe's folder. " + _TRUSTED,
    ),
    Code(
        "hard-link",
        "A file with several names",
        "A hard link may be another name of a file outside of the recipe's folder.",
        "cp footage/a.mp4 footage/copy.mp4",
    ),
    Code(
        "upscale-untrusted",
        "A recipe of somebody else asks for GPU hosts",
        "Your hosts, your keys and your computing time are not for strangers' recipes.",
        _TRUSTED,
    ),
    Code(
        "no-sandbox",
        "ffmpeg runs without a sandbox",
        "Neither bubblewrap nor Landlock works here. What a damaged or hostile file does to ffmpeg is then held back by "
        "the lists of what it may open and decode, and by nothing else.",
        "apt-get install bubblewrap",
    ),
    Code(
        "sandbox-failed",
        "The sandbox cannot be set up",
        "It worked when it was tried, and does not any more. Nothing of somebody else's runs without it then.",
        "montage-recipe doctor",
    ),
    _bound("too-much-text", "A recipe with too much text", "Text that grows takes memory and time before any check."),
    _bound("too-many-clips", "Too many clips", "Each one costs work."),
    _bound("too-many-titles", "Too many titles", "Each one costs work."),
    _bound("too-many-sounds", "Too many sounds", "Each one is decoded, and all are laid over each other."),
    _bound("too-many-media", "Too many media", "Each file is read through."),
    _bound("too-many-outputs", "Too many outputs", "Each one is a whole render."),
    _bound("too-many-checks", "Too many checks", "Some of them decode the whole film."),
    _bound("output-too-large", "An output of too many pixels", "Memory and time of every job grow with them."),
    Code(
        "output-too-long",
        "A montage or generated footage that lasts too long",
        "It would take days to encode. Your own recipe may ask for 12 hours, a recipe of somebody else for 4.",
        'duration: "1:00:00"',
    ),
    _bound("medium-too-large", "A file that is too large", "Every byte of it is read."),
    _bound("medium-too-long", "Footage that lasts too long", "A small file may hold days of it."),
    _bound("too-many-pictures", "Footage of too many pictures", "A small file may hold millions of them."),
    _bound("too-many-pixels", "A picture of too many pixels", "A small file may hold a picture of gigabytes."),
)
