"""Faults of locks: what is not as it was when the lock was written."""

from __future__ import annotations

from montage_recipe.codes.spec import Code

_UPDATE = "montage-recipe lock trip.yaml --update"
_WRITE = "montage-recipe lock trip.yaml"

CODES: tuple[Code, ...] = (
    Code(
        "lock-missing",
        "There is no lock",
        "`build --locked` and `lock --check` compare with the file `trip.lock` beside `trip.yaml`.",
        _WRITE,
    ),
    Code(
        "lock-unusable",
        "The lock cannot be used",
        "It is damaged, of another format, or no lock at all. A merge may have left its marks.",
        "git checkout trip.lock",
    ),
    Code(
        "lock-of-another-recipe",
        "Two recipes would have the same lock",
        "A lock has its recipe's name with the ending `.lock`; two recipes of a folder that differ only in their endings, "
        "and other files of that name, get in each other's way.",
        "mv trip.yml trip-short.yml",
    ),
    Code(
        "lock-out-of-date",
        "The lock is not as things are",
        "`lock` writes a lock that is not there; one that is there it writes anew only with `--update`.",
        _UPDATE,
    ),
    Code(
        "lock-update-in-ci",
        "A lock is not written anew in CI",
        "A changed lock is accepted by a person who reads its diff, or it guards nothing.",
        "montage-recipe lock trip.yaml --check",
    ),
    Code(
        "lock-media-differs",
        "A medium is not the one that was locked",
        "Its content is another one. Its name and its date do not count.",
        _UPDATE,
    ),
    Code(
        "lock-font-differs",
        "A font is not the one that was locked",
        "The file is another one; the fonts that are installed along change with their package.",
        _UPDATE,
    ),
    Code(
        "lock-model-differs",
        "The weights of a model are not those that were locked",
        "They belong to the release of montage-recipe, and another one may have others.",
        _UPDATE,
    ),
    Code(
        "lock-ffmpeg-differs",
        "The ffmpeg is not the one that was locked",
        "Another version or another build of it, its libraries included, makes other bytes. MONTAGE_FFMPEG chooses one.",
        _UPDATE,
    ),
    Code(
        "lock-release-differs",
        "montage-recipe is not of the release that was locked",
        "Another one may plan the same recipe in another way.",
        "pip install montage-recipe==0.1.0",
    ),
    Code("not-in-lock", "Something is not in the lock", "The recipe has used it since the lock was written.", _UPDATE),
    Code(
        "lock-entry-unused",
        "The lock has something that is no longer used",
        "The recipe has changed since. `build --locked` does not mind it.",
        _UPDATE,
    ),
)
