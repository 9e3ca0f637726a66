#!/usr/bin/env python3
"""Rounds of our own programs where the contenders' scripts are missing: the same steps, the same rows.

  rounds.py WORK CORPUS --runs N --scale S --corpora big,mixed --contender FILE.json …
"""
import argparse, json, os, shutil, subprocess, time


def size_of(folder):
    sizes = [os.lstat(os.path.join(d, f)).st_size for d, _, files in os.walk(folder) for f in files]
    return sum(sizes), len(sizes)


def timed(command):
    os.sync()
    start = time.monotonic()
    process = subprocess.Popen(["bash", "-c", command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    wall = time.monotonic() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    return dict(wall=round(wall, 3), cpu=round(used.ru_utime + used.ru_stime, 3), rss_mib=round(used.ru_maxrss / 1024, 1), rc=process.returncode)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work")
    parser.add_argument("corpus")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--corpora", default="big")
    parser.add_argument("--contender", action="append", default=[])
    given = parser.parse_args()
    call = int(time.time())
    temporary = os.path.join(given.work, "tmp-rounds")
    with open(os.path.join(given.work, "results", "local.jsonl"), "a") as rows:
        for corpus in given.corpora.split(","):
            source = os.path.join(given.corpus, corpus)
            for run in range(1, given.runs + 1):
                for path in given.contender:
                    tool = json.load(open(path))
                    shutil.rmtree(temporary, ignore_errors=True)
                    store, target = temporary + "/store", temporary + "/dst"
                    os.makedirs(store)
                    os.makedirs(target)
                    steps = [("ingest", tool["ingest"], source), ("restore", tool["restore"], source)]
                    if corpus == "big" and not tool.get("floor"):
                        steps.append(("edited", tool["ingest"], os.path.join(given.corpus, "edited")))
                    for op, command, src in steps:
                        if not command:
                            continue
                        row = dict(call=call, op=op, tool=tool["name"], corpus=corpus, scale=given.scale, run=run, src_bytes=size_of(source)[0],
                                   **timed(command.format(store=store, src=src, dst=target)))
                        if op != "restore":
                            row["store_bytes"], row["store_files"] = size_of(store)
                        elif run == 1 and subprocess.run(["diff", "-r", "-q", source, target]).returncode:
                            row["rc"] = 1
                        rows.write(json.dumps(row) + "\n")
                        rows.flush()
    shutil.rmtree(temporary, ignore_errors=True)


main()
