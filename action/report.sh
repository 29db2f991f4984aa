#!/usr/bin/env bash
# Lints, tests and compares; writes one report and says where it is. It fails only where there is no answer.
set -euo pipefail

out=$RUNNER_TEMP/netpol-report
rm -rf "$out"
mkdir -p "$out/base" "$out/head"
report=$out/report.md

# One path a line.
paths=() inputs=()
while IFS= read -r path; do
  path=${path#"${path%%[![:space:]]*}"} path=${path%"${path##*[![:space:]]}"}
  [ -n "$path" ] || continue
  paths+=("$path")
  inputs+=(-f "$path")
done <<< "$NETPOL_PATH"
read -r -a options <<< "$NETPOL_OPTIONS"

say() { printf '%s=%s\n' "$1" "$2" >> "$GITHUB_OUTPUT"; }

# Runs netpol and keeps its exit code; 2 is no answer.
answer() {
  local to=$1 code=0
  shift
  netpol "$@" ${options[@]+"${options[@]}"} > "$to" || code=$?
  if [ "$code" -eq 2 ]; then
    echo "::error title=netpol::netpol $1 has no answer; the log says why"
    exit 2
  fi
  return "$code"
}

echo '<!-- netpol -->' > "$report"

lint=0
answer "$out/netpol.sarif" lint "${inputs[@]}" --fail-on "$NETPOL_FAIL_ON" -o sarif || lint=$?
answer "$out/lint.md" lint "${inputs[@]}" --fail-on never -o markdown
answer "$out/lint.txt" lint "${inputs[@]}" --fail-on never -o github
cat "$out/lint.txt"
cat "$out/lint.md" >> "$report"
say lint "$lint"
say sarif "$out/netpol.sarif"

if [ -n "$NETPOL_TESTS" ]; then
  tests=() test=0
  while IFS= read -r path; do
    [ -n "${path//[[:space:]]/}" ] && tests+=("$path")
  done <<< "$NETPOL_TESTS"
  answer "$out/test.txt" test "${tests[@]}" || test=$?
  cat "$out/test.txt"
  { printf '\n**netpol test**\n\n```text\n'; cat "$out/test.txt"; printf '```\n'; } >> "$report"
  say test "$test"
fi

if [ -n "$NETPOL_BASE" ]; then
  # A shallow clone has the head alone.
  if ! git cat-file -e "$NETPOL_BASE^{commit}" 2> /dev/null; then
    git fetch --quiet --no-tags --depth=1 origin "$NETPOL_BASE"
  fi
  for path in "${paths[@]}"; do
    # What the base does not have yet is new.
    if git cat-file -e "$NETPOL_BASE:${path%/}" 2> /dev/null; then
      git archive "$NETPOL_BASE" -- "$path" | tar -x -C "$out/base"
    fi
    git archive "$(git write-tree)" -- "$path" | tar -x -C "$out/head"
  done
  # A state without any manifest is an empty one.
  for state in base head; do
    if [ -z "$(find "$out/$state" -type f -print -quit)" ]; then
      echo '{"apiVersion": "v1", "kind": "List", "items": []}' > "$out/$state/empty.json"
    fi
  done
  code=0
  (cd "$out" && answer "$out/diff.md" diff base head -o markdown) || code=$?
  [ "$code" -lt 2 ] || exit "$code"
  { echo; cat "$out/diff.md"; } >> "$report"
  if [ "$code" -eq 1 ]; then say different true; else say different false; fi
fi

# The longest comment that GitHub takes has 65,536 characters.
if [ "$(wc -m < "$report")" -gt 60000 ]; then
  head -c 60000 "$report" > "$out/short.md"
  printf '\n\n… the report is longer than a comment may be; the job has the rest.\n' >> "$out/short.md"
  mv "$report" "$out/whole.md"
  mv "$out/short.md" "$report"
fi
cat "$report" >> "${GITHUB_STEP_SUMMARY:-/dev/null}"
say report "$report"
