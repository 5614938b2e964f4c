"""Faults of the recipe itself: found without looking at any media."""

from __future__ import annotations

from montage_recipe.codes.spec import Code

CODES: tuple[Code, ...] = (
    Code(
        "wrong-version",
        "A version of the language that is not known",
        "The first line says in which version of the language the recipe is written. There is one so far.",
        "recipe: 1",
    ),
    Code(
        "unknown-key",
        "A key that does not exist",
        "A key with a slip in it would otherwise be ignored in silence.",
        "clips:\n  - {src: a.mp4, duration: 3s}   # not `length`",
    ),
    Code(
        "too-many-faults",
        "More faults than anyone reads",
        "Only the first thousand are told, as it would take long to look for all of them.",
        "Mend what is told, and validate again.",
    ),
    Code("missing-key", "A key is missing", "Something cannot do without it.", "clips:\n  - {src: a.mp4}"),
    Code(
        "not-yet-supported",
        "A key of a later version",
        "The language has a place for it, and this version of montage-recipe cannot do it yet.",
        "Remove the key.",
    ),
    Code(
        "wrong-kind",
        "A value of the wrong kind",
        "Every key takes one kind of value: a time, a size, a list of clips.",
        "in: 31.5s   # not 31,5s",
    ),
    Code(
        "wrong-value",
        "A value that cannot be used",
        "It is of the right kind, and outside of what is possible.",
        "size: 1920x1080   # not 1921x1080: widths and heights are even",
    ),
    Code("out-of-range", "A value outside of its limits", "The message names the limit.", "{color: {saturation: 1.2}}"),
    Code("empty-list", "An empty list", "At least one entry is needed here.", "clips:\n  - {src: a.mp4}"),
    Code(
        "bad-name", "A name that cannot be used", "Names of media and variables are words.", "media: {beach-2: b.mp4}"
    ),
    Code("unknown-word", "A word that is no choice", "This key takes one of a few words.", "fit: blur"),
    Code(
        "unknown-effect",
        "An effect that does not exist",
        "`montage-recipe explain effects` lists the ones there are.",
        "effects: [{denoise: light}, grayscale]",
    ),
    Code(
        "unknown-transition",
        "A transition that does not exist",
        "`montage-recipe explain transitions` lists the ones there are.",
        "transition: {type: wipe-left, duration: 0.5s}",
    ),
    Code(
        "unknown-generator",
        "A generator that does not exist",
        "`montage-recipe explain generators` lists the ones there are.",
        "media: {waves: {generate: sea, duration: 6s}}",
    ),
    Code(
        "unknown-profile",
        "A profile that does not exist",
        "`montage-recipe explain profiles` lists the ones there are.",
        "outputs: [{file: dist/trip.mp4, profile: h264-1080p}]",
    ),
    Code(
        "one-effect-per-entry",
        "An entry of `effects` is not exactly one effect",
        "Effects work one after the other, in the order of the list; a mapping of several has no order.",
        "effects: [{denoise: light}, {color: {saturation: 1.2}}]",
    ),
    Code(
        "unknown-variable",
        "A variable that does not exist",
        "`${name}` stands for an entry of `vars:`.",
        "vars: {place: Lofoten}",
    ),
    Code(
        "variable-syntax",
        "A variable that does not end",
        "A variable is written `${name}`. For the characters `${` themselves write `$${`.",
        'text: "Three days in ${place}"',
    ),
    Code(
        "variable-in-variable",
        "A variable inside a variable",
        "Variables hold plain values and do not refer to each other.",
        "vars: {place: Lofoten, greeting: Hello from Lofoten}",
    ),
    Code(
        "unused-variable",
        "A variable that no value uses",
        "A warning: often its name has a slip in it.",
        "text: ${place}",
    ),
    Code(
        "unknown-media",
        "A name that `media` does not have",
        "`src` holds a name of `media:`, or a file, which has an ending or a slash in it.",
        "media: {hike: footage/b.mov}\nclips: [{src: hike}]",
    ),
    Code(
        "duplicate-id",
        "Two clips with one id",
        "An anchor to this id would have two meanings.",
        "{id: walk-2, src: b.mp4}",
    ),
    Code(
        "unknown-clip",
        "An anchor to a clip that does not exist",
        "`walk.start` needs a clip with the id `walk`.",
        "clips: [{id: walk, src: b.mp4}]\ntitles: [{text: Hello, start: walk.start, duration: 3s}]",
    ),
    Code(
        "out-before-in",
        "`out` does not come after `in`",
        "Both are points in the source, and nothing lies between them.",
        "{src: a.mp4, in: 2s, out: 7s}   # five seconds",
    ),
    Code(
        "out-and-duration",
        "`out` and `duration` together",
        "Each of them says where the clip ends.",
        "{src: a.mp4, in: 2s, duration: 5s}",
    ),
    Code(
        "end-and-duration",
        "`end` and `duration` together",
        "Each of them says when the title ends.",
        "{text: Hello, start: 1s, duration: 3s}",
    ),
    Code(
        "title-without-end",
        "A title without an end",
        "It needs a `duration` or an `end`.",
        "{text: Hello, duration: 3s}",
    ),
    Code(
        "end-before-start",
        "`end` does not come after `start`",
        "Both are points on the timeline. For a length, write `duration`.",
        "{text: Hello, start: 5s, duration: 3s}",
    ),
    Code(
        "unused-duration", "A cut with a duration", "A warning: `none` is a cut and takes no time.", "transition: none"
    ),
    Code(
        "duplicate-output-name",
        "Two outputs with one name",
        "`build --output NAME` could mean either. Without `name:`, an output has the name of its file.",
        "outputs:\n  - {file: dist/trip.mp4}\n  - {file: dist/small/trip.mp4, name: small}",
    ),
    Code(
        "several-outputs",
        "Several outputs and one file",
        "`build -o FILE` names one file, and the recipe makes several.",
        "montage-recipe build trip.yaml --output tall -o /tmp/tall.mp4",
    ),
    Code(
        "unknown-output",
        "An output that does not exist",
        "`--output` takes the `name:` of an output, or its file's name without the ending.",
        "montage-recipe build trip.yaml --output trip",
    ),
)
