#!/usr/bin/env bash
# Lints, tests and compares; writes one report and says where it is. It fails only where there is no answer.
set -euo pipefail

out=$RUNNER_TEMP/netpol-report
rm -rf "$out"
mkdir -p "$out/base" "$out/head"
report=$out/report.md

# No answer: says so where people look, and ends.
said=
fail() {
  said=1
  echo "::error title=netpol::$1"
  exit 2
}
trap '[ "$?" -eq 0 ] || [ -n "$said" ] || echo "::error title=netpol::there is no report; the log says why"' EXIT

# One path a line: those of a text, without the space around them.
lines() {
  local line
  while IFS= read -r line; do
    line=${line#"${line%%[![:space:]]*}"} line=${line%"${line##*[![:space:]]}"}
    [ -z "$line" ] || printf '%s\n' "$line"
  done <<< "$1"
}

paths=() inputs=()
while IFS= read -r path; do
  # Git knows files by their path in the repository.
  [ "$path" != "$PWD" ] || path=.
  path=${path#"$PWD/"}
  paths+=("$path")
  inputs+=(-f "$path")
done < <(lines "$NETPOL_PATH")
[ "${#paths[@]}" -gt 0 ] || fail "path is empty: it names manifests, one file or folder a line"
read -r -a options <<< "$NETPOL_OPTIONS"

say() { printf '%s=%s\n' "$1" "$2" >> "$GITHUB_OUTPUT"; }

# Shows a file in the log. What stands in it comes from the pull request, so the runner takes no line of it
# for a command.
show() {
  local token
  [ -s "$1" ] || return 0
  token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  printf '::stop-commands::%s\n' "$token"
  cat "$1"
  printf '\n::%s::\n' "$token"
}

# Runs netpol and keeps its exit code; 2 is no answer.
answer() {
  local to=$1 code=0
  shift
  netpol "$@" ${options[@]+"${options[@]}"} > "$to" 2> "$out/log.txt" || code=$?
  show "$out/log.txt"
  case $code in
    0 | 1) return "$code" ;;
    *) fail "netpol $1 has no answer; the log says why" ;;
  esac
}

# A file as a block of text in Markdown, with a fence that nothing in it ends.
block() {
  local fence
  fence=$(awk '
    { while (match($0, /`+/)) { if (RLENGTH > most) most = RLENGTH; $0 = substr($0, RSTART + RLENGTH) } }
    END { for (most = most < 3 ? 3 : most + 1; most > 0; most--) printf "`" }' "$1")
  printf '%stext\n' "$fence"
  cat "$1"
  printf '%s\n' "$fence"
}

echo '<!-- netpol -->' > "$report"

lint=0
answer "$out/netpol.sarif" lint "${inputs[@]}" --fail-on "$NETPOL_FAIL_ON" -o sarif || lint=$?
answer "$out/lint.md" lint "${inputs[@]}" --fail-on never -o markdown
answer "$out/lint.txt" lint "${inputs[@]}" --fail-on never -o github
# These are commands, and netpol has written what is in them so that it is nothing else.
cat "$out/lint.txt"
cat "$out/lint.md" >> "$report"
say lint "$lint"
say sarif "$out/netpol.sarif"

tests=()
while IFS= read -r path; do tests+=("$path"); done < <(lines "$NETPOL_TESTS")
if [ "${#tests[@]}" -gt 0 ]; then
  test=0
  answer "$out/test.txt" test "${tests[@]}" || test=$?
  show "$out/test.txt"
  { printf '\n**netpol test**\n\n'; block "$out/test.txt"; } >> "$report"
  say test "$test"
fi

if [ -n "$NETPOL_BASE" ]; then
  # A shallow clone has the head alone.
  if ! git cat-file -e "$NETPOL_BASE^{commit}" 2> /dev/null; then
    git fetch --quiet --no-tags --depth=1 origin "${NETPOL_BASE#origin/}" ||
      fail "the base $NETPOL_BASE cannot be fetched: check out with fetch-depth 0, name another base, or none"
    # A branch that was fetched like this has no name.
    git cat-file -e "$NETPOL_BASE^{commit}" 2> /dev/null || NETPOL_BASE=$(git rev-parse FETCH_HEAD)
  fi
  tree=$(git write-tree) || fail "the state of the repository cannot be read; the log says why"
  for path in "${paths[@]}"; do
    [ -n "$(git ls-files -- "$path" | head -n 1)" ] ||
      fail "git does not track $path, so the base has nothing to compare it with: leave base empty for manifests \
that the job makes, or make those of the base too and compare them with netpol diff"
    # What the base does not have yet is new.
    if [ -n "$(git ls-tree "$NETPOL_BASE" -- "$path" | head -n 1)" ]; then
      git archive "$NETPOL_BASE" -- "$path" | tar -x -C "$out/base"
    fi
    git archive "$tree" -- "$path" | tar -x -C "$out/head"
  done
  # A state without any manifest is an empty one.
  for state in base head; do
    if [ -z "$(find "$out/$state" -type f -print -quit)" ]; then
      echo '{"apiVersion": "v1", "kind": "List", "items": []}' > "$out/$state/empty.json"
    fi
  done
  code=0
  (cd "$out" && answer "$out/diff.md" diff base head -o markdown) || code=$?
  if [ "$code" -ge 2 ]; then said=1; exit "$code"; fi
  { echo; cat "$out/diff.md"; } >> "$report"
  if [ "$code" -eq 1 ]; then say different true; else say different false; fi
fi

whole=$report
# The longest comment that GitHub takes has 65,536 characters: whole lines, and no open block.
if [ "$(wc -c < "$report")" -gt 60000 ]; then
  whole=$out/whole.md
  mv "$report" "$whole"
  LC_ALL=C awk '
    { size += length($0) + 1; if (size > 60000) exit; print }
    fence == "" && match($0, /^```+/) { fence = substr($0, 1, RLENGTH); next }
    $0 == fence { fence = "" }
    END { if (fence != "") print fence }' "$whole" > "$report"
  printf '\n… the report is longer than a comment may be; the summary of the job has the rest.\n' >> "$report"
fi
# A summary may have 1,024 KiB.
if [ "$(wc -c < "$whole")" -gt 1000000 ]; then whole=$report; fi
cat "$whole" >> "${GITHUB_STEP_SUMMARY:-/dev/null}"
say report "$report"
