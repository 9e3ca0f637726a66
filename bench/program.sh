#!/usr/bin/env bash
# The whole program beside restic and borg: vault add and vault get as a user runs them.  bench/program.sh WORK [--runs N] [--scale S]
# WORK as for bench/local.sh, whose files it takes. At scale 1 it rewrites bench/results/program.md.
set -euo pipefail

self=$(readlink -f "${BASH_SOURCE[0]}")
root=$(dirname "$(dirname "$self")")
source "$root/bench/setup.sh"
read_arguments 3 "$@"
find_peers
[ -n "$peers" ] || die "this compares with other programs by their own scripts, and they aren't here"
install_contenders
"$root/vault" --version >/dev/null # builds it, where that is needed
make_corpus
keep_memory
began=$(date +%s)
header=$(describe_machine)$'\n'"- beside: $(contenders)"

cat >"$work/program.json" <<EOF
{"name": "vault", "env": {"VAULT_HOME": "{store}/home"}, "init": "$root/vault create files",
 "ingest": "$root/vault add files {src} --as all", "restore": "$root/vault get files all -o {dst}"}
EOF
for corpus in big mixed small; do # small last: on some file systems files are made many times slower for minutes after so many others were deleted
    say "rounds on $corpus"
    python3 "$peers/local.py" "$work" --runs "$runs" --scale "$scale" --corpora $corpus --tools restic,borg-zstd3 --contender "$work/program.json"
done

page=$(results_folder)/program.md
mkdir -p "$(dirname "$page")"
{
    printf '# The whole program beside other programs\n\n%s\n' "$header"
    python3 "$root/bench/summary.py" program "$work" --since "$began" --scale "$scale"
} >"$page"
cat "$page"
say "written to $page"
