#!/usr/bin/env bash
# Installs this checkout's montage-recipe where it is in nobody's way, and puts the program, and nothing else, on the PATH.
. "$(dirname "$0")/common.sh"

"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "$GITHUB_ACTION_PATH"
mkdir -p "$work/bin"
ln -sf ../venv/bin/montage-recipe "$work/bin/montage-recipe"
echo "$work/bin" >> "$GITHUB_PATH"
"$work/bin/montage-recipe" --version
