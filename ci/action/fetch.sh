#!/usr/bin/env bash
# Brings the media that live elsewhere; nothing to do for a recipe without any.
. "$(dirname "$0")/common.sh"

hosts=()
set -f
for host in $ALLOW_HOSTS; do hosts+=(--allow-host "$host"); done
shown_with_places fetch montage-recipe fetch "${hosts[@]}" "$(trust)" -- "$RECIPE"
