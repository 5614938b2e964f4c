"""Faults of the text: found before anything is known about its meaning."""

from __future__ import annotations

from montage_recipe.codes.spec import Code

_SHARED = "defaults: {transition: crossfade}   # or: include: brand.yaml"

CODES: tuple[Code, ...] = (
    Code(
        "unreadable-recipe",
        "The recipe cannot be read",
        "There is no file of this name, it is a folder, or you may not read it.",
        "montage-recipe validate my-recipe.yaml",
    ),
    Code(
        "unreadable-include",
        "An included file cannot be read",
        "A relative name counts from the folder of the file that includes it.",
        "include: ../shared/brand.yaml",
    ),
    Code(
        "not-utf8",
        "The file is not UTF-8",
        "Recipes are UTF-8 text, so that titles of every script read the same everywhere.",
        "Save the file as UTF-8 in your editor.",
    ),
    Code(
        "control-character",
        "An invisible character stands in the text",
        "YAML takes no control characters. They mostly come with text that was copied from somewhere.",
        "Delete the character.",
    ),
    Code(
        "too-large",
        "The recipe is too large",
        "One file may have 1 MiB, and variables may make 4 MiB of it.",
        "clips: [{include: part-1.yaml}]",
    ),
    Code(
        "too-deep",
        "The recipe is nested too deeply",
        "No recipe needs 30 levels of lists and mappings; a bracket too many is likely.",
        "Look for a `[` or `{` that does not belong there.",
    ),
    Code(
        "yaml-syntax",
        "The text is not YAML",
        "The structure of the text cannot be seen. The true place is often the line above the one that is shown.",
        'text: "Day 1: the ferry"   # a colon and a space in a text need quotes',
    ),
    Code(
        "yaml-tab",
        "A tab instead of spaces",
        "YAML takes structure from indentation, and forbids tabs in it because editors show them differently.",
        "Indent with two spaces.",
    ),
    Code(
        "yaml-alias",
        "An anchor, an alias or a merge key",
        "Recipes do without `&name`, `*name` and `<<`. A few lines of them can blow up to gigabytes.",
        _SHARED,
    ),
    Code("yaml-tag", "A tag", "Recipes have no tags such as `!!str` or `!include`.", "include: brand.yaml"),
    Code(
        "yaml-documents",
        "More than one document",
        "A file holds one recipe. A line `---` begins another document.",
        "Remove the line `---`.",
    ),
    Code(
        "duplicate-key",
        "A key is written twice",
        "The second value would silently replace the first one.",
        "clips: […]   # once, with all clips below it",
    ),
    Code(
        "key-is-no-word",
        "A list or a mapping in place of a key",
        "Often two braces, as template languages have them: YAML reads `{{name}}` as a mapping.",
        'text: "Hello ${name}"',
    ),
    Code(
        "bad-number", "A number that cannot be used", "Infinite, undefined and endless numbers are refused.", "speed: 2"
    ),
    Code(
        "not-a-recipe",
        "The file holds no recipe",
        "A recipe is a mapping of keys; this file is empty, or a list, or one value.",
        "recipe: 1\nclips:\n  - {src: a.mp4}",
    ),
    Code(
        "include-cycle",
        "A file includes itself",
        "Directly, or by way of the files it includes.",
        "Take one of the includes away.",
    ),
    Code(
        "include-too-deep",
        "Too many includes",
        "Eight files inside each other, and 100 in all, are the limit.",
        _SHARED,
    ),
    Code(
        "include-with-keys",
        "Other keys beside an include",
        "An entry `{include: …}` among the clips stands for other clips; it is not a clip itself.",
        "clips:\n  - {include: intro.yaml}\n  - {src: a.mp4}",
    ),
    Code(
        "include-unused-key",
        "A file among the clips holds more than clips",
        "Among the clips, a file gives its `clips`, `media` and `vars`. Anything else would be lost.",
        "include: brand.yaml   # at the top, for everything else",
    ),
    Code(
        "include-clash",
        "Two included files mean different things by one name",
        "Both are included among the clips, and the recipe does not say which of them counts.",
        "media: {intro: a.mp4}   # in the recipe itself",
    ),
    Code(
        "include-without-clips",
        "A file among the clips has no clips",
        "It is included where clips are expected.",
        "include: brand.yaml   # at the top, for everything else",
    ),
)
