"""Words that are no keys here, and what is meant by them."""

from __future__ import annotations

# Keys that the language names and this version cannot do yet: entry -> key -> what to do instead.
NOT_YET: dict[str, dict[str, str]] = {
    "a recipe": {
        "tracks": "put the clips in one `clips:` list; layered pictures come in a later version",
        "overlays": "remove it; pictures over the picture come in a later version",
        "captions": "write the texts under `titles:`; caption files come in a later version",
        "each": "write one output per variant, with its own `vars:`",
        "checks": "remove it; checks of the finished file come in a later version",
        "markers": "give clips an `id:` and use anchors such as `walk.start`",
    },
    "a clip": {
        "stabilize": "remove it, or use footage that is stabilized already",
    },
    "an effect": {
        "stabilize": "remove it, or use footage that is stabilized already",
        "lut": "remove it; `color` changes saturation, contrast and temperature",
    },
    "an audio entry": {"duck": "set a lower `volume:` for the whole sound"},
    "a loudness": dict.fromkeys(("range", "lra"), "remove it; quiet and loud parts stay as far apart as they are"),
}

# Words of other tools, or of habit: entry -> word -> the key that is meant.
INSTEAD: dict[str, dict[str, str]] = {
    "a recipe": {
        "version": "recipe",
        "name": "title",
        "variables": "vars",
        "sources": "media",
        "files": "media",
        "timeline": "clips",
        "scenes": "clips",
        "text": "titles",
        "subtitles": "titles",
        "music": "audio",
        "sound": "audio",
        "output": "outputs",
        "resolution": "canvas",
    },
    "a canvas": {"resolution": "size", "framerate": "fps", "frame_rate": "fps", "rate": "fps", "color": "background"},
    "a clip": {
        "file": "src",
        "path": "src",
        "source": "src",
        "media": "src",
        "name": "id",
        "trim": "in",
        "start": "in",
        "from": "in",
        "cutFrom": "in",
        "end": "out",
        "to": "out",
        "cutTo": "out",
        "length": "duration",
        "filters": "effects",
        "filter": "effects",
        "resize": "fit",
        "gain": "volume",
        "rate": "speed",
    },
    "a remote file": {
        "path": "file",
        "src": "file",
        "link": "url",
        "uri": "url",
        "address": "url",
        "sha": "sha256",
        "hash": "sha256",
        "checksum": "sha256",
    },
    "a transition": {"name": "type", "kind": "type", "length": "duration", "effect": "type"},
    "a title": {"at": "start", "content": "text", "length": "duration", "fontsize": "size", "colour": "color"},
    "an audio entry": {
        "file": "src",
        "path": "src",
        "at": "start",
        "gain": "volume",
        "repeat": "loop",
        "fadein": "fade_in",
        "fadeout": "fade_out",
        "fade": "fade_in",
    },
    "a loudness": {"lufs": "integrated", "target": "integrated", "peak": "true_peak"},
    "an output": {"path": "file", "resolution": "canvas", "size": "canvas", "quality": "crf", "format": "profile"},
}
