"""What a recipe from somebody else is held to: the folder it lies in, and bounds on all that it may ask for.

Recipes of one's own are not bound by any of this. Each bound is far above what a montage takes, and low enough that a
recipe that reaches for it costs a machine minutes and not days. SECURITY.md says what is promised.
"""

from __future__ import annotations

import fcntl
import os
import stat
import sys
from dataclasses import dataclass
from pathlib import Path

# Text is cheap to write and dear to check: 100 includes of 1 MiB each would be gigabytes of nodes.
MOST_TEXT_BYTES = 1 << 20  # the recipe and all it includes; 1,000 clips have about 100 kB
MOST_VALUES_BYTES = 8 << 20  # all texts together once variables stand in them: `${a}${a}${a}` grows without end
MOST_CLIPS = 2_000  # an hour of cuts every two seconds
MOST_TITLES = 2_000
MOST_SOUNDS = 200  # each is a job, and all of them are laid over each other
MOST_MEDIA = 2_000  # names under `media`; each file is hashed and read through once
MOST_OUTPUTS = 10  # each is a whole render
MOST_CHECKS = 200  # some decode the whole film
LARGEST_OUTPUT_PIXELS = 4096 * 2304  # 4K in any shape; memory and time of every job grow with them
LONGEST_OUTPUT_S = 4 * 3600  # a long film; for all recipes: timeline/bounds.py

LARGEST_MEDIUM_BYTES = 16 << 30  # four hours of a camera's 9 MB/s are eight
LARGEST_FONT_BYTES = 64 << 20  # the largest CJK collections have 20 to 50 MB
LONGEST_MEDIUM_S = 12 * 3600
MOST_PICTURES = 3_000_000  # twelve hours at 60 a second; each costs a few µs to count
MOST_ANIMATION_PICTURES = 20_000  # of a GIF or APNG, whose pictures are drawn from the first one on, every time
MOST_PIXELS = 120_000_000  # of one picture; the largest cameras have 102 million, in 8 bits 0.5 GB once decoded

# For each ffmpeg process. A segment is seconds of work; these stop what would go on for ever.
MOST_CPU_S = 12 * 3600
LARGEST_WRITTEN_BYTES = 32 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Confinement:
    """The folder that a recipe's files must lie in, as it is written and as it really is."""

    folder: Path  # absolute and normalised
    real: Path  # the same without symbolic links
    copies: Path | None = None  # a folder of our own with files that the recipe's git holds; without symbolic links

    @classmethod
    def around(cls, recipe: Path) -> Confinement:
        folder = Path(os.path.abspath(recipe)).parent  # noqa: PTH100 # `absolute` keeps ".."
        return cls(folder=folder, real=Path(os.path.realpath(folder)))

    def why_not(self, named: str, file: Path) -> str:
        """Why `file`, called `named` in the recipe, is refused by its name; empty where it is not."""
        if Path(named).is_absolute():
            return "is an absolute path"
        if not file.is_relative_to(self.folder):
            return "leads out of the recipe's folder"
        if not Path(os.path.realpath(file)).is_relative_to(self.real):
            return "leads out of the recipe's folder through a symbolic link"
        return ""

    def is_hidden(self, file: Path) -> bool:
        """Whether `file`, in the folder, lies where git and other programs keep what they trust; a link may lead there."""
        places = ((file, self.folder), (Path(os.path.realpath(file)), self.real))
        inside = (place.relative_to(folder) for place, folder in places if place.is_relative_to(folder))
        return any(part.startswith(".") for place in inside for part in place.parts)

    def why_not_opened(self, descriptor: int) -> str:
        """Why an open file is refused, whatever the name it was opened by; empty where it is not."""
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return "is no regular file"
        if status.st_nlink > 1:
            return "is a hard link: the same file has another name, perhaps outside of the recipe's folder"
        place = _place_of(descriptor)
        if not (place.is_relative_to(self.real) or (self.copies and place.is_relative_to(self.copies))):
            return "leads out of the recipe's folder"
        return ""


def _place_of(descriptor: int) -> Path:
    """Where the system itself says that an open file lies; no name is looked up for it, so none can be exchanged."""
    if sys.platform == "darwin":
        return Path(os.fsdecode(fcntl.fcntl(descriptor, fcntl.F_GETPATH, bytes(1024)).rstrip(b"\0")))
    return Path(f"/proc/self/fd/{descriptor}").readlink()


def open_to_read(file: Path, within: Confinement | None) -> int:
    """A descriptor; never waits, not even for a pipe's writer. Raises OSError, ValueError with a sentence where `within`
    does not hold the file."""
    descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    if within and (why := within.why_not_opened(descriptor)):
        os.close(descriptor)
        raise ValueError(f"{file.name} {why}")
    return descriptor
