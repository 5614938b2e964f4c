"""What mutants are given: values that recipes should not hold, and some that they may."""

from __future__ import annotations

from typing import Any

# Recipes that need nothing but what `mutant_media` makes.
VALID: tuple[dict[str, Any], ...] = (
    {
        "recipe": 1,
        "title": "Footage",
        "canvas": {"size": "160x90", "fps": 30},
        "media": {
            "hike": "footage/b.mov",
            "theme": "footage/theme.flac",
            "tune": {"generate": "tune", "duration": "9s"},
        },
        "defaults": {"fit": "blur", "transition": {"type": "crossfade", "duration": "0.2s"}},
        "clips": [
            {"id": "open", "src": "footage/a.mp4", "in": "0.5s", "out": "2s"},
            {"id": "walk", "src": "hike", "duration": "1s", "speed": 0.5, "effects": [{"denoise": "light"}, "mirror"]},
            {"src": "footage/photo.png", "duration": "1s", "transition": {"type": "wipe-left", "duration": "0.3s"}},
            {"src": "footage/a.mp4", "in": "1s", "transition": "none", "volume": "-3dB"},
        ],
        "titles": [{"text": "Day one", "start": "walk.start + 0.1s", "duration": "0.8s", "fade": "0.1s"}],
        "audio": [{"src": "theme", "loop": True, "volume": "-12dB", "fade_out": "0.5s", "end": "end - 0.2s"}],
        "loudness": {"integrated": "-14LUFS", "true_peak": -1},
        "outputs": [{"file": "dist/a.mp4", "crf": 20, "preset": "fast"}, {"file": "dist/b.mp4", "canvas": {"fps": 25}}],
    },
    {"recipe": 1, "canvas": {"size": "160x90", "fps": 30}, "clips": [{"src": "footage/a.mp4"}]},
    {
        "recipe": 1,
        "vars": {"place": "Oslo", "n": 2},
        "media": {"sea": {"generate": "sea", "duration": "6s"}, "beat": {"generate": "clicks", "duration": "4s"}},
        "clips": [
            {"id": "one", "src": "sea", "in": "1s", "duration": "${n}"},
            {"src": "footage/b.mov", "upscale": {"factor": 2}, "transition": "dip-to-black"},
        ],
        "titles": [{"text": "${place}", "start": "0", "end": "one.end", "font": "footage/font.ttf", "size": "9%"}],
        "audio": [{"src": "beat", "start": "0.5s"}],
        "gpu": {"hosts": ["here"]},
    },
)

# An entry of each list, for recipes that have none.
OTHERS: dict[str, Any] = {
    "clips": {"src": "footage/a.mp4", "out": "1s"},
    "titles": {"text": "Text", "start": "0.1s", "duration": "1s"},
    "audio": {"src": "footage/theme.flac"},
    "outputs": {"file": "dist/x.mp4"},
    "effects": [
        "grayscale",
        {"denoise": "light"},
        {"blur": 5},
        {"crop": {"width": "40%"}},
        {"color": {"gamma": 1.2}},
        "x",
    ],
}

NUMBERS = (
    "0", "-0", "-1", "1", "2.5", "1e400", "-1e400", "1e-400", "1e308", "1e-300", ".inf", "-.inf", "+.INF",
    ".nan", ".NaN", "NaN", "inf", "Infinity", "0x7fffffffffffffff", "0xffffffffffffffffffffffff", "0o17",
    "017", "1_000", "1,5", "9999999999999999999", "99999999999999999999999999999999999999", "1" * 41,
    "1" * 400, "1" * 5000, "0." + "0" * 30 + "1", "0." + "3" * 60, "1e5", "1E+2", "3.0", "3.", ".5", ".", "+5",
    "--5", "1e", "0x", "60", "119.88", "23.976", "1/0", "0/1", "30000/1001", "1/3", "99999/100000", "٣", "１２",
    "²", "½", "1:30", "1:60", "190:20:30", "2147483648", "4294967296", "-9223372036854775808", "8192x8192",
    "16x16", "8192x16", "0x0", "1x1", "15x15", "99999x99999", "1920x1081", "16:9", "-14LUFS", "-1dBTP", "24dB",
    "-120dB", "-121dB", "1600%", "50%", "101%",
)  # fmt: skip

TIMES = (
    "0", "0s", "1", "2s", "500ms", "0.0001s", "1ms", "0.033s", "1f", "45f", "0f", "1.5f", "-1s", "+1s",
    "1:30.5", "00:00:01.5", "00:01:30.500", "1:99", "60:00", "99:59:59.999", "100:00:00", "101:00:00",
    "1:2:3:4", "1:-1", ":5", "5:", "1.5m", "0.001h", "100h", "100.1h", "1e3s", "1 s", "1  ms", "1s ", " 1s",
    "1S", "1sec", "1:30s", "01:02", "0.0000001s", "99999999999999999999s", "9" * 39 + "s",
    "0." + "1" * 200 + "s", "45.5f", "43200000f", "43200001f", "99999999999999999f", ".5s", ".5.5", "1.s",
    "١s", "１s", "1\u00a0s", "1s\n", "NaN", "inf", "end", "start", "${n}", "1;30", "1,5s", "",
)  # fmt: skip

POINTS = (
    "end", "start", "end - TIME", "end + TIME", "start + TIME", "start - TIME", "TIME", "TIME", "open.start",
    "open.end", "open.start + TIME", "open.end - TIME", "walk.start+TIME", "walk.end  -  TIME", "nope.start",
    "nope.end + TIME", "open.middle", "open", "open.start.end", ".start", "open.", "open.start + open.end",
    "walk.end - walk.start", "end - end", "open.start + -TIME", "open.start ++ TIME", "start.start", "end.end",
    "end.start - TIME", "open .start", "OPEN.START", "open.start + 1s + 1s", "open.start * 2", "ópen.start",
    "open.start\n", "öffne.end", "1.start", "a.b.start", "-TIME",
)  # fmt: skip

USES = (
    "${a}", "${b}", "${c}", "${place}", "${n}", "${nope}", "${", "${}", "${ a }", "${a", "$${a}", "$$${a}",
    "$a", "${a}${b}", "${${a}}", "${a${b}}", "x${a}y", "${a}s", "${\n}", "${a}" * 50, "${A}", "${a.b}",
    "${a|b}", "${0}", "$", "$$", "$${", "}", "${" * 40, "${\u202e}", "${'a'}",
)  # fmt: skip

TEXTS_OF_PLANES = (
    "Καλησπέρα", "ערב טוב", "مساء الخير", "今晩は", "안녕하세요", "नमस्ते", "สวัสดี", "👩‍👩‍👧‍👦", "🏳️‍🌈", "🇳🇴",
    "e\u0301" * 30, "\u200d", "\ufeff", "\u202eabc", "a\u0300" * 300, "\U0010ffff", "\U000e0001", "\uffff",
    "\ufffe", "\ufdd0", "\ue000", "ﷺ" * 20, "𒈙", "𝕏", "ﬁ", "İ", "ß", "\u2028", "\u2029", "\u0085", "\u00a0",
    "\u3000", "\u00ad", "{\\an8}\\N{\\fscx500}", "\\N\\n\\h", "%{pts}", "50% off", "END_OF_FILE",
    "a\nEND_OF_FILE\nrm -rf x", "'; exit 1; '", '"$(id)"', "`id`", "a\\", ":=,;[]'", "text\n\n\n", "  ", "\n",
    "\t", "x" * 5000, "word " * 400, "\n".join("abcdefgh"), "${place}",
)  # fmt: skip

CONTROLS = (
    *map(chr, range(0x20)), "\x7f", *map(chr, range(0x80, 0xA0, 5)), "\u2028", "\u2029", "\ud800", "\udfff",
    "\udcff", "\ufffe", "\uffff", "\u200b", "\u200e", "\u202e", "\ufeff", "\x1b[2J", "\x1b]0;x\x07", "\r",
    "\r\n",
)  # fmt: skip

VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2.5, 10**30, 1e-300, float("inf"), float("nan"), "", " ", "x", "-", "\n",
    "null", "true", [], {}, [None], {"": None}, {"x": {}}, [[]], [[], []], [{}], {"x": [1, {"y": None}]},
    "none", "end", "a/b.mp4", {"generate": "sea"}, {"generate": None}, {"include": 5},
    {"include": "part.yaml"}, {"type": "crossfade"}, ["crossfade"], {"type": {"type": "none"}},
    {"color": None}, {"color": []}, {"grayscale": {}}, {"grayscale": None}, ["grayscale"] * 3,
    {"crop": {"x": "50%", "width": "60%"}}, {"crop": None}, {"blur": "5"}, {"denoise": {"denoise": "light"}},
    "x" * 5000, {"size": "1920x1080"}, {"size": [1920, 1080]}, [1920, 1080], {"duration": "1s"},
    {"src": "a.mp4"}, [{"src": "a.mp4"}], {"text": 5}, {"start": {}}, {"file": []},
    {"file": "a.mp4", "vars": []}, {"1": 1}, {"clips": {"clips": []}},
)  # fmt: skip

TAGS = (
    "!", "!!", "!!str", "!!int", "!!float", "!!null", "!!bool", "!!binary", "!!timestamp", "!!set", "!!omap",
    "!!pairs", "!x", "!!python/object:os.system", "!!python/object/apply:os.system", "!!python/name:os.system",
    "!include", "!<tag:x>", "!<!>", "!e!x", "!%41", "!ü", "!!x y", "!a!b!c", "&a !!str", "!!map", "!!seq",
    "!!merge", "!ENV",
)  # fmt: skip

STYLED = (
    "|\n  a\n  b", ">\n  a\n\n  b\n", "|2-\n   x", "|9\n x", "|0\n x", ">+\n", "'it''s'", "'it's'",
    '"\\x41\\u0041\\U0001F600"', '"\\uD83D\\uDE00"', '"\\ud800"', '"\\q"', '"\\\n  x"', '"a\n  b"',
    "'a\n\n  b'", "? a\n: b", "? [a]\n: b", "? |\n  x\n: y", "{? a : b}", "{a, b}", "[a: b, c: d]",
    "[? a : b]", "{a: b, }", "[a, , b]", "[a,]", "{,}", "{a b: c d}", "{'a':b}", '{"a":b}', "{a:b}", "a: b",
    "- a", "- - - a", "-", "?", ":", "a #b", "a#b", "@a", "`a`", "%a", "a, b", "{", "}", "[", "]", "*", "&",
    "!", "a\n b\n  c", "# only", "~", "yes", "no", "on", "off", "y", "2026-11-27", "2026-11-27T01:02:03Z",
    "1:30", "0b101", "=", "<<", "|\n\ta", "\ta", "a\t: b", "a:\tb", "--- a", "...", "\"\\0\"", '"\\e[2J"',
    '"\\_\\N\\L\\P"', "'\t'", '"\t"', "!!str 5",
)  # fmt: skip

PIECES = (
    *"{}[]:,-?*&!|>'\"%@`#~<=\\$ \t\n", ": ", " #", "- ", "? ", "\n\n", "\n---\n", "\n...\n", "{{", "]]",
    "'''", '"""', "|\n", ">-\n", "*a", "&a", "!!", "<<: ", "${", "\\x", "\\u12", "é", "\u00a0", "\ufeff",
    "\n- ", "\n  ", "\n\t", "null", "1e999", "0x", "%TAG ! a\n",
)  # fmt: skip

CODINGS = (
    ("utf-8", b"\xef\xbb\xbf"), ("utf-8", b"\xef\xbb\xbf\xef\xbb\xbf"), ("utf-16-le", b"\xff\xfe"),
    ("utf-16-be", b"\xfe\xff"), ("utf-16-le", b""), ("utf-16-be", b""), ("utf-32-le", b"\xff\xfe\0\0"),
    ("utf-32-be", b"\0\0\xfe\xff"), ("utf-7", b""), ("latin-1", b""), ("cp1252", b""), ("cp037", b""),
    ("utf-8", b"\0"), ("utf-8", b"\xfe"), ("utf-8", b""), ("shift_jis", b""),
)  # fmt: skip

# Names beside the recipe, made by `mutant_media`, and some that are not there.
FOOTAGE = (
    "footage/a.mp4", "footage/b.mov", "footage/theme.flac", "footage/photo.png", "footage/animation.gif",
    "footage/font.ttf", "footage/cut-off.mp4", "footage/empty.mp4", "footage/text.mp4", "footage/noise.mp4",
    "footage/playlist.mp4", "footage/concat.mp4", "footage/network.mp4", "footage/z%03d.png",
    "footage/z001.png", "footage/pipe.mp4", "footage/loop.mp4", "footage/dangling.mp4", "footage/folder.mp4",
    "footage", "footage/", ".", "..", "/", "/dev/null", "/dev/zero", "/dev/stdin", "/dev/full",
    "/proc/self/mem", "/proc/self/fd/0", "footage/a.mp4/x.mp4", "footage/../footage/a.mp4", "./footage//a.mp4",
    "footage/A.MP4", "footage/a.mp4 ", "footage/nope.mp4", "nope/nope.mp4", "http://127.0.0.1:9/a.mp4",
    "file:footage/a.mp4", "file:///etc/hostname", "concat:footage/a.mp4|footage/b.mov", "data:text/plain,x",
    "pipe:0", "-", "-i", "~/a.mp4", "$HOME/a.mp4", "x" * 300 + ".mp4", "x/" * 2000 + "a.mp4", "a\0.mp4",
    "a\n.mp4", "\u202ea.mp4", "footage/ünï 'q' \"d\" $x.mp4", "C:\\a.mp4", "footage/*.mp4", "footage/odd.ttf",
    "subfile,,start,0,end,9,,:footage/a.mp4", "footage/a.mp4#t=1", "footage/a.mp4?x", "footage/secret.mp4",
    "footage/still.svg", "footage/big.png",
)  # fmt: skip

INCLUDES: tuple[Any, ...] = (
    "parts/style.yaml", "parts/opening.yaml", "quickstart.yaml", "duplicate-key.yaml", "missing.yaml",
    "m.yaml", "./m.yaml", "parts", ".", "..", "/", "parts/../parts/style.yaml", "footage/a.mp4",
    "footage/pipe.mp4", "footage/loop.mp4", "footage/empty.mp4", "footage/folder.mp4", "footage/dangling.mp4",
    "/dev/null", "/dev/zero", "/dev/stdin", "/proc/self/mem", "/proc/self/environ", "/dev/full", "", " ",
    "x" * 300, "x/" * 3000, "a\0b", "a\nb", "${a}", "http://127.0.0.1:9/a.yaml", "file:parts/style.yaml",
    "~/x.yaml", "*.yaml", "parts/*.yaml", "parts/style.yaml ", "PARTS/STYLE.YAML", "\ud800.yaml", None, 5, [],
    {}, [[]], ["parts/style.yaml"], ["parts/style.yaml", "parts/style.yaml"], ["missing.yaml", 5],
    {"file": "parts/style.yaml"},
)  # fmt: skip
