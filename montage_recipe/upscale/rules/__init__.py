"""How logs state what went wrong, one module for each family of programs."""

from __future__ import annotations

from montage_recipe.upscale.rules import cgpu, cuda, ffmpeg, pip, python, ssh, system, vulkan
from montage_recipe.upscale.rules.spec import Rule

# Of two rules of one rank that match the same line, the earlier one is taken: the narrower families come first.
ALL_RULES: tuple[Rule, ...] = (
    *cgpu.RULES,
    *ssh.RULES,
    *pip.RULES,
    *ffmpeg.RULES,
    *cuda.RULES,
    *vulkan.RULES,
    *python.RULES,
    *system.RULES,
)
