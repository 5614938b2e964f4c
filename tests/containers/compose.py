"""What docker-compose.yml says, with its defaults: nothing is set in the environment or in a .env."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

COMPOSE = Path(__file__).parents[2] / "docker-compose.yml"
_DEFAULT = re.compile(r"\$\{\w+:-(?P<default>[^}]*)\}")


def read_services() -> dict[str, dict[str, Any]]:
    """The services by name, with `${NAME:-default}` replaced by the default; any other `$` is a fault."""
    text = COMPOSE.read_text(encoding="utf-8")
    services: dict[str, dict[str, Any]] = _replaced(yaml.safe_load(text)["services"])
    return services


def _replaced(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _replaced(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_replaced(one) for one in value]
    if isinstance(value, str):
        found = _DEFAULT.sub(lambda match: match["default"], value)
        if "$" in found:
            raise ValueError(f"{value}: only ${{NAME:-default}} is done here")
        return found
    return value
