"""What a command on a host says, as far as it is kept."""

from __future__ import annotations

from montage_recipe.upscale.hosts.port import Ran

MOST_SAID_BYTES = 1 << 22
LINGER_S = 0.5  # a command that has ended may have left a process behind that keeps its outputs open


class Said:
    """Keeps the beginning of each output, up to `most_bytes`; what follows is read, so that nothing waits, and thrown away."""

    def __init__(self, most_bytes: int = MOST_SAID_BYTES) -> None:
        self.out, self.err = bytearray(), bytearray()
        self._most_bytes = most_bytes

    def hear_out(self, data: bytes) -> None:
        self.out += data[: max(0, self._most_bytes - len(self.out))]

    def hear_err(self, data: bytes) -> None:
        self.err += data[: max(0, self._most_bytes - len(self.err))]

    def ran(self, status: int | None) -> Ran:
        return Ran(status=status, stdout=_text(self.out), stderr=_text(self.err))


def _text(data: bytearray) -> str:
    return data.decode("utf-8", "replace")
