"""Faults of the build: ffmpeg, the store, the disk, the settings."""

from __future__ import annotations

from montage_recipe.codes.spec import Code

_ENGINE = "montage-recipe doctor"
_SPACE = "montage-recipe cache prune"
_ELSEWHERE = "montage-recipe build trip.yaml --cache /elsewhere"
_MORE = "montage-recipe build trip.yaml --memory-limit 4G"
_FITTING = "montage-recipe build trip.yaml --memory-limit 2G"
_SMALLER = "canvas: {size: 1280x720, fps: 30}"
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
        "A process asked for more than there is.",
        "montage-recipe build --jobs 1 trip.yaml",
    ),
    Code(
        "job-over-memory-limit",
        "A job is expected to need more memory than the limit",
        "A warning: it runs alone, and is stopped where it reaches the limit.",
        _MORE,
    ),
    Code(
        "memory-limit-above-memory",
        "The memory limit is larger than the memory",
        "A warning: the machine, or the container that this runs in, has less, so the system may kill jobs before the limit is "
        "reached.",
        _FITTING,
    ),
    Code(
        "memory-short",
        "Memory is getting short",
        "A warning: all processes together have 80 % of the memory limit. No job begins until it is less, fewer run at once "
        "from then on, and what this program only keeps for speed is dropped. The result is the same.",
        _MORE,
    ),
    Code(
        "memory-limit-reached",
        "The memory limit does not suffice for one job",
        "The largest job is stopped before all processes together pass the limit, and runs again alone. This one reached "
        "the limit alone too; or this program by itself leaves no room for any.",
        _MORE,
    ),
    Code(
        "killed-for-memory",
        "The system killed ffmpeg for lack of memory",
        "It did so again when nothing else of the build ran. Other programs use the memory, or a container has too little.",
        _SMALLER,
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
    Code(
        "disk-full",
        "The disk is full",
        "Or surely would be, or has no more than a reserve left. The old output, if there is one, is untouched.",
        _SPACE,
    ),
    Code(
        "disk-may-fill",
        "The disk may become full",
        "A warning: the build is expected to write more than is free.",
        _SPACE,
    ),
    Code("disk-error", "The disk reports an error", "Reading or writing failed.", _ELSEWHERE),
    Code(
        "path-too-long",
        "A name or a path is too long",
        "The system refuses it, or SQLite does: a store's path may have 490 bytes.",
        _ELSEWHERE,
    ),
    Code(
        "store-without-locks",
        "The store's file system gives no locks",
        "Or none that other machines see; two builds could remove each other's files. See `store-on-network`.",
        _ELSEWHERE,
    ),
    Code(
        "store-on-network",
        "The store is on a network file system",
        "A warning: it works as far as the server's locks, renames and fsync do, and is slower.",
        _ELSEWHERE,
    ),
    Code("store-busy", "The store is in use", "Another build works with it.", "Wait until the other build has ended."),
    Code("store-index-rebuilt", "The store's index was made anew", "A warning: it was damaged.", _AGAIN),
    Code("store-object-gone", "A stored piece is gone", "Something removed it from the store.", _AGAIN),
    Code("interrupted", "The build was interrupted", "Everything finished so far is kept.", _AGAIN),
)
