# What the scripts of this folder share. Sourced by bash with $root set to the repository's root; only defines things.

source "$root/build/setup.sh"

# Sets $work, $runs and $scale from the command line.
read_arguments() { # DEFAULT_RUNS ARGUMENT…
    runs=$1 scale=1 work=
    shift
    while [ $# -gt 0 ]; do
        case $1 in
            --runs) runs=${2:?--runs N}; shift ;;
            --scale) scale=${2:?--scale S}; shift ;;
            -*) sed -n '2,/^[^#]/s/^# \?//p' "$self"; exit 2 ;;
            *) work=$1 ;;
        esac
        shift
    done
    [ -n "$work" ] || { sed -n '2,/^[^#]/s/^# \?//p' "$self"; exit 2; }
    mkdir -p "$work/results"
    work=$(cd "$work" && pwd)
}

# The program as it would be shipped, in .build/bench; sets $bench to its path.
build_bench() {
    install_missing
    command -v python3 >/dev/null || die "python3 is missing: the rounds and the tables are its work"
    use_dotnet
    local rid
    case $HOSTTYPE in aarch64) rid=linux-arm64 ;; *) rid=linux-x64 ;; esac
    mkdir -p "$root/.build"
    say "building vault-bench"
    (cd "$root" && dotnet publish bench/Scenarios -c Release -r "$rid" --self-contained false --artifacts-path .build/bench-artifacts -o .build/bench \
        -v quiet -nologo </dev/null >.build/bench.log 2>&1) || { show_errors "$root/.build/bench.log"; die "the build failed"; }
    bench=$root/.build/bench/vault-bench
    [ -n "${DOTNET_ROOT:-}" ] || DOTNET_ROOT=$(dotnet --list-runtimes | sed -n 's|^Microsoft\.NETCore\.App .* \[\(.*\)/shared/.*\]$|\1|p' | tail -n 1)
    export DOTNET_ROOT
}

# Where the contenders' scripts are; empty if they aren't there.
find_peers() {
    peers=${VAULT_PEERS:-$root/../shared/peers}
    if [ -e "$peers/local.py" ]; then peers=$(cd "$peers" && pwd); else
        say "no contenders: there is no local.py in $peers (VAULT_PEERS names another folder); measuring only this program"
        peers=
    fi
}

install_contenders() {
    local packages=()
    command -v restic >/dev/null || packages+=(restic)
    command -v borg >/dev/null || packages+=(borgbackup)
    [ ${#packages[@]} = 0 ] || install_missing "${packages[@]}"
}

contenders() { echo "$(restic version | cut -d' ' -f1,2) (repository version 2), $(borg --version) (repokey-blake2, zstd 3)"; }

# The trees to store, made once per scale; sets $corpus. With the contenders' own generator where it is there.
make_corpus() {
    corpus=$work/corpus
    [ "$scale" = 1 ] || corpus=$work/corpus-$scale
    say "making the files to store in $corpus (minutes, the first time)"
    if [ -n "$peers" ]; then
        python3 "$peers/corpus.py" "$corpus" --scale "$scale" --only big,mixed,small,edited >/dev/null
    else
        corpus=$corpus-own
        "$bench" corpus "$corpus" "$scale"
    fi
    find "$corpus" -type f -exec cat {} + >/dev/null # into the page cache: reading a disk is not what is compared
}

# A virtual machine that hands freed memory back to its host pays for it when it is next touched: up to 4 s a GiB on some, which meets
# whoever runs after a file was deleted. So it keeps its memory while we measure, and has touched all of it before. Sets $memory.
keep_memory() {
    local order=/sys/module/page_reporting/parameters/page_reporting_order before
    memory="as the system has it"
    [ -w $order ] || return 0
    before=$(cat $order)
    echo 11 >$order 2>/dev/null || return 0 # above the largest piece there is: none is handed back
    trap "echo $before >$order" EXIT
    say "touching all memory once, so that no program pays its host for the first use"
    python3 -c '
import mmap
size = int(next(line for line in open("/proc/meminfo") if line.startswith("MemFree")).split()[1]) * 1024 - (1 << 30)
memory = mmap.mmap(-1, max(size, 4096))
for at in range(0, len(memory), 4096): memory[at] = 1'
    memory="all touched before, none handed back to the host meanwhile"
}

version_of() { dpkg-query -W -f='${Version}' "$1" 2>/dev/null || echo unknown; }

# The head of every page of results: without it a figure means nothing a year later.
describe_machine() {
    local commit
    commit=$(git -C "$root" rev-parse --short HEAD 2>/dev/null || echo unknown)
    git -C "$root" diff --quiet HEAD -- src bench/Scenarios 2>/dev/null || commit="$commit with changes"
    cat <<EOF
- measured $(date -u +%Y-%m-%d) at commit $commit; rounds: $runs, scale: $scale, load when it began: $(cut -d' ' -f1 /proc/loadavg)
- machine: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores, $(awk '/^MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo) memory (${memory:-as the system has it}); $(. /etc/os-release && echo "$PRETTY_NAME"), kernel $(uname -r), $(findmnt -no FSTYPE -T "$work") file system
- .NET SDK $(cd "$root" && dotnet --version), runtime $(dotnet --list-runtimes | sed -n 's/^Microsoft\.NETCore\.App \([^ ]*\).*/\1/p' | tail -n 1); librocksdb $(version_of librocksdb7.8), libzstd $(version_of libzstd1), libssl $(version_of libssl3), libsodium $(version_of libsodium23)
EOF
}

# Where a table belongs: in the repository if it is a full measurement, beside its raw figures if it is a trial.
results_folder() { if [ "$scale" = 1 ]; then echo "$root/bench/results"; else echo "$work/results"; fi; }
