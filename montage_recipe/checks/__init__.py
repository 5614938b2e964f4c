"""What can be judged of a finished film. To add a check: one module beside this file, one line in ALL_CHECKS."""

from __future__ import annotations

from montage_recipe.checks import (
    bitrate,
    black,
    clipping,
    decoding,
    duration,
    file_size,
    format,
    frame,
    frozen,
    letterbox,
    loudness,
    plan,
    reference,
    render,
    safe_area,
    silence,
    sync,
    true_peak,
)
from montage_recipe.checks.spec import Check

ALL_CHECKS: tuple[Check, ...] = (
    duration.CHECK,
    format.CHECK,
    sync.CHECK,
    decoding.CHECK,
    loudness.CHECK,
    true_peak.CHECK,
    clipping.CHECK,
    silence.CHECK,
    black.CHECK,
    frozen.CHECK,
    letterbox.CHECK,
    safe_area.CHECK,
    file_size.CHECK,
    bitrate.CHECK,
    plan.CHECK,
    frame.CHECK,
    render.CHECK,
    reference.CHECK,
)
CHECKS = {check.name: check for check in ALL_CHECKS}
