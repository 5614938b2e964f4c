#!/usr/bin/env bash
# Writes down what the Action was asked for, so that the other steps need not be told again, and names what it makes.
rm -f "$RUNNER_TEMP/montage-recipe/inputs" # of another use of the Action in this job
. "$(dirname "$0")/common.sh"

: "${RECIPE:?the Action needs the input recipe}"
rm -rf "$report" "$work/videos"
mkdir -p "$report/logs" "$work/videos"
for name in RECIPE OUTPUT BASE LOCKED TRUSTED ALLOW_HOSTS STILLS_BRANCH COMMENT PULL_REQUEST HEAD_REPOSITORY; do
  printf '%s=%q\n' "$name" "${!name}"
done > "$work/inputs"
# Where pictures will be found is known only in the end. Nobody can guess this, so no text of a recipe is taken for it.
token=$(head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n')
printf 'pictures=https://%s.invalid\n' "$token" >> "$work/inputs"

id=$(printf '%s\0%s' "$RECIPE" "$OUTPUT" | sha256sum | cut -c 1-12)
wanted=${RECIPE%.y*ml}${OUTPUT:+-$OUTPUT}
name=$(printf '%s' "$wanted" | LC_ALL=C tr -c 'A-Za-z0-9._-' '-' | cut -c 1-60)
if [ "$name" != "$wanted" ] || [ -n "$OUTPUT" ]; then name=$name-${id:0:6}; fi # films/a and films-a are two
printf 'id=%s\n' "$id" >> "$work/inputs"
{
  echo "id=$id"
  echo "name=$name" # safe in the name of an artifact
  echo "report=$report"
  echo "videos=$work/videos"
  echo "store=$MONTAGE_CACHE_DIR"
} >> "$GITHUB_OUTPUT"
