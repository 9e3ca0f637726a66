#!/usr/bin/env bash
# The steps of a block's way, one at a time, into bench/results/micro.md.  bench/micro.sh WORK
set -euo pipefail

self=$(readlink -f "${BASH_SOURCE[0]}")
root=$(dirname "$(dirname "$self")")
source "$root/bench/setup.sh"
read_arguments 1 "$@"
install_missing
use_dotnet
keep_memory
header=$(describe_machine | sed 's/ rounds: .*, load/ load/')
rm -rf "$work/micro"
mkdir -p "$work/micro" "$root/bench/results"
cd "$root"
TMPDIR=$work/micro dotnet run -c Release --project bench/Micro -v quiet -- --filter '*' --artifacts "$work/micro"
{
    printf '# Single steps\n\n%s\n' "$header"
    for report in "$work"/micro/results/*-github.md; do
        name=${report##*/Vault.Bench.}
        printf '\n## %s\n\n' "${name%Benchmarks-report-github.md}"
        grep '^|' "$report" | sed 's/\*\*//g'
    done
} >bench/results/micro.md
cat bench/results/micro.md
