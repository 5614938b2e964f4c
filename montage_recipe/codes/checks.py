"""What checks of finished films find."""

from __future__ import annotations

from montage_recipe.codes.spec import Code

_UPDATE = "montage-recipe check trip.yaml --update"
_BUILD = "montage-recipe build trip.yaml"

CODES: tuple[Code, ...] = (
    Code(
        "unknown-check",
        "There is no such check",
        "An entry of `checks` names the check first.",
        "checks:\n  - {black: 2s}",
    ),
    Code(
        "golden-shared",
        "Two checks would have the same golden",
        "Each output looks otherwise, and each check writes its own file.",
        "checks:\n  - {render: golden/wide.png, output: wide}\n  - {render: golden/tall.png, output: tall}",
    ),
    Code(
        "golden-is-source",
        "A golden is a file that the recipe reads",
        "`check --update` would write over it.",
        "checks:\n  - {frame: walk.start, golden: golden/walk.png}",
    ),
    Code(
        "golden-update-in-ci",
        "Goldens are not written anew in CI",
        "A changed golden is accepted by a person who has looked at it, or it guards nothing.",
        "montage-recipe check trip.yaml",
    ),
    Code(
        "nothing-to-update",
        "The recipe has no goldens",
        "`check --update` writes those of the checks `frame`, `render` and `plan`.",
        "checks:\n  - {render: golden/trip.png}",
    ),
    Code(
        "golden-of-bad-film",
        "No golden is made of a film that is damaged",
        "It lacks frames, cannot be decoded, or is encoded otherwise than planned.",
        _BUILD,
    ),
    Code(
        "golden-foreign",
        "A file that is no golden is not written over",
        "`check --update` writes anew what it has written, and leaves other files alone.",
        "checks:\n  - {render: golden/trip.png}",
    ),
    Code(
        "frame-outside",
        "A check is of a frame outside of the film",
        "The film ends before it.",
        "checks:\n  - {frame: end - 1f, golden: golden/last.png}",
    ),
    Code("render-missing", "There is no finished film", "`check` judges what `build` has made.", _BUILD),
    Code(
        "render-unusable",
        "The finished film cannot be read",
        "It is damaged, or no film at all.",
        _BUILD,
    ),
    Code(
        "wrong-duration",
        "The film has other frames than planned",
        "Frames are missing, too many, or not evenly spaced.",
        _BUILD,
    ),
    Code(
        "wrong-format",
        "The file is encoded otherwise than planned",
        "Its streams, size, rate, codecs or colours are not those of the output's profile.",
        _BUILD,
    ),
    Code(
        "sync-off",
        "Sound and picture do not begin or end together",
        "A stream begins or ends too early or too late.",
        _BUILD,
    ),
    Code("decode-errors", "The file cannot be decoded without errors", "A part of it is damaged.", _BUILD),
    Code(
        "wrong-loudness",
        "The film is too loud or too quiet",
        "Its loudness (EBU R128) is not the one that the recipe asks for.",
        "checks:\n  - {loudness: -14LUFS, tolerance: 1LU}",
    ),
    Code(
        "peak-too-high",
        "A peak is too high",
        "Peaks between samples (ITU-R BS.1770) are clipped by players and by other encoders.",
        "loudness: {integrated: -14, true_peak: -1}",
    ),
    Code(
        "clipped-sound",
        "The sound is clipped",
        "Samples stay at full scale one after the other, which is heard as a crackle.",
        "loudness: {integrated: -14, true_peak: -1}",
    ),
    Code("silent-span", "It is silent for long", "Clips or music should be heard there.", "checks:\n  - {silence: 5s}"),
    Code(
        "black-span",
        "The picture is black for long",
        "No transition of the plan is black there.",
        "checks:\n  - {black: 3s}",
    ),
    Code(
        "frozen-span",
        "The picture stands still for long",
        "No still picture is planned there.",
        "checks:\n  - {frozen: 5s}",
    ),
    Code(
        "letterbox-unplanned",
        "There are bars that nobody planned",
        "The footage itself has them, or a program put them in.",
        "clips:\n  - {src: hike, fit: cover, effects: [{crop: {top: 12%, bottom: 12%}}]}",
    ),
    Code(
        "text-outside-safe-area",
        "A title is too near to the edge",
        "Screens and players cut edges off, or lay their controls there.",
        'titles:\n  - {text: "Three days", size: 5%, start: 1s, duration: 3s}',
    ),
    Code(
        "file-too-large",
        "The file is too large",
        "`file_size` says how large it may be.",
        "checks:\n  - {file_size: 80MB}",
    ),
    Code(
        "bitrate-too-high",
        "The file takes too many bits a second",
        "`bitrate` says how many it may take.",
        "checks:\n  - {bitrate: 8Mb/s}",
    ),
    Code("golden-missing", "There is no golden yet", "A check compares with a file that is committed.", _UPDATE),
    Code("golden-unusable", "A golden cannot be used", "It is damaged, or another file.", _UPDATE),
    Code(
        "plan-differs",
        "The timeline is not the one that was written down",
        "The recipe or its footage has changed.",
        _UPDATE,
    ),
    Code(
        "frame-differs", "A frame is not as its golden shows it", "They are less alike than `ssim` asks for.", _UPDATE
    ),
    Code(
        "reference-differs",
        "The film is not as its reference",
        "They are less alike than `ssim` or `vmaf` asks for.",
        _BUILD,
    ),
    Code("picture-late", "The picture is late", "Its frames come later than in the golden.", _UPDATE),
    Code(
        "picture-early",
        "The picture is early",
        "Its frames come earlier than in the golden; one may be missing.",
        _UPDATE,
    ),
    Code(
        "picture-hue-shifted", "The colours are turned", "All hues differ from the golden's by the same angle.", _UPDATE
    ),
    Code(
        "picture-range-wrong",
        "Black and white are not where they were",
        "Light and dark lie further apart than in the golden, or closer together.",
        _UPDATE,
    ),
    Code("picture-planes-swapped", "The planes of colour are exchanged", "Blue has become red, and red blue.", _UPDATE),
    Code(
        "picture-differs",
        "The picture is another one",
        "It is not the golden's, and no simple change explains it.",
        _UPDATE,
    ),
    Code(
        "title-missing",
        "A title is missing",
        "Only there, and only where letters were, the picture differs from the golden.",
        _UPDATE,
    ),
    Code("sound-late", "The sound is late", "It comes later than in the golden.", _UPDATE),
    Code("sound-early", "The sound is early", "It comes earlier than in the golden.", _UPDATE),
    Code(
        "sound-level-differs",
        "The sound is louder or quieter",
        "All of it by the same measure, or a part of it.",
        _UPDATE,
    ),
    Code(
        "channels-swapped",
        "Left and right are exchanged",
        "Each channel has the other one's levels of the golden.",
        _UPDATE,
    ),
    Code("sound-differs", "The sound is another one", "Its levels are not the golden's.", _UPDATE),
)
