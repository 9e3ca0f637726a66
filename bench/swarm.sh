#!/usr/bin/env bash
# Two daemons on loopback beside Syncthing, on the same files, in the same minutes.  bench/swarm.sh WORK [--runs N] [--scale S]
# WORK is a folder with room for 20 GB at scale 1; raw figures stay in WORK/results. bench/README.md says what they mean.
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
find_peers
keep_memory
began=$(date +%s)
header=$(describe_machine)
driver="python3 $root/bench/swarm.py"
line=$work/results/swarm-$began.jsonl

if ! command -v syncthing >/dev/null; then
    say "no rounds: syncthing isn't here, and its package is installed with apt-get install syncthing"
elif [ -n "$peers" ] && [ -e "$peers/p2p.py" ]; then
    header+=$'\n'"- beside: $(syncthing --version | cut -d' ' -f1,2), without discovery, relays and reporting; each in a network namespace that has loopback only"
    cat >"$work/vault-p2p.json" <<EOF
{"name": "vault", "import": "$driver import $program {store_a} {store_b} {src}", "serve": "$driver serve $program {store_a} {store_b}", "ready": "ready",
 "pull": "$driver pull {store_a} {store_b}", "files": "$driver files $program {store_b} {dst}"}
EOF
    mkdir -p "$work/npm"
    say "rounds (the first time the files are made: minutes)"
    python3 "$peers/p2p.py" "$work" --runs "$runs" --scale "$scale" --tests transfer --corpora "${SWARM_CORPORA:-big,mixed,small}" --tools "${SWARM_TOOLS:-syncthing}" --contender "$work/vault-p2p.json"
else
    say "no rounds: they need the p2p.py of the contenders' scripts, which isn't in ${peers:-the folder that VAULT_PEERS names}"
fi
say "one change, and nothing to do"
$driver latency "$program" "$work" 50 >>"$line"
$driver idle "$program" "$work" "${SWARM_IDLE:-120}" >>"$line"

page=$(results_folder)/swarm.md
mkdir -p "$(dirname "$page")"
{
    printf '# Two daemons, beside Syncthing\n\n%s\n' "$header"
    $driver page "$work/results" "$began" "$scale" "$line"
} >"$page"
cat "$page"
say "written to $page"
