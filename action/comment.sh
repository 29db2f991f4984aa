#!/usr/bin/env bash
# Writes the report as a comment on the pull request; the one of the run before is written anew.
set -euo pipefail

# The token of a pull request from a fork may only read. What the job comes to does not hang on a comment.
unwritten() {
  echo "::warning title=netpol::the comment cannot be written (of a fork, the token may only read); \
the summary of the job has the report"
  exit 0
}

# Of this token's own comments: anybody can begin one like this.
id=$(gh api graphql --paginate -f owner="${GITHUB_REPOSITORY%%/*}" -f name="${GITHUB_REPOSITORY#*/}" \
  -F number="$PULL_REQUEST" -f query='
    query($owner: String!, $name: String!, $number: Int!, $endCursor: String) {
      repository(owner: $owner, name: $name) {
        pullRequest(number: $number) {
          comments(first: 100, after: $endCursor) {
            nodes { id body viewerDidAuthor }
            pageInfo { hasNextPage endCursor }
          }
        }
      }
    }' --jq '.data.repository.pullRequest.comments.nodes[]
      | select(.viewerDidAuthor and (.body | startswith("<!-- netpol -->"))) | .id') || unwritten
id=${id%%$'\n'*}
if [ -n "$id" ]; then
  gh api graphql --silent -f id="$id" -F body=@"$NETPOL_REPORT" -f query='
    mutation($id: ID!, $body: String!) {
      updateIssueComment(input: {id: $id, body: $body}) { clientMutationId }
    }' || unwritten
else
  gh api --silent --method POST "repos/$GITHUB_REPOSITORY/issues/$PULL_REQUEST/comments" \
    --field "body=@$NETPOL_REPORT" || unwritten
fi
