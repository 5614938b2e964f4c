#!/usr/bin/env bash
# GitHub shows a picture in a comment only where it has an address. With a `stills-branch`, the pictures get one: they are
# pushed to that branch, which holds nothing else, in a single commit without a past, so that it does not grow for ever.
# A token that may not write leaves the comment without pictures.
. "$(dirname "$0")/common.sh"

if [ -z "$STILLS_BRANCH" ] || ! [ -d "$report/pictures" ]; then exit 0; fi
if from_fork; then echo "a fork may not write here: its pictures are in the report"; exit 0; fi
if [[ $STILLS_BRANCH == *[!A-Za-z0-9._/-]* ]] || ! git check-ref-format "refs/heads/$STILLS_BRANCH"; then
  echo "::error::stills-branch is not the plain name of a branch"
  exit 1
fi

remote=$GITHUB_SERVER_URL/$GITHUB_REPOSITORY.git
said='Pictures of montage-recipe' # by this a branch of ours is known
folder=${PULL_REQUEST:+pull-$PULL_REQUEST/}$id
newest=$GITHUB_RUN_ID-$GITHUB_RUN_ATTEMPT # another address each time: what is shown is kept for long by browsers

export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=http.extraheader GIT_TERMINAL_PROMPT=0
GIT_CONFIG_VALUE_0="Authorization: basic $(printf 'x-access-token:%s' "$GH_TOKEN" | base64 | tr -d '\n')"
export GIT_CONFIG_VALUE_0
export GIT_AUTHOR_NAME=montage-recipe GIT_AUTHOR_EMAIL=montage-recipe@users.noreply.github.com
export GIT_COMMITTER_NAME=$GIT_AUTHOR_NAME GIT_COMMITTER_EMAIL=$GIT_AUTHOR_EMAIL

aside=$(mktemp -d)
trap 'rm -rf "$aside"' EXIT
git init --quiet "$aside"
cd "$aside"
git --work-tree="$report/pictures" add --all
made=$(git write-tree)

for _ in 1 2 3; do # two runs may push at once: one of them finds another branch than it saw, and looks again
  git read-tree --empty
  seen=
  if git fetch --quiet --depth=1 "$remote" "refs/heads/$STILLS_BRANCH" 2> /dev/null; then
    seen=$(git rev-parse FETCH_HEAD)
    if [ "$(git log -1 --format=%s FETCH_HEAD)" != "$said" ]; then
      echo "::error::stills-branch: $STILLS_BRANCH holds something else, which would be lost; name a branch that is not there yet"
      exit 1
    fi
    git read-tree FETCH_HEAD
    git rm -r --quiet --cached --ignore-unmatch -- "$folder"
  fi
  git read-tree --prefix="$folder/$newest/" "$made"
  commit=$(git commit-tree -m "$said" "$(git write-tree)")
  if git push --quiet --force-with-lease="refs/heads/$STILLS_BRANCH:$seen" \
    "$remote" "$commit:refs/heads/$STILLS_BRANCH" 2> "$report/logs/pictures.txt"; then
    echo "url=$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/raw/$STILLS_BRANCH/$folder/$newest" >> "$GITHUB_OUTPUT"
    exit 0
  fi
done
shown pictures-failed cat "$report/logs/pictures.txt"
echo "::notice::The pictures could not be pushed to $STILLS_BRANCH (it takes the permission contents: write): they are in the report"
