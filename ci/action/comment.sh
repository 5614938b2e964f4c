#!/usr/bin/env bash
# What came of it, as Markdown: into the step summary, and into one comment on the pull request, which is written anew each time.
# Steps before this one are known by their outcomes: VALIDATE, FETCH, LOOK, BUILD and CHECK.
. "$(dirname "$0")/common.sh"

marker="<!-- montage-recipe $id -->" # by this the comment is found again
body=$report/comment.md

# A run of backticks that is longer than any on standard input, and than $1.
fence() {
  awk -v least="$1" '
    BEGIN { n = least - 1 }
    { while (match($0, /`+/)) { if (RLENGTH > n) n = RLENGTH; $0 = substr($0, RSTART + RLENGTH) } }
    END { while (n-- >= 0) printf "`" }'
}

# A text that somebody else chose, as code on one line.
code() {
  local text around
  text=$(printf '%s' "$1" | tr -d '\000-\037\177')
  around=$(printf '%s' "$text" | fence 1)
  case $text in '`'* | *'`' | ' '* | *' ') text=" $text " ;; esac
  printf '%s%s%s' "$around" "$text" "$around"
}

# What a step said, as code: whole lines, as many as there is room for.
said() {
  local text around
  [ -s "$report/logs/$1.txt" ] || return 0
  text=$(bounded 20000 < "$report/logs/$1.txt" | tr -d '\000-\010\013-\037\177')
  around=$(printf '%s' "$text" | fence 3)
  printf '\n%s\n%s\n%s\n' "$around" "$text" "$around"
}

# Whole lines, up to $1 bytes of them.
bounded() {
  LC_ALL=C awk -v room="$1" '
    { room -= length + 1 }
    room < 0 { left++; next }
    { print }
    END { if (left) printf "(and %d more lines)\n", left }'
}

# What may have been cut off inside of a fold, which would hide all that comes after it.
closed() {
  awk '
    /^<details>/ { open++ }
    /<\/details>$/ { open-- }
    { print }
    END { while (open-- > 0) printf "\n</details>\n" }'
}

# Markdown of the program itself, with its pictures where they have an address.
part() {
  [ -s "$report/$1" ] || return 0
  echo
  if [ -n "$PICTURES_URL" ]; then
    sed "s~$pictures~$PICTURES_URL~g" "$report/$1"
  else
    sed -E "s~!\[[^]]*\]\(${pictures}[^)]*\)~~g; s~<img [^>]*${pictures}[^>]*>~~g; /^ *<br> *\$/d" "$report/$1"
  fi | bounded 18000 | closed
}

verdict() {
  if [ "$VALIDATE" = failure ] || [ "$LOOK" = failure ]; then
    echo "**The recipe has a fault.**"
    said validate
  elif [ "$FETCH" = failure ]; then
    echo "**The media of the recipe could not be fetched.**"
    said fetch
  elif [ "$BUILD" = failure ]; then
    echo "**The film could not be built.**"
    said build
  elif [ "$CHECK" = failure ]; then
    case $(head -n 1 "$report/check.md" 2> /dev/null) in
      '') echo "**The film is built, and could not be judged.**" && said check ;;
      *'nothing could be judged') echo "**The film is built, and could not be judged.**" ;;
      *) echo "**The film is built, and does not pass its checks.**" ;;
    esac
  elif [ "$CHECK" = success ]; then
    echo "**The film is built, and passes its checks.**"
  elif [ "$BUILD" = success ]; then
    echo "**The film is built.**"
  else
    echo "**Nothing was built:** the log says why."
  fi
}

sheets() {
  local file files=("$report"/pictures/sheet*.png)
  if [ -z "$PICTURES_URL" ] || ! [ -e "${files[0]}" ]; then return 0; fi
  printf '\n### Contact sheet\n\n'
  for file in "${files[@]}"; do
    printf '<img alt="contact sheet" src="%s/%s">\n' "$PICTURES_URL" "${file##*/}"
  done
}

artifacts() {
  local what=logs
  if [ -d "$report/pictures" ]; then what='contact sheet, stills and logs'; fi
  echo
  if [ -n "$VIDEO_URL" ]; then printf 'To download: [the video](%s), ' "$VIDEO_URL"; else printf 'To download: '; fi
  printf '[%s](%s)\n' "$what" "$REPORT_URL"
}

{
  echo "$marker"
  printf '## %s\n\n' "$(code "$RECIPE")"
  verdict
  part check.md
  part diff.md
  sheets
  if [ -n "$REPORT_URL" ]; then artifacts; fi
} > "$body"
cat "$body" >> "$GITHUB_STEP_SUMMARY"

if [ "$COMMENT" != true ] || [ -z "$PULL_REQUEST" ]; then exit 0; fi

# The comment with our marker that this token has written: anybody may write the marker.
find_comment() {
  # shellcheck disable=SC2016 # these are variables of GraphQL
  gh api graphql --paginate -f owner="${GITHUB_REPOSITORY%%/*}" -f name="${GITHUB_REPOSITORY#*/}" -F number="$PULL_REQUEST" \
    --jq ".data.repository.pullRequest.comments.nodes[] | select(.viewerDidAuthor and (.body | startswith(\"$marker\"))) | .id" \
    -f query='query($owner: String!, $name: String!, $number: Int!, $endCursor: String) {
      repository(owner: $owner, name: $name) { pullRequest(number: $number) {
        comments(first: 100, after: $endCursor) {
          nodes { id viewerDidAuthor body }
          pageInfo { hasNextPage endCursor }
        } } } }'
}

write_comment() {
  local found
  found=$(find_comment) || return 1
  if [ -n "$found" ]; then
    # shellcheck disable=SC2016
    gh api graphql --silent -f id="${found%%$'\n'*}" -F body=@"$body" \
      -f query='mutation($id: ID!, $body: String!) { updateIssueComment(input: {id: $id, body: $body}) { clientMutationId } }'
  else
    gh api --silent "repos/$GITHUB_REPOSITORY/issues/$PULL_REQUEST/comments" -F body=@"$body"
  fi
}

if ! shown comment write_comment; then
  echo "::notice::The comment could not be written (it takes the permission pull-requests: write, which a fork never has): it stands in the summary of this run"
fi
