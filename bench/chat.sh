#!/usr/bin/env bash
# What a chat costs: from send to shown between two daemons, and 100,000 messages kept, opened, checked and handed to a newcomer.
# bench/chat.sh WORK [--scale S]   At scale 1 it rewrites bench/results/chat.md; WORK as for bench/local.sh.
set -euo pipefail

self=$(readlink -f "${BASH_SOURCE[0]}")
root=$(dirname "$(dirname "$self")")
source "$root/bench/setup.sh"
read_arguments 1 "$@"
build_bench
"$root/vault" --version >/dev/null # builds it, where that is needed
keep_memory
header=$(describe_machine)

count=$(python3 -c "print(max(2000, int(100_000 * $scale)))")
sends=$(python3 -c "print(max(200, int(3_000 * $scale)))")
large=$(python3 -c "print(max(64 << 20, int((2 << 30) * $scale)))")
lines=$work/results/chat.jsonl
mkdir -p "$work/results"
: >"$lines"
rm -rf "$work/chat"
mkdir "$work/chat"
say "two daemons"
python3 "$root/bench/chat.py" "$root/vault" "$work/chat" "$sends" "$large" >>"$lines"
say "$count messages"
"$bench" chat-fill "$work/chat/log" "$count" >>"$lines"
say "handing them to a newcomer"
"$bench" chat-backfill "$work/chat/log" "$work/chat/newcomer" >>"$lines"
say "opening and checking them"
"$bench" chat-use "$work/chat/log" >>"$lines"
rm -rf "$work/chat"

results=$(results_folder)
mkdir -p "$results"
{
    printf '# Chat\n\n%s\n\n' "$header"
    python3 - "$lines" <<'PYTHON'
import json, sys

one = {row["op"]: row for row in map(json.loads, open(sys.argv[1]))}
alone, beside, memory = one["alone"], one["beside a large file"], one["memory"]
fill, opened, room, verify, append, backfill = (one["chat-" + name] for name in ("fill", "open", "room", "verify", "append", "backfill"))
print("From send to shown: asked of one daemon's socket, until the line comes out of the other's `chat log --follow`. Both run on this machine, and sync each")
print(f"message to the disk before it is acknowledged and before it is shown. Beside it a file of {memory['file_bytes'] >> 20:,} MiB was added to the one and fetched by the")
print(f"other ({memory['file_seconds']:.0f} s).\n")
print("| | messages | median | 99th percentile | longest | acknowledged, median | target |\n|---|---|---|---|---|---|---|")
for row, target in ((alone, "median < 50 ms"), (beside, "99th < 250 ms")):
    print(f"| {row['op']} | {row['messages']} | {row['median_ms']:.1f} ms | {row['p99_ms']:.1f} ms | {row['most_ms']:.0f} ms | {row['acknowledged_ms']:.1f} ms | {target} |")
print(f"\nLargest resident set of the daemons: {memory['one_mib']:.0f} and {memory['other_mib']:.0f} MiB.\n")
print(f"{fill['messages']:,} messages by 8 devices in 4 rooms, each with two heads of others on average and a witness of 8 counters. One process fills the log, others use it;")
print("the newcomer's backfill is both ends in one process, on this machine's cores, over the session and wire that a stream has.\n")
print("| what | measured | target |\n|---|---|---|")
print(f"| open the log and show a room's last 200 | {opened['ms']:.0f} ms | < 200 ms |")
print(f"| another room of the open log | {room['ms']:.0f} ms | |")
print(f"| verify | {verify['per_second']:,.0f} messages/s, {verify['per_core_second']:,.0f} a second of CPU | > 10,000 a core |")
print(f"| backfill | {backfill['wall']:.1f} s, {backfill['per_second']:,.0f} messages/s | < 15 s |")
print(f"| take in, in batches of 1,000, signing them included | {fill['per_second']:,.0f} messages/s | |")
print(f"| say one more, durable | {append['ms']:.2f} ms | |")
print(f"| largest resident set | opening {room['rss_mib']:.0f} MiB, verifying {verify['rss_mib']:.0f} MiB ({verify['managed_mib']:.0f} of it managed), backfilling {backfill['rss_mib']:.0f} MiB | |")
PYTHON
} >"$results/chat.md"
say "$results/chat.md"
