# What ./vault and ./test share: native libraries, a quiet .NET SDK, messages. Sourced by bash with $root set to the
# repository's root. It only defines things; nothing happens before a function is called, and nothing goes to stdout.

say() { printf 'vault: %s\n' "$*" >&2; }
die() { say "error: $*"; exit 1; }

# The folders in which the program itself looks (src/Primitives/NativeLibraries.cs). Looking for files costs nothing at
# every start; ldconfig, which knows the rest of the linker's path, is asked only about what isn't found there.
library_folders=("/usr/lib/$HOSTTYPE-linux-gnu" "/lib/$HOSTTYPE-linux-gnu" /usr/local/lib /usr/lib64 /usr/lib)
native_libraries=(rocksdb sodium zstd ssl)

has_library() {
    local folder
    for folder in "${library_folders[@]}"; do
        compgen -G "$folder/lib$1.so*" >/dev/null && return
    done
    PATH=$PATH:/sbin:/usr/sbin ldconfig -p 2>/dev/null | grep "^[[:space:]]*lib$1\.so" >/dev/null
}

# A library's package is named differently in each release of Debian (librocksdb7.8, librocksdb9.10, libssl3t64): the newest
# that apt knows, else the name in Debian 12.
package_of() {
    local known
    known=$(apt-cache pkgnames "lib$1" 2>/dev/null | grep -E "^lib$1[0-9][0-9.]*(t64)?$" | sort -V | tail -n 1 || true)
    case ${known:-$1} in
        rocksdb) echo librocksdb7.8 ;;
        sodium) echo libsodium23 ;;
        zstd) echo libzstd1 ;;
        ssl) echo libssl3 ;;
        *) echo "$known" ;;
    esac
}

# Installs the native libraries that are missing, and the packages that the caller found missing; without root, says how.
install_missing() {
    local library libraries=() packages=("$@")
    for library in "${native_libraries[@]}"; do
        has_library "$library" || libraries+=("$library")
    done
    [ $((${#libraries[@]} + ${#packages[@]})) -gt 0 ] || return 0
    local root_user=false
    [ "$(id -u)" != 0 ] || root_user=true
    if $root_user && command -v apt-get >/dev/null && [ -z "$(apt-cache pkgnames librocksdb)" ]; then
        say "reading the package lists: apt-get update"
        apt_get update || die "apt-get update failed"
    fi
    for library in ${libraries[@]+"${libraries[@]}"}; do
        packages+=("$(package_of "$library")")
    done
    command -v apt-get >/dev/null || die "${packages[*]} (as Debian calls them) must be installed first, and there is no apt-get here to do it"
    $root_user || die "${packages[*]} must be installed first, by: sudo apt-get install -y ${packages[*]}"
    say "installing what is missing: apt-get install -y ${packages[*]}"
    apt_get install -y --no-install-recommends "${packages[@]}" || die "apt-get couldn't install ${packages[*]}"
}

# Quiet unless it fails; waits its turn when another apt is at work.
apt_get() {
    local output
    output=$(DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@" </dev/null 2>&1) || { printf '%s\n' "$output" >&2; return 1; }
}

# Nothing is sent, shown, or left running by the SDK, and it needs no home directory that it can write to and no ICU.
use_dotnet() {
    command -v dotnet >/dev/null || die "the .NET 10 SDK is missing: install it (Debian package dotnet-sdk-10.0, or Microsoft's installer) and put dotnet on the PATH"
    export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_GENERATE_ASPNET_CERTIFICATE=false
    export DOTNET_CLI_WORKLOAD_UPDATE_NOTIFY_DISABLE=true DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
    export DOTNET_CLI_USE_MSBUILD_SERVER=0 MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false
    if [ ! -w "${HOME:-}" ]; then
        export HOME=$root/.build/home
        mkdir -p "$HOME"
    fi
}

# What a compiler's log says went wrong, each thing once, without the project that msbuild appends; all of it if nothing stands out.
show_errors() {
    local errors
    errors=$(grep -E '(error|warning) [A-Z]+[0-9]+ ?:|: error ' "$1" | sed -E 's/^ +//; s/ \[[^]]*proj(::[^]]*)?\]$//' | sort -u || true)
    if [ -n "$errors" ]; then printf '%s\n' "$errors" >&2; else cat "$1" >&2; fi
}
