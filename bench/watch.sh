#!/usr/bin/env bash
# How soon a change in a watched folder can be read in the other machine's: two daemons on loopback, the real program.
# bench/watch.sh WORK [CHANGES]
# Prints a table for bench/results/watch.md.
set -euo pipefail

self=$(readlink -f "${BASH_SOURCE[0]}")
root=$(dirname "$(dirname "$self")")
work=$(readlink -f "${1:?bench/watch.sh WORK [CHANGES]}") changes=${2:-100}
mkdir -p "$work"
room=$(mktemp -d "$work/watch.XXXXXX")
vault=${VAULT_PROGRAM:-$root/vault}
"$vault" --version >/dev/null # builds it

first() { "$vault" --data "$room/first" "$@"; }
second() { "$vault" --data "$room/second" "$@"; }
start() { "$vault" --data "$room/$1" daemon run --listen /ip4/127.0.0.1/tcp/0 --no-mdns --api 127.0.0.1:0 --json >"$room/$1.ready" 2>"$room/$1.log" & }
start first; one=$!
start second; other=$!
trap 'kill $one $other 2>/dev/null; wait; rm -rf "$room"' EXIT
until [ -s "$room/first.ready" ] && [ -s "$room/second.ready" ]; do sleep 0.1; done
first create photos >/dev/null 2>&1
second join "$(first invite photos --role write --json | sed 's/.*"ticket":"\([^"]*\)".*/\1/')" >/dev/null
first watch photos "$room/here" --brake 0 >/dev/null
second watch photos "$room/there" --brake 0 >/dev/null
echo warm >"$room/here/warm"
until [ -e "$room/there/warm" ]; do sleep 0.1; done

python3 - "$room/here" "$room/there" "$changes" <<'PY'
import os, sys, time, statistics
here, there, changes = sys.argv[1], sys.argv[2], int(sys.argv[3])

def until(path, content):
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            if open(path, "rb").read() == content: return
        except OSError: pass
        time.sleep(0.001)
    sys.exit(f"{path} didn't come")

def row(name, one, count):
    took = []
    for i in range(count):
        time.sleep(0.3)  # so that each is a change alone
        began = time.monotonic()
        one(i)
        took.append((time.monotonic() - began) * 1000)
    took.sort()
    print(f"| {name} | {count} | {took[0]:.0f} | {statistics.median(took):.0f} | {took[int(len(took) * 0.9)]:.0f} | {took[-1]:.0f} |", flush=True)

def write(path, content, by_rename=False):
    to = path + "~" if by_rename else path
    with open(to, "wb") as f: f.write(content)
    if by_rename: os.rename(to, path)

def new(i):
    content = os.urandom(1000)
    write(f"{here}/new {i}", content); until(f"{there}/new {i}", content)
def over(i):
    content = os.urandom(1000)
    write(f"{here}/same", content); until(f"{there}/same", content)
def saved(i):
    content = os.urandom(1000)
    write(f"{there}/saved", content, True); until(f"{here}/saved", content)
def large(i):
    content = os.urandom(4_000_000)
    write(f"{here}/large", content); until(f"{there}/large", content)

print("| change | times | least, ms | median, ms | 9 of 10, ms | most, ms |\n|---|---|---|---|---|---|")
row("a new file of 1,000 bytes", new, changes)
row("1,000 bytes over a file that is there", over, changes)
row("the same by renaming over it, from the other side", saved, changes)
row("4 MB over a file that is there", large, max(changes // 5, 5))
PY
