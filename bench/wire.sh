#!/usr/bin/env bash
# What two daemons with a vault of a million files put on the wire to get in step again, and what they cost when nothing happens.
# bench/wire.sh WORK [--runs N] [--scale S]
# The pair is made once per scale and stays in WORK/wire (4 GB at scale 1). Needs root: it runs in a network namespace that has loopback only.
set -euo pipefail

self=$(readlink -f "${BASH_SOURCE[0]}")
root=$(dirname "$(dirname "$self")")
source "$root/bench/setup.sh"
read_arguments 3 "$@"
command -v python3 >/dev/null || die "python3 is missing: the rounds and the tables are its work"
use_dotnet
"$root/vault" --version >/dev/null # builds it, as it would be shipped
program=$(readlink -f "$root/.build/current/vault")
export DOTNET_ROOT=${DOTNET_ROOT:-$(<"$root/.build/current/dotnet")}
keep_memory
header=$(describe_machine)
driver="python3 $root/bench/wire.py"
alone() { unshare -n sh -c 'ip link set lo up; exec "$@"' sh "$@"; }

count=$(python3 -c "print(max(2000, int(1_000_000 * $scale)))")
if ! grep -Eqs "\"files\": $count[,}]" "$work/wire/made.json"; then
    say "making a pair with $count files (minutes)"
    alone $driver make "$program" "$work" "$count"
fi
say "reconnections, and nothing to do"
alone $driver measure "$program" "$work" "$runs" "${WIRE_IDLE:-120}" | tee "$work/results/wire.jsonl"

page=$(results_folder)/wire.md
mkdir -p "$(dirname "$page")"
{
    printf '# Two daemons with a million files\n\n%s\n\n' "$header"
    $driver page "$work/results/wire.jsonl"
} >"$page"
cat "$page"
say "written to $page"
