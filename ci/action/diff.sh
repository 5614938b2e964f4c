#!/usr/bin/env bash
# What the change does to the film, with pictures. That there is nothing to compare with is no failure of the change.
. "$(dirname "$0")/common.sh"

if [ -z "$BASE" ]; then echo "there is no base to compare with"; exit 0; fi
folder=$(dirname -- "$RECIPE")
# A change may bring a folder that looks like a bare repository, whose settings would name programs to run.
here() { git -c safe.bareRepository=explicit -C "$folder" "$@"; }

commit() { here rev-parse --quiet --verify --end-of-options "$1^{commit}"; }

# A checkout has one revision by default, and the base is another one.
base=$(commit "$BASE" || commit "origin/$BASE" ||
  { here fetch --quiet --depth=1 --end-of-options origin "$BASE" 1>&2 && commit FETCH_HEAD; } || true)
if [ -z "$base" ]; then
  echo "::warning::The base of the change is not in this checkout, and cannot be fetched: give actions/checkout fetch-depth: 0"
  exit 0
fi
# Where the histories are here, what others have changed since does not count as a change.
base=$(here merge-base "$base" HEAD || echo "$base")
if ! here cat-file -e "$base:./$(basename -- "$RECIPE")" 2> /dev/null; then
  echo "This recipe is new." > "$report/diff.md"
  exit 0
fi
base=$(here rev-parse --short "$base")
# A file of that name would be compared in its place, and could hide what changes.
if [ -e "$base" ]; then
  echo "What changes is not told, as there is a file with the name of the base." > "$report/diff.md"
  echo "::warning::There is a file called $base, as the base of the change is"
  exit 0
fi
if ! montage-recipe diff --format markdown --stills "$report/pictures/diff" --stills-url "$pictures/diff" "$(trust)" \
  -- "$base" "$RECIPE" > "$report/diff.md" 2> "$report/logs/diff.txt"; then
  shown diff-failed cat "$report/logs/diff.txt"
  echo "What changes cannot be told, as the film before it cannot be compiled here." > "$report/diff.md"
  echo "::warning::The film cannot be compared with the one at $base: the log of this step says why"
fi
