"""What a command on a host says, as far as it is kept."""

from __future__ import annotations

from montage_recipe.upscale.hosts.port import Ran

MOST_SAID_BYTES = 1 << 22  # of each output; what follows is read, so that nothing waits, and thrown away
LINGER_S = 0.5  # a command that has ended may have left a process behind that keeps its outputs open


class Said:
    def __init__(self) -> None:
        self.out, self.err = bytearray(), bytearray()

    def ran(self, status: int | None) -> Ran:
        return Ran(status=status, stdout=_text(self.out), stderr=_text(self.err))


def keep(kept: bytearray, data: bytes) -> None:
    kept += data[: max(0, MOST_SAID_BYTES - len(kept))]


def _text(data: bytearray) -> str:
    return data.decode("utf-8", "replace")
