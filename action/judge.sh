#!/usr/bin/env bash
# Whether the job fails, after everything was reported.
set -euo pipefail

fails=0
if [ "${NETPOL_LINT:-0}" != 0 ]; then
  echo "::error title=netpol::findings at or above the severity that fails"
  fails=1
fi
if [ "${NETPOL_TEST:-0}" != 0 ]; then
  echo "::error title=netpol::tests fail"
  fails=1
fi
if [ "${NETPOL_DIFFERENT:-}" = true ] && [ "$NETPOL_FAIL_ON_DIFFERENCE" = true ]; then
  echo "::error title=netpol::connections differ from those of the base"
  fails=1
fi
exit "$fails"
