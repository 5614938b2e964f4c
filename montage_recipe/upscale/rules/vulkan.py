"""ncnn and what Vulkan tells it. Vulkan's numbers: -1 host memory, -2 device memory, -3 initialisation, -4 device lost."""

from __future__ import annotations

from montage_recipe.upscale.rules.spec import Rank, rule

_NCNN = "ncnn"

RULES = (
    rule("vulkan-device-lost", r"\bvk\w+ failed -4\b|VK_ERROR_DEVICE_LOST", seen=_NCNN),
    rule("vulkan-oom", r"\bvk\w+ failed -2\b|VK_ERROR_OUT_OF_DEVICE_MEMORY|VK_ERROR_OUT_OF_POOL_MEMORY", seen=_NCNN),
    rule("host-oom", r"\bvk\w+ failed -1\b|VK_ERROR_OUT_OF_HOST_MEMORY", seen=_NCNN),
    rule("no-vulkan-device", r"vkCreateInstance failed -9|VK_ERROR_INCOMPATIBLE_DRIVER", seen=_NCNN),
    rule(
        "no-vulkan-device", r"\bvk(?:CreateInstance|EnumeratePhysicalDevices|CreateDevice) failed -[37]\b", seen=_NCNN
    ),
    rule(
        "no-vulkan-device",
        r"(?i)\bno vulkan (?:device|gpu)|invalid gpu ?(?:device|id)|libvulkan\.so\.1: cannot open",
        seen=_NCNN,
    ),
    rule("weights-missing", r"fopen .*\.(?:param|bin) failed", seen=_NCNN),
    rule(
        "weights-corrupt",
        r"(?:ParamDict|ModelBin) \w+ .*failed|param is too old, please regenerate|network graph not ready",
        seen=_NCNN,
    ),
    rule(
        "weights-corrupt",
        r"layer load_(?:model|param) \d+ .* failed|find_blob_index_by_name .* failed",
        rank=Rank.LIKELY,
        seen=_NCNN,
    ),
    # Only Mesa's renderer on the CPU was found.
    rule("no-vulkan-device", r"^\[\d+ llvmpipe", rank=Rank.SIGN, seen=_NCNN),
    rule("weights-corrupt", r"^parse (?:magic|layer_count|top_count|bottom_count|blob_count) failed", seen=_NCNN),
)
