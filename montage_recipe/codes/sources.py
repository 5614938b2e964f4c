"""Faults of files: footage, sound, fonts, and the places of outputs."""

from __future__ import annotations

from montage_recipe.codes.spec import Code

CODES: tuple[Code, ...] = (
    Code(
        "missing-media",
        "A medium is not there",
        "A relative path counts from the folder of the recipe it is written in.",
        "media: {hike: footage/b.mov}",
    ),
    Code("missing-font", "A font is not there", "Leave `font` out for the built-in font.", "font: fonts/brand.ttf"),
    Code("missing-file", "A file is not there", "An effect needs it.", "Check the name of the file."),
    Code(
        "same-output",
        "Two outputs write the same file",
        "One of them would be lost. Links count as the file they lead to.",
        "outputs: [{file: dist/wide.mp4}, {file: dist/tall.mp4}]",
    ),
    Code(
        "output-is-folder",
        "The output is a folder",
        "A folder of this name exists already.",
        "outputs: [{file: dist/trip.mp4}]",
    ),
    Code(
        "output-is-source",
        "The output is a file that is read",
        "Building would destroy the footage. Links count as the file they lead to.",
        "outputs: [{file: dist/trip.mp4}]",
    ),
    Code("media-not-a-file", "A medium is not a file", "It is a folder, a pipe or a device.", "{src: footage/a.mp4}"),
    Code("media-unreadable", "A medium cannot be read", "You may not read it.", "chmod u+r footage/a.mp4"),
    Code(
        "media-codec",
        "A medium of a codec that is not decoded",
        "Cameras, editors and the web do not use it, and seldom used decoders are where holes are found.",
        "Convert it to a common format, such as MP4 with H.264.",
    ),
    Code(
        "media-no-streams",
        "A medium without pictures and sound",
        "The file was read, and nothing in it can be seen or heard.",
        "Convert it to a common format, such as MP4.",
    ),
    Code(
        "media-changed",
        "A medium changes while it is read",
        "Something is still writing it, perhaps a copy or a download.",
        "Wait until the file is complete, then build again.",
    ),
    Code(
        "no-footage",
        "A folder without footage",
        "`init` found neither videos nor photos that it can read.",
        "montage-recipe init my-holiday",
    ),
    Code(
        "recipe-exists",
        "There is a recipe already",
        "`init` does not write over a file unless it is told to.",
        "montage-recipe init my-holiday --output second.yaml",
    ),
    Code(
        "recipe-not-written",
        "The recipe cannot be written",
        "`init` may not write at this place.",
        "montage-recipe init my-holiday --output ~/second.yaml",
    ),
    Code("media-empty", "A medium is empty", "The file has no content; a copy may have failed.", "Copy it again."),
    Code(
        "git-lfs-pointer",
        "A medium that is still in Git LFS",
        "The file is a short text that stands for the true one, which Git LFS keeps elsewhere. A clone has it where Git LFS "
        "is installed.",
        "git lfs pull --include footage/a.mp4",
    ),
    Code(
        "source-damaged", "A medium is damaged", "A warning: ffmpeg had to repair it while reading.", "Copy it again."
    ),
    Code(
        "loudness-not-reached",
        "The sound is not as loud as asked for",
        "A warning: a limiter holds the peaks, and lifting the rest further would only crush it; or there is no sound.",
        "loudness: {integrated: -16LUFS, true_peak: -1dBTP}",
    ),
    Code(
        "sound-over-full-scale",
        "Sounds that are too loud together",
        "A warning: the sum of clips and music goes over what a file can hold, and is clipped where it is played.",
        "loudness: {integrated: -14LUFS, true_peak: -1dBTP}",
    ),
    Code(
        "source-changed",
        "A medium was changed during the build",
        "What has been rendered from it no longer fits the rest.",
        "Build again.",
    ),
    Code(
        "no-such-file", "A file is gone", "It was there when the build began.", "Bring the file back and build again."
    ),
    Code("not-readable", "A file cannot be read", "ffmpeg may not read it.", "chmod u+r footage/a.mp4"),
    Code("corrupt-input", "A medium cannot be decoded", "Its content is damaged or cut short.", "Copy the file again."),
    Code(
        "font-unusable",
        "A font cannot be used",
        "It is no TrueType or OpenType font, or it is damaged.",
        "font: fonts/brand.ttf",
    ),
    Code(
        "missing-glyphs",
        "A font lacks characters of the text",
        "They would be drawn as empty boxes.",
        "font: fonts/NotoSansJP-Regular.ttf",
    ),
    Code(
        "media-doubtful",
        "A source with something odd about it",
        "The file can be used, but not all of it is as its header says; a copy that was broken off looks like this.",
        "montage-recipe probe footage/a.mp4",
    ),
)
