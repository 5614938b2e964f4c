#!/usr/bin/env bash
# Builds the film, and puts the finished files where they can be handed in.
. "$(dirname "$0")/common.sh"

options=("$(trust)")
if [ "$LOCKED" = true ]; then options+=(--locked); fi
if [ -n "$OUTPUT" ]; then options+=(--output "$OUTPUT"); fi

leave_logs() {
  if [ -d "$MONTAGE_CACHE_DIR/logs" ]; then cp -R "$MONTAGE_CACHE_DIR/logs" "$report/logs/builds"; fi
  # Names what the store holds: a store that is as it was need not be saved again.
  state=$(cd "$MONTAGE_CACHE_DIR" 2> /dev/null && find . -type f -not -path './logs/*' | LC_ALL=C sort | sha256sum | cut -c 1-16)
  echo "state=$state" >> "$GITHUB_OUTPUT"
}
trap leave_logs EXIT

shown_with_places build montage-recipe build "${options[@]}" -- "$RECIPE"

# The recipe chose the names of its files; in an artifact they must not be patterns, paths or several lines.
if [ -n "$OUTPUT" ]; then which=(--output "$OUTPUT"); else which=(); fi
montage-recipe plan --stage timeline --format json "${which[@]}" "$(trust)" -- "$RECIPE" 2> /dev/null |
  python3 -c '
import json, os, sys
plans = json.load(sys.stdin)
for plan in plans if isinstance(plans, list) else [plans]:
    sys.stdout.buffer.write(os.fsencode(plan["output"]) + b"\0")
' |
  while IFS= read -r -d '' file; do
    name=$(printf '%s' "${file##*/}" | tr -c 'A-Za-z0-9._-' '_')
    while [ -e "$work/videos/$name" ]; do name=other-$name; done
    ln -- "$file" "$work/videos/$name" 2> /dev/null || cp -- "$file" "$work/videos/$name"
  done
