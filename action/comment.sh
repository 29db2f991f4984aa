#!/usr/bin/env bash
# Writes the report as a comment on the pull request; the one of the run before is written anew.
set -euo pipefail

comments=repos/$GITHUB_REPOSITORY/issues/$PULL_REQUEST/comments
id=$(gh api "$comments" --paginate --jq '.[] | select(.body | startswith("<!-- netpol -->")) | .id' | head -n 1)
if [ -n "$id" ]; then
  gh api --silent --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$id" --field "body=@$NETPOL_REPORT"
else
  gh api --silent --method POST "$comments" --field "body=@$NETPOL_REPORT"
fi
