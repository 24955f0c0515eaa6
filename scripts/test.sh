#!/usr/bin/env bash
# All tests: set-up, build, unit tests, scenarios. The last line counts them together. `npm test` runs this; .ci/run too.
set -u
cd "$(dirname "$0")/.." || exit 1

results=$(mktemp)
trap 'rm -f "$results"' EXIT
status=0

scripts/set-up.sh || status=1
npm run --silent build || exit 1

export NODE_OPTIONS="${NODE_OPTIONS:-} --experimental-vm-modules --no-warnings"
npx jest --silent=false --json --outputFile="$results" "$@" || status=1
unset NODE_OPTIONS
# A jest that came to no end has written nothing, and counts as one failure.
passed=0 failed=1
if [ -s "$results" ]; then
  passed=$(node -p 'JSON.parse(require("fs").readFileSync(process.argv[1])).numPassedTests' "$results")
  failed=$(node -p 'const r=JSON.parse(require("fs").readFileSync(process.argv[1])); r.numFailedTests+r.numRuntimeErrorTestSuites' "$results")
fi

if [ "$#" -eq 0 ]; then
  scripts/scenarios/run | tee "$results"
  counts=$(tail -n 1 "$results")
  passed=$((passed + $(sed -E 's/^([0-9]+) passed.*/\1/' <<<"$counts")))
  scenarios_failed=$(sed -E 's/.* ([0-9]+) failed.*/\1/' <<<"$counts")
  failed=$((failed + scenarios_failed))
  [ "$scenarios_failed" -eq 0 ] || status=1
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && exit "$status"
exit 1
