#!/usr/bin/env bash
# What healing takes, simulated: a table in the form of bench/results/simulation.md. Usage: bench/simulate.sh [LARGE]; with LARGE=1 also a thousand devices.
set -euo pipefail
cd "$(dirname "$0")/.."
vault=${VAULT:-./vault}
large=${1:-0}

run() { # NAME, then options of vault sim
  local name=$1
  shift
  $vault sim --silent --json "$@" 2>/dev/null | python3 -c '
import json, sys
name = sys.argv[1]
r = json.load(sys.stdin)
c = r["copies"]
healed = "" if c["healedAfterSeconds"] is None else "%d:%02d" % divmod(round(c["healedAfterSeconds"]), 60)
moved = "" if c["movedAgainstLeast"] is None else "%.3f" % c["movedAgainstLeast"]
print("| %s | %d | %d | %s | %s | %s | %.2f %% | %.1f MB | %.2f | %.0f s |" % (name, r["nodes"], c["blocks"], "yes" if r["ok"] else "no", healed, moved, c["movedPercent"], r["bytesPerNodeHour"] / 1e6, c["fullestAgainstFair"], r["seconds"]))' "$name"
}

echo "| what | devices | blocks | promises kept | healed after | moved / least | moved besides | sent per device and hour | fullest / fair | took |"
echo "|---|---|---|---|---|---|---|---|---|---|"
for percent in 1 5 20; do run "$percent % lost for good" --nodes 100 --dials 99 --blocks 10000 --hours 0.1 --settling 0.75 --trouble 0 --lose "$percent"; done
for minimum in 2 1; do run "30 % come and go for an hour, minimum $minimum of 3" --nodes 100 --dials 99 --blocks 10000 --hours 1 --settling 0.1 --trouble 0 --flap 30 --min-copies "$minimum"; done
for devices in 10 100; do run "quiet" --nodes "$devices" --dials $((devices - 1)) --blocks 10000 --hours 1 --settling 0.02 --calm; done
run "47 % hostile, frees, crashes" --nodes 30 --dials 29 --blocks 5000 --hours 1 --settling 0.75 --liars 47 --frees 100
if [ "$large" = 1 ]; then run "quiet" --nodes 1000 --dials 8 --blocks 100000 --hours 1 --settling 0.02 --calm; fi
