#!/usr/bin/env bash
# The measurements behind the chunk sizes and the zstd level.  bench/choices.sh WORK [--runs N] [--scale S]
# At scale 1 it rewrites bench/results/chunk-sizes.md and zstd-levels.md; WORK as for bench/local.sh.
set -euo pipefail

self=$(readlink -f "${BASH_SOURCE[0]}")
root=$(dirname "$(dirname "$self")")
source "$root/bench/setup.sh"
read_arguments 3 "$@"
build_bench
find_peers
make_corpus
keep_memory
header=$(describe_machine)

# All choices once, then all of them again: what the machine does meanwhile meets each alike.
sizes=$work/results/sizes.jsonl levels=$work/results/levels.jsonl
: >"$sizes"
: >"$levels"
for ((run = 1; run <= runs; run++)); do
    for normal in 64 128 192 256 384 512; do
        say "round $run: chunks around $normal KiB"
        rm -rf "$work/choice"
        sync
        "$bench" sizes "$work/choice" $normal "$corpus/big" "$corpus/edited" "$corpus/mixed" >>"$sizes"
    done
    say "round $run: zstd levels"
    "$bench" levels "$corpus/mixed" >>"$levels"
done
rm -rf "$work/choice"

results=$(results_folder)
mkdir -p "$results"
{
    printf '# Chunk sizes\n\n%s\n' "$header"
    cat <<'EOF'

`big` is a file of noise, into a fresh store; `edited` the same file with 1 % of its bytes new at 100 places, into that store; `mixed`
files of all sizes, half of the unique bytes text, some of them copies, after it. Smaller chunks find more of an edit unchanged and
cost more blocks; compression likes larger ones.
EOF
    python3 "$root/bench/summary.py" sizes "$sizes"
} >"$results/chunk-sizes.md"

{
    printf '# zstd levels\n\n%s\n' "$header"
    cat <<'EOF'

The chunks of `mixed`, one thread. "Where it helps" are chunks that became smaller, about half of the content; the others are recognised
by samples and stored as they are. The text is words drawn at random, which have less in common over a distance than real text has:
take the order of the levels from here, not the ratio.
EOF
    python3 "$root/bench/summary.py" levels "$levels"
} >"$results/zstd-levels.md"
cat "$results/chunk-sizes.md" "$results/zstd-levels.md"
say "written to $results"
