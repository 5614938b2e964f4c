"""ffmpeg 5.1 to 9.0, its encoders and the hardware it asks."""

from __future__ import annotations

from montage_recipe.upscale.rules.spec import Rank, rule

_FFMPEG, _NVENC, _X264 = "ffmpeg", "ffmpeg, nvenc", "x264"
# With `-hwaccel auto` ffmpeg decodes without hardware and goes on; with a named one it says this too.
_NO_DEVICE = r"Device (?:creation|setup) failed|No device available for decoder|Failed to set value|hwaccel requested"

RULES = (
    # --- hardware
    rule(
        "nvenc-session-limit",
        r"OpenEncodeSessionEx failed: (?:out of memory \(10\)|incompatible client key \(21\))",
        seen=_NVENC,
    ),
    rule("nvenc-unsupported", r"OpenEncodeSessionEx failed: (?:unsupported device|no encode device)", seen=_NVENC),
    rule(
        "nvenc-unsupported",
        r"_nvenc @ [^\]]*\] (?!Specified)(?:.*not supported|Max B-frames \d+ exceed|Provided device doesn't support)",
        seen=_NVENC,
    ),
    rule("nvenc-unsupported", r"_nvenc @ .*No capable devices found", rank=Rank.EFFECT, seen=_NVENC),
    rule(
        "driver-too-old",
        r"Driver does not support the required nvenc API version|minimum required Nvidia driver for nvenc",
        seen=_NVENC,
    ),
    rule("nvenc-no-driver", r"_nvenc @ .*Cannot load (?:lib(?:cuda|nvidia-encode)|nv)", seen=_NVENC),
    rule(
        "hwaccel-unavailable",
        r"\[(?:AVHWDeviceContext|CUDA|VAAPI|Vulkan) @ .*(?:Cannot load|No VA display|Failed to|Could not|not found)",
        near=_NO_DEVICE,
        seen=_FFMPEG,
    ),
    rule(
        "hwaccel-unavailable",
        r"\[(?:AVHWDeviceContext|CUDA|VAAPI|Vulkan) @ .*(?:Cannot load|No VA display|Failed to|Could not|not found)",
        rank=Rank.LIKELY,
        seen=_FFMPEG,
    ),
    rule(
        "hwaccel-unavailable",
        r"hwaccel initialisation returned error|No device available for decoder"
        r"|Device creation failed|Hardware device setup failed",
        rank=Rank.LIKELY,
        seen=_FFMPEG,
    ),
    rule(
        "hwaccel-unavailable",
        r"_cuvid @ .*Cannot load|Unrecognized hwaccel|Impossible to convert between the formats supported by the filter.*hw",
        rank=Rank.LIKELY,
        seen=_FFMPEG,
    ),
    # --- arguments
    rule(
        "bad-arguments",
        r"Unrecognized option '|Missing argument for option|At least one (?:in|out)put file must be specified",
        seen=_FFMPEG,
    ),
    rule(
        "bad-arguments",
        r"Stream map '.*' matches no streams|Unable to (?:find a suitable|choose an) output format",
        seen=_FFMPEG,
    ),
    rule(
        "bad-arguments",
        r"Requested output format '.*' is not (?:known|a suitable)|Unknown input format|Trailing option\(s\) found",
        seen=_FFMPEG,
    ),
    rule(
        "bad-arguments",
        r"Output with label '.*' does not exist|Invalid (?:duration|loglevel|stream specifier)|Invalid input file index",
        rank=Rank.LIKELY,
        seen=_FFMPEG,
    ),
    rule(
        "bad-arguments",
        r"Error splitting the argument list|Error parsing (?:global )?options|Option \S+ not found",
        rank=Rank.EFFECT,
        seen=_FFMPEG,
    ),
    rule(
        "output-same-as-input", r"same as Input #\d+ - exiting|FFmpeg cannot edit existing files in-place", seen=_FFMPEG
    ),
    rule("output-exists", r"already exists\. (?:Exiting|Overwrite)|File '.*' already exists", seen=_FFMPEG),
    # --- encoders, decoders, containers
    rule(
        "encoder-missing",
        r"Unknown encoder '|Encoder \S+ not found|Automatic encoder selection failed|Error selecting an encoder",
        seen=_FFMPEG,
    ),
    rule(
        "decoder-missing",
        r"Unknown decoder '|Decoder .* not found|No decoder (?:found )?for|no decoder found for",
        seen=_FFMPEG,
    ),
    rule(
        "bad-dimensions",
        r"(?:width|height) not divisible by \d|Picture size \d+x\d+ is invalid|[Dd]imensions (?:not|must be)",
        seen=_X264,
    ),
    rule("codec-container-mismatch", r"(?:Video|Audio) codec \S+ not compatible with", seen=_FFMPEG),
    rule(
        "codec-container-mismatch",
        r"Could not find tag for codec|codec not currently supported in container|incompatible with output codec id",
        seen=_FFMPEG,
    ),
    rule(
        "codec-container-mismatch",
        r"Only VP8 or VP9 or AV1 video|not supported (?:in|by) (?:this )?(?:container|muxer|WebM)|muxer does not support",
        seen=_FFMPEG,
    ),
    rule("codec-params", r"x26[45] \[error\]: (?!malloc|Picture)", seen=_X264),
    rule(
        "codec-params",
        r"Error setting (?:profile|preset|preset/tune|option)|Possible (?:profiles|presets|tunes):",
        rank=Rank.LIKELY,
        seen=_X264,
    ),
    rule(
        "codec-params",
        r"Value \S+ for parameter '\w+' out of range"
        r"|Specified (?:sample|pixel) format \S+ is (?:not supported|invalid)|Specified pixel format",
        seen=_FFMPEG,
    ),
    rule(
        "codec-params",
        r"Unable to parse option value \"|Undefined constant or missing '\(' in '\w+'$",
        rank=Rank.EFFECT,
        seen=_FFMPEG,
    ),
    rule("codec-params", r"maybe incorrect parameters such as bit_rate", rank=Rank.SIGN, seen=_FFMPEG),
    rule(
        "codec-params",
        r"\[(?:lib\w+|\w+_(?:nvenc|qsv|vaapi|amf|v4l2m2m)|aac|prores\w*) @ [^\]]+\] "
        r"(?:\[Eval|Unable to parse|Error setting|Value |Undefined)",
        seen=_FFMPEG,
    ),
    # --- filters
    rule("filter-missing", r"No such filter: '|Filter '?\w+'? not found", seen=_FFMPEG),
    rule("filter-size-mismatch", r"do not match the corresponding|parameters .* do not match", seen=_FFMPEG),
    rule(
        "filter-bad-args",
        r"\[Parsed_\w+ @ .*\] \[Eval @|Invalid too big or non positive size|Too big value for|No option name near",
        seen=_FFMPEG,
    ),
    rule(
        "filter-bad-args",
        r"\[(?:Parsed_)?\w+@?\w* @ \S+\] (?:Option '\w+' not found|"
        r"Unable to parse|Error when evaluating|Invalid (?:size|chars|value))",
        rank=Rank.LIKELY,
        seen=_FFMPEG,
    ),
    rule(
        "filter-bad-args",
        r"Error (?:initializing|applying option\w* .*to) filter|Cannot find a matching stream for unlabeled input pad",
        rank=Rank.EFFECT,
        seen=_FFMPEG,
    ),
    rule(
        "filter-bad-args",
        r"Error (?:parsing|initializing) (?:a )?filter(?:s|graph| description| complex)|Error reinitializing filters",
        rank=Rank.SIGN,
        seen=_FFMPEG,
    ),
    # --- inputs
    rule(
        "raw-size-mismatch",
        r"\[rawvideo @ .*Invalid buffer size|Invalid buffer size, packet size \d+ < expected",
        seen=_FFMPEG,
    ),
    rule("raw-size-mismatch", r"\[rawvideo @ .*Packet corrupt", rank=Rank.LIKELY, seen=_FFMPEG),
    rule("input-missing", r"Impossible to open '", rank=Rank.LIKELY, seen=_FFMPEG),
    rule("input-missing", r"Error opening input(?: file| files)?:? .*No such file", rank=Rank.LIKELY, seen=_FFMPEG),
    rule("input-missing", r"^\S.*: No such file or directory$", rank=Rank.EFFECT, seen=_FFMPEG),
    rule("input-missing", r"^FileNotFoundError: ", rank=Rank.EFFECT, seen="Python"),
    rule(
        "input-corrupt",
        r"moov atom not found|EBML header parsing failed|Truncat\w+ (?:file|packet)|contradictionary STSC",
        rank=Rank.LIKELY,
        seen=_FFMPEG,
    ),
    rule(
        "input-corrupt",
        r"\] Packet corrupt \(|Invalid NAL unit size|Error splitting the input into NAL units|non-existing PPS",
        rank=Rank.LIKELY,
        seen=_FFMPEG,
    ),
    rule(
        "input-corrupt",
        r"corrupt (?:input packet|decoded frame)|error while decoding MB|partial file|[Hh]eader missing",
        rank=Rank.EFFECT,
        seen=_FFMPEG,
    ),
    rule("input-corrupt", r"Invalid data found when processing input", rank=Rank.EFFECT, seen=_FFMPEG),
    # --- outputs and the end
    rule("downstream-closed", r"Broken pipe|EPIPE|\[Errno 32\]", rank=Rank.SIGN, seen=_FFMPEG),
    rule("killed-term", r"Exiting normally, received signal (?:2|15)", rank=Rank.SIGN, seen=_FFMPEG),
    rule("killed-sigkill", r"Received > 3 system signals, hard exiting", rank=Rank.SIGN, seen=_FFMPEG),
    rule(
        "bad-dimensions",
        r"Picture (?:width|height) must be|Source (?:Width|Height) must be (?:even|at least)",
        seen="x265, SVT-AV1",
    ),
    rule("nvenc-session-limit", r"_nvenc @ .*failed: out of memory \(10\)", seen=_NVENC),
    rule(
        "hwaccel-unavailable",
        r"\[AVHWDeviceContext @ (?!.*OUT_OF_MEMORY).*(?:cuInit|Could not dynamically load|failed ->)",
        seen=_FFMPEG,
    ),
    rule(
        "filter-size-mismatch",
        r"Input \d+ (?:width|height) \d+ does not match input|Width and height of input videos must be same",
        seen=_FFMPEG,
    ),
    rule("input-missing", r"Could find no file with path '", seen=_FFMPEG),
    rule("input-corrupt", r"File ended prematurely|Error during demuxing: ", rank=Rank.LIKELY, seen=_FFMPEG),
    rule("bad-arguments", r"was defined for .* but codec copy was selected", seen=_FFMPEG),
    rule(
        "bad-dimensions",
        r"_nvenc @ .*(?:Frame Dimension (?:less|greater) than|(?:Width|Height) \d+ exceeds)",
        seen=_NVENC,
    ),
    rule("output-same-as-input", r" are the same file$", seen="cp, mv"),
    rule(
        "filter-bad-args",
        r"\[(?:Parsed_)?\w+@?\w* @ \S+\] .*(?:cannot be (?:smaller|larger|negative)|must be (?:positive|greater|at least))",
        rank=Rank.LIKELY,
        seen=_FFMPEG,
    ),
    rule("hwaccel-unavailable", r"\[AVHWDeviceContext @ (?!.*OUT_OF_MEMORY).*(?:Error creating|failed)", seen=_FFMPEG),
    rule("input-missing", r"HTTP error 404|Server returned 404", rank=Rank.LIKELY, seen=_FFMPEG),
    rule("bad-arguments", r"^Option \S+ .*cannot be applied to (?:in|out)put url", seen=_FFMPEG),
    rule(
        "filter-bad-args",
        r"\[Parsed_\w+ @ [^\]]+\] (?:Unsupported|Invalid|Could not|Unable to|Error|Cannot|Failed to (?!configure))",
        rank=Rank.EFFECT,
        seen=_FFMPEG,
    ),
)
