#!/usr/bin/env bash
# The contact sheet of the film.
. "$(dirname "$0")/common.sh"

options=("$(trust)")
if [ -n "$OUTPUT" ]; then options+=(--output "$OUTPUT"); fi
shown sheet montage-recipe sheet -o "$report/pictures/sheet.png" "${options[@]}" -- "$RECIPE"
