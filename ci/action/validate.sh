#!/usr/bin/env bash
# Every fault of the recipe, as annotations at its lines. `--no-media` reads only the text, before anything is fetched; without it, the
# footage is looked into.
. "$(dirname "$0")/common.sh"

check=("${1:---probe}" "$(trust)" -- "$RECIPE")
if found=$(montage-recipe validate --format github "${check[@]}"); then
  # What is only a warning is told once, when the footage has been looked into as well.
  if [ "${1:-}" != --no-media ]; then printf '%s\n' "$found"; fi
  exit 0
fi
printf '%s\n' "$found"
montage-recipe validate "${check[@]}" > "$report/logs/validate.txt" 2> /dev/null || true # for the comment
exit 1
