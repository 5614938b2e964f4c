# Sourced by every step of the Action (action.yml). A step is plain shell: it needs bash, git, Python and `montage-recipe`, the
# folders RUNNER_TEMP and GITHUB_ACTION_PATH, and what begin.sh has written down. It works wherever these are.
# shellcheck shell=bash
set -euo pipefail

work=$RUNNER_TEMP/montage-recipe
report=$work/report                      # goes into an artifact
# Not in the checkout: what lies there came with the pull request.
export MONTAGE_CACHE_DIR=$work/store
# shellcheck source=/dev/null
if [ -f "$work/inputs" ]; then . "$work/inputs"; fi
: "${pictures:=}" "${id:=}"             # begin.sh writes these down, too

# Of a pull request from a fork, or one whose fork is gone, a recipe is somebody else's whatever the workflow says.
from_fork() { [ -n "$PULL_REQUEST" ] && [ "$HEAD_REPOSITORY" != "$GITHUB_REPOSITORY" ]; }

# The option that says whose the recipe is.
trust() { if [ "$TRUSTED" = true ] && ! from_fork; then echo --trusted; else echo --untrusted; fi; }

# Runs a command under a name. What it says is shown, kept for the report, and never obeyed: a text of a recipe may look
# like a command of the runner.
shown() {
  local name=$1 token status=0
  shift
  token=$(head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n')
  echo "::stop-commands::$token"
  "$@" 2>&1 | tee "$report/logs/$name.txt" || status=$?
  printf '\n::%s::\n' "$token"
  return "$status"
}

# The same, and errors become annotations at their lines, by the pattern in matcher.json.
shown_with_places() {
  local status=0
  echo "::add-matcher::$GITHUB_ACTION_PATH/ci/action/matcher.json"
  shown "$@" || status=$?
  echo "::remove-matcher owner=montage-recipe::"
  return "$status"
}
