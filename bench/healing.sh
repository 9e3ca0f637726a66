#!/usr/bin/env bash
# Five daemons that keep three copies of 2 GB: one lost for good, blocks that rot, healers that are killed, restarts.  bench/healing.sh WORK [--scale S]
# WORK is a folder with room for 10 GB at scale 1; raw figures stay in WORK/results. bench/README.md says what they mean.
# With HEALING_MINIMUM=1 a lost device is waited for as long as a server may be away, a quarter of an hour each.
set -euo pipefail

self=$(readlink -f "${BASH_SOURCE[0]}")
root=$(dirname "$(dirname "$self")")
source "$root/bench/setup.sh"
read_arguments 1 "$@"
command -v python3 >/dev/null || die "python3 is missing: it drives the daemons"
unshare --map-root-user --net true 2>/dev/null || die "a network namespace can't be made here: its loopback is what counts the bytes"
use_dotnet
"$root/vault" --version >/dev/null # builds it, as it would be shipped
program=$(readlink -f "$root/.build/current/vault")
export DOTNET_ROOT=${DOTNET_ROOT:-$(<"$root/.build/current/dotnet")}
keep_memory
header=$(describe_machine)
line=$work/results/healing-$(date +%s).jsonl

unshare --map-root-user --net sh -c 'ip link set lo up; exec "$@"' sh python3 "$root/bench/healing.py" run "$program" "$work" "$scale" "${HEALING_MINIMUM:-3}" >"$line" 2>"$work/results/healing.log" \
    || { tail -n 5 "$work/results/healing.log" >&2; die "it didn't come to its end; all that was said is in $work/results/healing.log"; }
page=$(results_folder)/healing.md
mkdir -p "$(dirname "$page")"
{
    printf '# Copies that heal\n\n%s\n\n' "$header"
    python3 "$root/bench/healing.py" page "$line"
} >"$page"
cat "$page"
say "written to $page"
