#!/usr/bin/env bash
# The block store beside other programs, on the same files, in the same minutes.  bench/local.sh WORK [--runs N] [--scale S]
# WORK is a folder with room for 30 GB at scale 1; raw figures stay in WORK/results. bench/README.md says what they mean.
set -euo pipefail

self=$(readlink -f "${BASH_SOURCE[0]}")
root=$(dirname "$(dirname "$self")")
source "$root/bench/setup.sh"
read_arguments 5 "$@"
build_bench
find_peers
make_corpus
keep_memory
began=$(date +%s)
header=$(describe_machine)
ours=$work/results/ours.jsonl

# The two of us, as the contenders' script wants them. The floor stores nothing that could be read back.
cat >"$work/vault.json" <<EOF
{"name": "vault-block-store", "ingest": "$bench write {store}/s {src}", "restore": "$bench read {store}/s {dst}", "nochange": ""}
EOF
cat >"$work/floor.json" <<EOF
{"name": "vault-floor", "ingest": "$bench floor {src} {store}/f", "restore": "", "nochange": "", "floor": true}
EOF

# The floor goes with big only: it neither compresses nor finds copies, so of other files it writes more than a store does.
if [ -n "$peers" ]; then
    install_contenders
    header+=$'\n'"- beside: $(contenders)"
    rounds() { python3 "$peers/local.py" "$work" --runs "$runs" --scale "$scale" --ops ingest,restore,edited --tools 'cp,tar+zstd3+aes,restic,borg-zstd3' "$@"; }
else
    rounds() { python3 "$root/bench/rounds.py" "$work" "$corpus" --runs "$runs" --scale "$scale" "$@"; }
fi
say "rounds on big"
rounds --corpora big --contender "$work/vault.json" --contender "$work/floor.json"
say "rounds on mixed"
rounds --corpora mixed --contender "$work/vault.json"

# Before small: on some file systems files are made many times slower for minutes after so many others were deleted.
alone() { # VERB COUNT: into a fresh store, as one line of ours.jsonl
    rm -rf "$work/alone"
    sync
    "$bench" "$1" "$work/alone" "$2" | sed "s/^{/{\"at\": $(date +%s), \"scale\": $scale, /" >>"$ours"
}
scaled() { awk "BEGIN { printf \"%d\", $1 * $scale }"; }
say "bytes written, puts, commits"
alone write "$corpus/big"
for ((run = 0; run < runs; run++)); do alone puts "$(scaled 500000)"; done
alone commits "$(scaled 100000)"
rm -rf "$work/alone"

if [ -e "$corpus/small" ]; then
    say "rounds on small"
    # Three at most: each leaves its 50,000 restored files per program behind in WORK/trash, 4 GB.
    rounds --runs $((runs < 3 ? runs : 3)) --corpora small --contender "$work/vault.json"
fi

page=$(results_folder)/local.md
mkdir -p "$(dirname "$page")"
{
    printf '# The block store beside other programs\n\n%s\n' "$header"
    python3 "$root/bench/summary.py" local "$work" --since "$began" --scale "$scale"
} >"$page"
cat "$page"
say "written to $page"
