#!/usr/bin/env python3
"""Markdown tables from the raw figures of bench/local.sh, bench/program.sh and bench/choices.sh.

  summary.py local WORK --since EPOCH --scale S     WORK/results/local.jsonl and ours.jsonl
  summary.py program WORK --since EPOCH --scale S   WORK/results/local.jsonl
  summary.py sizes FILE.jsonl
  summary.py levels FILE.jsonl

A ratio is taken within one round, in which the programs ran within the same minute, and stands as
median [least–greatest] over the rounds. Below 1 we are ahead.
"""
import argparse, json, os
from statistics import median

STORE, FLOOR, PROGRAM = "vault-block-store", "vault-floor", "vault"
BESIDE = [("restic", "restic"), ("borg-zstd3", "borg"), (FLOOR, "floor")]

# What the whole program is to reach: so many times as fast as restic and as borg.
TARGETS = {("big", "ingest"): (2, 2.5), ("mixed", "ingest"): (1.5, 1.8), ("small", "ingest"): (1.6, 3), ("small", "nochange"): (3, 3),
           ("big", "restore"): (2, None), ("mixed", "restore"): (1.7, None), ("small", "restore"): (1.4, None)}
NAMES = {"ingest": "add", "nochange": "add again, unchanged", "restore": "get", "edited": "add `edited`"}


def rows_of(path):
    return [json.loads(line) for line in open(path)] if os.path.exists(path) else []


def table(*rows):
    head, *rest = rows
    print("\n| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for row in rest:
        print("| " + " | ".join(row) + " |")


def spread(values, digits=2):
    values = list(values)
    if not values:
        return ""
    text = f"{median(values):.{digits}f}"
    return text if len(values) == 1 else f"{text} [{min(values):.{digits}f}–{max(values):.{digits}f}]"


class Rounds:
    """The rounds of one call of the contenders' script, ours being one of the programs."""

    def __init__(self, ours, work, since, scale):
        self.ours = ours
        everything = [row for row in rows_of(os.path.join(work, "results", "local.jsonl")) if row["call"] >= since and row["scale"] == scale]
        self.failed = sorted({(row["tool"], row["op"], row["corpus"]) for row in everything if row["rc"]})
        self.good = [row for row in everything if not row["rc"]]
        self.steps = [(corpus, op) for corpus in ("big", "mixed", "small") for op in ("ingest", "nochange", "restore", "edited") if self.of(corpus, op, ours)]
        self.present = [(tool, name) for tool, name in BESIDE if any(row["tool"] == tool for row in self.good)]

    def of(self, corpus, op, tool):
        return {(row["call"], row["run"]): row for row in self.good if (row["corpus"], row["op"], row["tool"]) == (corpus, op, tool)}

    def say_failed(self):
        for tool, op, corpus in self.failed:
            print(f"\n**{tool} failed in {op} of {corpus}: those runs don't count.**")

    def ratios(self, corpus, op, tool, figure):
        """Ours by theirs, one of each round."""
        mine, theirs = self.of(corpus, op, self.ours), self.of(corpus, op, tool)
        return [mine[key][figure] / theirs[key][figure] for key in mine if key in theirs]

    def print_medians(self):
        print("\n## Medians")
        lines = []
        for corpus, op in self.steps:
            for tool in dict.fromkeys(row["tool"] for row in self.good):
                runs = self.of(corpus, op, tool)
                if not runs:
                    continue
                of = lambda figure: [row[figure] for row in runs.values()]
                stored = files = new = ""
                if op in ("ingest", "edited"):
                    stored, files = f"{median(of('store_bytes')) / 1e6:.1f}", f"{median(of('store_files')):.0f}"
                if op == "edited":
                    before = self.of(corpus, "ingest", tool)
                    new = spread(((row["store_bytes"] - before[key]["store_bytes"]) / 1e6 for key, row in runs.items() if key in before), 1)
                lines.append([corpus, op, tool, str(len(runs)), spread(of("wall")), f"{next(iter(runs.values()))['src_bytes'] / 1e6 / median(of('wall')):.0f}",
                              spread(of("cpu")), f"{max(of('rss_mib')):.0f}", stored, files, new])
        table(["files", "step", "program", "rounds", "wall s", "MB/s", "CPU s", "peak MiB", "stored MB", "files", "new MB"], *lines)


def program(work, since, scale):
    rounds = Rounds(PROGRAM, work, since, scale)
    rounds.say_failed()
    print("\n## So many times as fast: theirs / ours within a round")
    lines = []
    for corpus, op in rounds.steps:
        cells = []
        for at, (tool, _) in enumerate(rounds.present):
            target = TARGETS.get((corpus, op), (None, None))[at]
            cells += [spread(1 / ratio for ratio in rounds.ratios(corpus, op, tool, "wall")), f"{target:g}" if target else "", spread(1 / ratio for ratio in rounds.ratios(corpus, op, tool, "cpu"))]
        lines.append([f"`{corpus}`", NAMES[op], *cells])
    table(["files", "step", *(f"{name}{column}" for _, name in rounds.present for column in ("", ", target", ", CPU"))], *lines)
    rounds.print_medians()


def local(work, since, scale):
    rounds = Rounds(STORE, work, since, scale)
    rounds.say_failed()
    print("\n## Ratios within a round: ours / theirs")
    table(["files", "step", *(f"{name}: {figure}" for _, name in rounds.present for figure in ("wall", "CPU"))],
          *([corpus, op, *(spread(rounds.ratios(corpus, op, tool, figure)) for tool, _ in rounds.present for figure in ("wall", "cpu"))] for corpus, op in rounds.steps))
    rounds.print_medians()

    alone = [row for row in rows_of(os.path.join(work, "results", "ours.jsonl")) if row["at"] >= since and row["scale"] == scale]
    print("\n## Alone")
    lines = []
    for row in alone:
        if row["op"] == "write":
            lines.append(["bytes the process wrote / new block bytes, `big`", f"{row['written_bytes'] / 1e6:.1f} / {row['new_bytes'] / 1e6:.1f} MB = {row['written_bytes'] / row['new_bytes']:.3f}"])
        if row["op"] == "commits":
            lines.append([f"{row['count']:,} commits of one file of 1 KiB", f"{row['per_second']:,.0f} per second; {row['store_files']} files left; {row['written_bytes'] / row['count'] / 1024:.1f} KiB written for each"])
    puts = [row for row in alone if row["op"] == "puts"]
    if puts:
        rates = [row["per_second"] for row in puts]
        lines.append([f"{puts[0]['count']:,} blocks of 1 KiB, 1,000 at a time", f"{median(rates):,.0f} [{min(rates):,.0f}–{max(rates):,.0f}] per second"])
    table(["what", "figure"], *lines)


def sizes(path):
    rows = rows_of(path)
    lines = []
    for normal in sorted({row["normal"] for row in rows}):
        of = {tree: [row for row in rows if row["normal"] == normal and row["tree"] == tree] for tree in ("big", "edited", "mixed")}
        big, edited, mixed = (of[tree][0] for tree in ("big", "edited", "mixed"))
        at = lambda tree, figure: spread(row[figure] for row in of[tree])
        lines.append([f"{normal >> 10}", f"{big['min'] / 1024:.0f} – {big['max'] / 1024:.0f}", f"{big['blocks'] / big['content_bytes'] * 2**30:,.0f}",
                      at("big", "wall"), at("big", "cpu"), f"{(big['store_bytes'] / big['content_bytes'] - 1) * 100:.2f} %", f"{edited['new_bytes'] / 1e6:.1f}", at("edited", "wall"),
                      f"{mixed['new_bytes'] / 1e6:.1f}", at("mixed", "wall"), at("mixed", "cpu")])
    table(["normal KiB", "from – to KiB", "chunks per GiB", "`big` wall s", "`big` CPU s", "store larger than content", "`edited` new MB", "`edited` wall s",
           "`mixed` stored MB", "`mixed` wall s", "`mixed` CPU s"], *lines)


def levels(path):
    rows = rows_of(path)
    lines = []
    for level in sorted({row["level"] for row in rows}):
        runs = [row for row in rows if row["level"] == level]
        one = runs[0]
        rate = lambda figure, seconds: spread((row[figure] / 1e6 / row[seconds] for row in runs if row[seconds]), 0)
        lines.append([str(level), f"{one['shrunk_bytes'] / max(one['shrunk_to_bytes'], 1):.3f}", f"{one['stored_bytes'] / one['content_bytes'] * 100:.2f} %",
                      rate("shrunk_bytes", "shrunk_seconds"), rate("content_bytes", "seconds"), rate("shrunk_bytes", "back_seconds")])
    table(["level", "ratio where it helps", "payload of all content", "MB/s where it helps", "MB/s over all, the decision included", "MB/s back"], *lines)


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("what", choices=["local", "program", "sizes", "levels"])
parser.add_argument("path")
parser.add_argument("--since", type=int, default=0)
parser.add_argument("--scale", type=float, default=1)
given = parser.parse_args()
if given.what in ("local", "program"):
    {"local": local, "program": program}[given.what](given.path, given.since, given.scale)
else:
    {"sizes": sizes, "levels": levels}[given.what](given.path)
