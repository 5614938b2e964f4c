"""The files that a recipe names, as they were at one revision: texts are read out of git, media are copied out of it where
the working tree has other ones.

Media that git does not hold at that revision (ignored ones, or outside of the repository) are those on the disk. Texts are
never taken from the disk where they belong to the repository. All faults name files as they are called in the working tree.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from montage_recipe.diagnostics import Diagnostic, Location, RecipeError, RecipePath
from montage_recipe.disk import disk_faults
from montage_recipe.media.source import refusal
from montage_recipe.memo import Memo
from montage_recipe.recipe.files import missing_file
from montage_recipe.recipe.model import FileMedia, MediaSource, Recipe
from montage_recipe.recipe.source import LARGEST_FILE, RecipeSource, decoded, read_part, read_source
from montage_recipe.revisions.contents import LARGEST_POINTER_BYTES, Pointer, has_content, is_blob, pointer_in
from montage_recipe.revisions.git import Entry, Repository
from montage_recipe.stopping import Stop
from montage_recipe.timeline.sources import sources_of
from montage_recipe.untrusted import LARGEST_MEDIUM_BYTES, Confinement

_MOST_LINKS = 8  # that lead to each other


@contextmanager
def snapshot(repository: Repository, commit: str, label: str, memo: Memo) -> Iterator[Snapshot]:
    """The files of a commit, while the body runs; the copies it makes are gone afterwards. `memo` knows contents of files on
    the disk. Raises StoreError."""
    with disk_faults("keep media of another revision in a temporary folder"):
        folder = TemporaryDirectory(prefix="montage-diff-")
    with folder as name:
        place = Path(os.path.realpath(name))
        yield Snapshot(repository=repository, commit=commit, label=label, folder=place, memo=memo)


@dataclass(slots=True, kw_only=True)
class Snapshot:
    repository: Repository
    commit: str
    label: str  # what people call the revision
    folder: Path  # for copies
    memo: Memo
    originals: dict[str, str] = field(default_factory=dict)  # path of a copy -> of the file in the working tree
    _places: dict[Path, Path] = field(default_factory=dict)
    _within: Confinement | None = None  # of the recipe that was read
    _leading_out: set[Path] = field(default_factory=set)

    def read(self, file: Path, *, untrusted: bool) -> RecipeSource:
        """The recipe and all it includes. Raises RecipeError."""
        within = self._within = Confinement.around(file) if untrusted else None
        text = self._text(file, within)
        # What is copied out of git lies in a folder of our own, and is the recipe's as much as what lies beside it.
        admitted = replace(within, copies=self.folder) if within else None
        source = read_source(text, file, read=lambda other: self._text(other, within), within=within)
        return replace(source, confinement=admitted)

    def place(self, recipe: Recipe) -> Recipe:
        """The recipe with its files where they can be read. Raises RecipeError for those that are nowhere."""
        media = {source.file: source.at for source in _media(recipe)}
        fonts = {title.font: (*title.at, "font") for title in recipe.titles if title.font}
        self._bring((*media, *fonts))
        if faults := [
            self._outside(file, at) for file, at in (*media.items(), *fonts.items()) if file in self._leading_out
        ]:
            raise RecipeError(faults)
        faults = [
            *(fault for file, at in media.items() for fault in missing_file("missing-media", self._places[file], at)),
            *(fault for file, at in fonts.items() for fault in missing_file("missing-font", self._places[file], at)),
        ]
        if faults:
            raise RecipeError(faults)
        return replace(
            recipe,
            clips=tuple(replace(clip, src=self._placed(clip.src)) for clip in recipe.clips),
            audio=tuple(replace(sound, src=self._placed(sound.src)) for sound in recipe.audio),
            titles=tuple(replace(t, font=self._places[t.font]) if t.font else t for t in recipe.titles),
        )

    def _placed(self, source: MediaSource) -> MediaSource:
        return replace(source, file=self._places[source.file]) if isinstance(source, FileMedia) else source

    def _text(self, file: Path, within: Confinement | None) -> str:
        """What the revision holds of a text file; what is outside of the repository, from the disk. Raises RecipeError."""
        for _ in range(_MOST_LINKS):
            path = self.repository.path_of(file)
            if path is None:
                return read_part(file, within)
            entry = self.repository.entries(self.commit, (path,)).get(path)
            if entry is None:
                break
            if not entry.is_link:
                return decoded(self._content(entry), file)
            target = self._target(file, entry)
            if within and not target.is_relative_to(within.folder):
                raise RecipeError([self._outside(file, ())])
            file = target
        raise RecipeError([self._not_held(file)])

    def _not_held(self, file: Path) -> Diagnostic:
        """In the words of a file that cannot be read, so that an include's fault is told at the include."""
        hint = "commit it; or compare with a revision that has it"
        message = f"cannot read {file}: it is not in git at {self.label}"
        location = Location(file=str(file), line=1, column=1)
        return Diagnostic(code="unreadable-recipe", message=message, hint=hint, location=location)

    def _outside(self, file: Path, at: RecipePath) -> Diagnostic:
        """Of somebody else's recipe, whose files may be in its folder only; in the words of `untrusted`."""
        message = f"`{file.name}` leads out of the recipe's folder through a symbolic link"
        hint = "copy the file into the recipe's folder; or, where the recipe is your own or you have read it, --trusted"
        location = None if at else Location(file=str(file), line=1, column=1)
        return Diagnostic(code="outside-of-folder", message=message, hint=hint, path=at, location=location)

    def _content(self, entry: Entry) -> bytes:
        """No more than what is refused as too large."""
        content = bytearray()
        self.repository.content(entry.oid, lambda block: content.extend(block[: LARGEST_FILE + 1 - len(content)]))
        return bytes(content)

    def _target(self, link: Path, entry: Entry) -> Path:
        """What a symbolic link of the revision leads to."""
        return Path(os.path.normpath(link.parent / os.fsdecode(self._content(entry))))

    def _bring(self, files: Iterable[Path], links: int = 0) -> None:
        """Finds a place for each file: its own in the working tree where that is as it was, else a copy."""
        wanted = {file: self.repository.path_of(file) for file in files if file not in self._places}
        paths = [path for path in wanted.values() if path is not None]
        held = self.repository.entries(self.commit, paths)
        for file, path in wanted.items():
            entry = held.get(path) if path is not None else None
            self._places[file] = file
            if path is None or entry is None:
                continue
            if entry.is_link:
                target = self._target(file, entry)
                if self._within and not target.is_relative_to(self._within.folder):
                    self._leading_out.add(file)
                    continue
                if links < _MOST_LINKS:
                    self._bring((target,), links + 1)
                self._places[file] = self._places.get(target, target)
                self._leading_out |= {file} if target in self._leading_out else set()
            elif not self._is_as_it_was(file, entry):
                self._places[file] = self._copy(file, path, entry)

    @property
    def _stop(self) -> Stop:
        return self.repository.git.stop

    def _is_as_it_was(self, file: Path, entry: Entry) -> bool:
        """Whether the file on the disk is what the revision holds, or what Git LFS keeps for it."""
        if is_blob(file, entry, self._within, self._stop):
            return True
        if entry.size_bytes is None or entry.size_bytes > LARGEST_POINTER_BYTES:
            return False
        pointer = pointer_in(self._content(entry))
        return pointer is not None and self._holds(file, pointer, self._within)

    def _holds(self, file: Path, pointer: Pointer, within: Confinement | None) -> bool:
        return has_content(file, pointer, memo=self.memo, within=within, stop=self._stop)

    def _copy(self, file: Path, path: str, entry: Entry) -> Path:
        """What the revision holds; of a pointer of Git LFS, what it stands for, where that is here. Else the pointer stays, and
        is refused as one by who opens it."""
        if self._within and (entry.size_bytes or 0) > LARGEST_MEDIUM_BYTES:
            most = f"{LARGEST_MEDIUM_BYTES >> 30} GiB are the most for somebody else's recipe"
            raise refusal("medium-too-large", f"{file.name} is too large: {most}", "use a smaller file, or --trusted")
        copy = self.folder / path
        with disk_faults("keep media of another revision in a temporary folder"):
            copy.parent.mkdir(parents=True, exist_ok=True)
            with copy.open("wb") as stream:
                self.repository.content(entry.oid, stream.write)
            with copy.open("rb") as stream:
                pointer = pointer_in(stream.read(LARGEST_POINTER_BYTES + 1))
            if pointer:
                if self._holds(file, pointer, self._within):  # of a partial clone, whose sizes are not known before
                    return file
                stored = self.repository.objects / "lfs" / "objects" / pointer.place
                # Whoever knows the hash of a file outside has that file.
                if self._holds(stored, pointer, None):
                    shutil.copyfile(stored, copy)
        self.originals[str(copy)] = str(file)
        return copy


def _media(recipe: Recipe) -> Iterator[FileMedia]:
    return (source for source in sources_of(recipe) if isinstance(source, FileMedia))
