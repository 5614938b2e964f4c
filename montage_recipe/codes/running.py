"""Faults of the build: ffmpeg, the store, the disk, the settings."""

from __future__ import annotations

from montage_recipe.codes.spec import Code

_ENGINE = "montage-recipe doctor"
_SPACE = "montage-recipe cache prune"
_ELSEWHERE = "montage-recipe build trip.yaml --cache /elsewhere"
_AGAIN = "Build again; what is finished is kept."

CODES: tuple[Code, ...] = (
    Code(
        "bad-setting",
        "A setting that cannot be used",
        "The message names it and where it comes from.",
        "memory_limit = '4G'",
    ),
    Code(
        "left-out-by-setting",
        "Something that a setting leaves out",
        "A warning: the recipe asks for it, and a setting of yours (UPSCALE, NUM_VARIANTS, CGPU_GPU_ENABLED) says no.",
        "UPSCALE=true",
    ),
    Code("unknown-setting", "A setting that does not exist", "Its name may have a slip in it.", _ENGINE),
    Code("engine-missing", "There is no ffmpeg", "Neither the built-in one nor one of your own was found.", _ENGINE),
    Code("engine-unusable", "The ffmpeg cannot be used", "It cannot be run, or it is no ffmpeg.", _ENGINE),
    Code("engine-too-old", "The ffmpeg is too old", "Version 5.1 is the oldest that works.", _ENGINE),
    Code(
        "engine-lacks-feature",
        "The ffmpeg lacks something",
        "It was built without a filter, an encoder or a transition that this recipe needs.",
        _ENGINE,
    ),
    Code(
        "font-missing",
        "The built-in font is not there",
        "Titles without a `font` of their own cannot be drawn. The installation is incomplete.",
        "pip install --force-reinstall montage-recipe",
    ),
    Code("filter-missing", "The ffmpeg lacks a filter", "It was built without it.", _ENGINE),
    Code("encoder-missing", "The ffmpeg lacks an encoder", "It was built without it.", _ENGINE),
    Code("decoder-missing", "The ffmpeg lacks a decoder", "It was built without it.", _ENGINE),
    Code("option-missing", "The ffmpeg lacks an option", "Its version does not know it.", _ENGINE),
    Code("ffmpeg-failed", "ffmpeg failed", "Its own words stand in the message.", "Look at the clip that is named."),
    Code("ffmpeg-crashed", "ffmpeg crashed", "A fault of ffmpeg, or of the memory.", _ENGINE),
    Code("ffmpeg-ended", "ffmpeg was ended", "Something else on this machine ended it.", _AGAIN),
    Code("ffmpeg-stalled", "ffmpeg stood still", "It made no progress for a long time and was ended.", _AGAIN),
    Code("ffmpeg-flooded", "ffmpeg complained without end", "It was ended.", "Look at the clip that is named."),
    Code(
        "out-of-memory",
        "The memory is used up",
        "A process needed more than there is.",
        "montage-recipe build --jobs 1 trip.yaml",
    ),
    Code(
        "job-over-memory-limit",
        "A job needs more memory than the limit",
        "A warning: it runs alone.",
        "montage-recipe build trip.yaml --memory-limit 4G",
    ),
    Code("too-many-files", "Too many open files", "The limit of this machine is reached.", "ulimit -n 4096"),
    Code(
        "output-not-as-planned",
        "A result is not what was planned",
        "Its frames, size or length differ from the plan, so it was not put in its place.",
        _AGAIN,
    ),
    Code("loudness-not-measured", "The loudness could not be measured", "ffmpeg did not say it.", _ENGINE),
    Code("not-writable", "A place cannot be written to", "Its permissions or a read-only disk forbid it.", _ELSEWHERE),
    Code("disk-full", "The disk is full", "The old output, if there is one, is untouched.", _SPACE),
    Code("disk-error", "The disk reports an error", "Reading or writing failed.", _ELSEWHERE),
    Code("store-busy", "The store is in use", "Another build works with it.", "Wait until the other build has ended."),
    Code("store-index-rebuilt", "The store's index was made anew", "A warning: it was damaged.", _AGAIN),
    Code("store-object-gone", "A stored piece is gone", "Something removed it from the store.", _AGAIN),
    Code("interrupted", "The build was interrupted", "Everything finished so far is kept.", _AGAIN),
)
