# js-libp2p, which tests hold our node against: the packages that tests/Interop/package-lock.json pins, in .build/js-libp2p.
# Sourced by ./test after setup.sh. Where they can't be had, .build/js-libp2p/missing says why, and so do the tests it skips.

install_js_libp2p() {
    local folder=$root/.build/js-libp2p reason
    mkdir -p "$folder"
    # Node looks for packages beside and above a script, so the scripts have to lie where the packages do.
    cp "$root"/tests/Interop/{package.json,package-lock.json,*.mjs} "$folder"
    ! cmp -s "$folder/package-lock.json" "$folder/installed" || return 0
    rm -f "$folder/installed"
    reason=$(js_libp2p_obstacle "$folder")
    if [ -z "$reason" ]; then
        rm -f "$folder/missing"
        cp "$folder/package-lock.json" "$folder/installed"
    else
        printf '%s\n' "$reason" >"$folder/missing"
        say "$reason: tests against js-libp2p are skipped"
    fi
}

# Installs; says in one line why that wasn't possible.
js_libp2p_obstacle() { # FOLDER
    command -v node >/dev/null || { echo "node isn't installed"; return; }
    command -v npm >/dev/null || { echo "npm isn't installed"; return; }
    node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' || { echo "js-libp2p needs Node 20, this is $(node --version)"; return; }
    say "installing js-libp2p for the tests: npm ci"
    # Nobody should wait long for tests that are skipped anyway; an install takes about 20 seconds.
    (cd "$1" && timeout -k 5 120 npm ci --ignore-scripts --no-audit --no-fund --fetch-retries=1 --fetch-timeout=20000) </dev/null >"$1/npm.log" 2>&1 ||
        echo "npm couldn't install js-libp2p ($(grep -m 1 '^npm err' -i "$1/npm.log" || echo 'it took too long'); all of it is in .build/js-libp2p/npm.log)"
}
