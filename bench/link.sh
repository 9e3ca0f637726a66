#!/usr/bin/env bash
# Transfers beside Syncthing over a link of 100 Mbit/s and 20 ms, and on loopback to a receiver without keys and both ways at once.
# bench/link.sh WORK [--runs N] [--scale S]
# WORK is a folder with room for 10 GB at scale 1. Needs root: it makes network namespaces. bench/README.md says what the link is.
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
[ -n "$peers" ] || die "the files are made by the corpus.py of the contenders' scripts"
keep_memory
header=$(describe_machine)
driver="python3 $root/bench/link.py"
cases=${LINK_CASES:-loopback:encrypted:big loopback:plain:assets loopback:both:assets link:plain:big link:plain:mixed link:plain:assets link:both:assets}

corpus=$work/corpus
[ "$scale" = 1 ] || corpus=$work/corpus-$scale
python3 "$peers/corpus.py" "$corpus" --scale "$scale" --only big,mixed,assets >/dev/null
find "$corpus" -type f -exec cat {} + >/dev/null
if command -v syncthing >/dev/null; then
    header+=$'\n'"- beside: $(syncthing --version | cut -d' ' -f1,2), without discovery, relays and reporting; TCP congestion control: $(</proc/sys/net/ipv4/tcp_congestion_control)"
else say "only us: syncthing isn't here, and its package is installed with apt-get install syncthing"; fi
unshare -n sh -c 'ip link set lo up; exec "$@"' sh $driver rounds "$program" "$work" "$corpus" "$runs" $cases | tee "$work/results/link.jsonl"

page=$(results_folder)/link.md
mkdir -p "$(dirname "$page")"
{
    printf '# Over a slow link, without keys, both ways\n\n%s\n' "$header"
    $driver page "$work/results/link.jsonl"
} >"$page"
cat "$page"
say "written to $page"
