"""Faults of media that live elsewhere."""

from __future__ import annotations

from montage_recipe.codes.spec import Code

_FETCH = "montage-recipe fetch trip.yaml"
_ALLOW = "montage-recipe fetch trip.yaml --allow-host media.example.org"

CODES: tuple[Code, ...] = (
    Code(
        "media-not-fetched",
        "A medium has not been fetched yet",
        "It lives elsewhere: its entry under `media` has a `url`. A build asks no other machine for footage.",
        _FETCH,
    ),
    Code(
        "media-not-as-stated",
        "A medium has other content than the recipe says",
        "Its entry under `media` has a `sha256`, and the file that is there has another one.",
        "sha256sum footage/walk.mp4",
    ),
    Code(
        "fetch-untrusted",
        "A recipe of somebody else wants something to be fetched",
        "Where you are, addresses may lead to machines that its author cannot reach: routers, databases, the metadata of a "
        "cloud. Only hosts that you name are asked, and hidden files, such as those in `.git`, are not written.",
        _ALLOW,
    ),
    Code(
        "fetch-not-allowed",
        "An address that is not fetched from",
        "Plain HTTP can be read and changed on its way, and is asked of this machine itself only; and with --allow-host, no "
        "other hosts are asked.",
        _ALLOW,
    ),
    Code(
        "fetch-failed",
        "A medium could not be fetched",
        "The message says what the server, or the way to it, answered. What has come is kept, and gone on with the next time.",
        _FETCH,
    ),
    Code(
        "fetch-wrong-content",
        "What was fetched is not what the recipe says",
        "Its SHA-256 is another one: it was exchanged, or it is the page of an error. It was removed.",
        "sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ),
    Code(
        "fetch-would-overwrite",
        "Another file is in the place of a medium",
        "`fetch` never writes over a file; it may be the only copy of something.",
        "mv footage/walk.mp4 footage/walk-old.mp4",
    ),
    Code(
        "fetch-busy", "A medium is being fetched already", "By another process.", "Wait until the other one has ended."
    ),
)
