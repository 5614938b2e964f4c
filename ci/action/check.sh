#!/usr/bin/env bash
# Judges the film that was built: annotations at the recipe's lines, JUnit XML, and Markdown and pictures for the comment.
# The exit status is 3 where a check fails.
. "$(dirname "$0")/common.sh"

options=("$(trust)")
if [ -n "$OUTPUT" ]; then options+=(--output "$OUTPUT"); fi

# Its annotations are commands to the runner; whatever else it says is none.
status=0
montage-recipe check "${options[@]}" --format github --junit "$report/check.xml" --summary "$report/check.md" \
  --stills "$report/pictures/check" --stills-url "$pictures/check" -- "$RECIPE" 2> "$report/logs/check.txt" || status=$?
shown check-log cat "$report/logs/check.txt"
exit "$status"
