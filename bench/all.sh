#!/usr/bin/env bash
# Every table of bench/results in one go, unattended.  bench/all.sh WORK [--runs N] [--scale S]
# One after the other, never two at once. A part that fails or lacks something is named at the end, and the others go on.
# About an hour and a half on a quiet machine; WORK as for bench/local.sh, which says what is needed there.
set -uo pipefail

self=$(readlink -f "${BASH_SOURCE[0]}")
root=$(dirname "$(dirname "$self")")
source "$root/bench/setup.sh"
read_arguments 3 "$@"
install_missing
use_dotnet
log=$work/results/all.log
: >"$log"
left_out=() failed=()

part() { # NAME COMMAND…
    local name=$1 began=$SECONDS
    shift
    say "$name"
    if "$@" >>"$log" 2>&1 </dev/null; then say "$name: done in $((SECONDS - began)) s"
    else failed+=("$name"); say "$name: failed, see $log"; fi
}

skip() { left_out+=("$1"); say "$1: left out, $2"; }

# The versions that stand beside the figures, also of programs that only some pages compare with.
versions() {
    local program
    for program in restic borg rsync syncthing node dotnet; do
        if command -v "$program" >/dev/null; then echo "$program: $("$program" --version 2>/dev/null | head -n 1)"
        else echo "$program: not here"; fi
    done
}
versions | tee "$work/results/versions.txt"

part 'the block store beside restic and borg (local)' bash "$root/bench/local.sh" "$work" --runs "$runs" --scale "$scale"
part 'the program beside restic and borg (program)' bash "$root/bench/program.sh" "$work" --runs "$runs" --scale "$scale"
part 'chunk sizes and zstd levels (chunk-sizes, zstd-levels)' bash "$root/bench/choices.sh" "$work" --runs "$runs" --scale "$scale"
if [ "$scale" = 1 ]; then part 'single steps (micro)' bash "$root/bench/micro.sh" "$work"
else skip 'single steps (micro)' "it has one scale, and this is a trial at $scale"; fi

part 'a million files (catalog)' bash "$root/bench/catalog.sh" "$work" --scale "$scale"
part 'a chat (chat)' bash "$root/bench/chat.sh" "$work" --scale "$scale"

wire() { (cd "$root" && dotnet run -c Release --project bench/Libp2p -v quiet -- run 5 256 | tee "$work/results/libp2p.txt"); }
part 'the wire between two processes (WORK/results/libp2p.txt, for libp2p)' wire
[ -d "$work/npm/node_modules/libp2p" ] || skip 'js-libp2p beside the wire' "there is no $work/npm/node_modules/libp2p"

part 'two daemons beside syncthing (swarm)' bash "$root/bench/swarm.sh" "$work" --runs "$runs" --scale "$scale"
part 'copies that heal (healing)' bash "$root/bench/healing.sh" "$work" --scale "$scale"
if [ "$(id -u)" = 0 ]; then
    part 'over a slow link, without keys, both ways (link)' bash "$root/bench/link.sh" "$work" --runs "$runs" --scale "$scale"
    part 'a million files at two daemons (wire)' bash "$root/bench/wire.sh" "$work" --runs "$runs" --scale "$scale"
else skip 'over a slow link, and a million files at two daemons (link, wire)' 'they make network namespaces, which needs root'; fi

say "raw figures and the log: $work/results"
[ ${#left_out[@]} = 0 ] || say "left out: $(IFS=';'; echo "${left_out[*]}")"
[ ${#failed[@]} = 0 ] || die "failed: $(IFS=';'; echo "${failed[*]}")"
