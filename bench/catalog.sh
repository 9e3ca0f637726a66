#!/usr/bin/env bash
# What a catalog of a million files costs, and what two of them exchange to find out what they differ in.
# bench/catalog.sh WORK [--scale S]   At scale 1 it rewrites bench/results/catalog.md; WORK as for bench/local.sh.
set -euo pipefail

self=$(readlink -f "${BASH_SOURCE[0]}")
root=$(dirname "$(dirname "$self")")
source "$root/bench/setup.sh"
read_arguments 1 "$@"
build_bench
keep_memory
header=$(describe_machine)

count=$(python3 -c "print(max(20000, int(1_000_000 * $scale)))")
lines=$work/results/catalog.jsonl
mkdir -p "$work/results"
: >"$lines"
rm -rf "$work/catalog"
say "filling a catalog with $count files"
"$bench" catalog-fill "$work/catalog" "$count" >>"$lines"
say "using it"
"$bench" catalog-use "$work/catalog" >>"$lines"
say "comparing two sets of $count"
"$bench" differences "$count" >>"$lines"
rm -rf "$work/catalog"

results=$(results_folder)
mkdir -p "$results"
{
    printf '# The catalog\n\n%s\n\n' "$header"
    python3 - "$lines" <<'PYTHON'
import json, sys

rows = [json.loads(line) for line in open(sys.argv[1])]
one = {row["op"]: row for row in rows}
fill, opened, commit, proof = (one["catalog-" + name] for name in ("fill", "open", "commit", "proof"))
find, listing, past, update, rebuild, end = (one["catalog-" + name] for name in ("find", "list", "list-at", "root-update", "rebuild", "end"))
print(f"{fill['files']:,} files, each with its record, name, pin and leaf; the content of none is here. One process fills the catalog, another")
print("opens and uses it. CPU is of the whole process, RocksDB's threads included.\n")
print("| what | measured | CPU | target |\n|---|---|---|---|")
print(f"| fill, in commits of 500 | {fill['per_second']:,.0f} files/s | {fill['cpu'] * 1e6 / fill['files']:.0f} µs each | |")
print(f"| open | {opened['wall']:.2f} s | {opened['cpu']:.2f} s | < 1 s |")
print(f"| one root update, in the log, not synced | {update['us']:.0f} µs | {update['cpu_us']:.0f} µs | < 80 µs |")
print(f"| one commit of one file, synced | {commit['ms']:.2f} ms | {commit['cpu_us']:.0f} µs | |")
print(f"| root and sketch worked out from the leaves | {rebuild['wall']:.2f} s | {rebuild['cpu']:.2f} s | < 2 s |")
print(f"| proof | mean {proof['mean_bytes']:.0f} B, largest {proof['max_bytes']} B | | < 900 B |")
print(f"| find a path | {find['us']:.0f} µs | {find['cpu'] * 100:.0f} µs | |")
print(f"| list everything | {listing['us_each']:.1f} µs an entry | | |")
print(f"| list everything as it was at a time | {past['us_each']:.1f} µs an entry | | |")
limit = 300 + 64 * fill["files"] / 2**20
print(f"| largest resident set | filling {fill['rss_mib']:.0f} MiB, using {end['rss_mib']:.0f} MiB | | < {limit:.0f} MiB |")
print("\nTwo sets in memory that differ in d leaves, half on either side, several such pairs of each size. Bytes are what each side sent, the records")
print("themselves left out; a greeting of 1,099 bytes from each is among them. Round trips until both sides knew the whole difference, and until the last")
print("record had come. Means, and the least and the greatest where they differ.\n")
print("| d | pairs | primary sent | secondary sent | difference known | records there | target |\n|---|---|---|---|---|---|---|")
targets = {0: "≤ 1.1 KB, 0.5", 1: "≤ 1.1 KB, 0.5", 10: "", 100: "≤ 3.5 KB, 1.5", 1000: "≤ 30 B each, 1.5", 10000: "≤ 300 KB, 1.5"}
for d, target in targets.items():
    pairs = [row for row in rows if row["op"] == "catalog-difference" and row["d"] == d]
    def of(figure, form):
        values = [row[figure] for row in pairs]
        mean = form.format(sum(values) / len(values))
        return mean if min(values) == max(values) else f"{mean} [{form.format(min(values))} – {form.format(max(values))}]"
    print(f"| {d:,} | {len(pairs)} | {of('primary_bytes', '{:,.0f} B')} | {of('secondary_bytes', '{:,.0f} B')} | {of('known_rtt', '{:.2g}')} | {of('records_rtt', '{:.2g}')} | {target} |")
PYTHON
} >"$results/catalog.md"
say "$results/catalog.md"
