# Reads what `dotnet test` leaves of each project (<name>.trx, <name>.log, <name>.code) for ./test.
# In a trx file a test is one <UnitTestResult …outcome="…"> element; what it said stands in its <Message>.

# One line per test: outcome, tab, name. Then, for those that didn't pass, its message and stack, indented.
read_trx() {
    awk '
        function plain(text) {
            gsub(/&#x[dD];/, "", text); gsub(/&#x[aA];/, "\n      ", text)
            gsub(/&lt;/, "<", text); gsub(/&gt;/, ">", text); gsub(/&quot;/, "\"", text); gsub(/&apos;/, "\047", text); gsub(/&amp;/, "\\&", text)
            return text
        }
        function attribute(name) { return match($0, " " name "=\"[^\"]*\"") ? plain(substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4)) : "" }
        /<UnitTestResult / { outcome = attribute("outcome"); print outcome "\t" attribute("testName") }
        /<\/UnitTestResult>/ { outcome = "" }
        /<(Message|StackTrace)>/ { if (outcome != "" && outcome != "Passed") telling = 1 }
        # Of a stack, the frames in our own files.
        /<StackTrace>/ { stack = 1 }
        telling && (!stack || / in [^ ].*:line /) { line = $0; gsub(/<\/?(Message|StackTrace)>/, "", line); sub(/^ +/, "", line); sub(/\r$/, "", line); print "      " plain(line) }
        /<\/(Message|StackTrace)>/ { telling = stack = 0 }
    ' "$1"
}

# Shows a finished project on stderr: one line, then what failed and what was skipped; leaves "passed failed skipped" in <name>.sum.
report_project() { # RESULTS NAME FILTER
    local name=$2 code trx=$1/$2/$2.trx log=$1/$2.log tests= passed=0 failed=0 skipped=0
    code=$(<"$1/$name.code")
    [ ! -e "$trx" ] || tests=$(read_trx "$trx")
    passed=$(grep -ac $'^Passed\t' <<<"$tests" || true)
    skipped=$(grep -ac $'^NotExecuted\t' <<<"$tests" || true)
    failed=$(grep -ac $'^[A-Z][A-Za-z]*\t' <<<"$tests" || true)
    failed=$((failed - passed - skipped))
    local trouble=
    if [ "$code" = 124 ] || [ "$code" = 137 ]; then trouble="didn't end in time and was stopped"
    elif grep -q 'test run was aborted' "$log"; then trouble="crashed"
    elif [ "$code" != 0 ] && [ $failed = 0 ]; then trouble="didn't run (exit code $code)"
    elif [ -z "$tests" ] && [ -z "$3" ]; then trouble="has no tests"
    fi
    [ -z "$trouble" ] || failed=$((failed + 1))
    echo "$passed $failed $skipped" >"$1/$name.sum"

    # Written in one piece, since two projects can finish together.
    [ -n "$tests$trouble" ] || return 0
    {
        printf '%-20s %4d passed' "$name" "$passed"
        [ $failed = 0 ] || printf ', %d failed' $failed
        [ "$skipped" = 0 ] || printf ', %d skipped' "$skipped"
        echo
        sed -n '/^Passed\t/d; s/^NotExecuted\t/  SKIPPED /p; t; s/^[A-Z][A-Za-z]*\t/  FAILED  /p; t; p' <<<"$tests"
        [ -z "$trouble" ] || { echo "  FAILED  $name $trouble; the end of $log:"; sed -E '/^ +at (System|Xunit)\./d' "$log" | tail -n 40 | cut -c1-200 | sed 's/^/      /'; }
    } >"$1/$name.report"
    cat "$1/$name.report" >&2
}

sum_up() { # RESULTS PROJECTS FILTER
    local project name passed=0 failed=0 skipped=0 p f s
    for project in $2; do
        name=$(basename "$project" .csproj)
        if [ -e "$1/$name.sum" ]; then read -r p f s <"$1/$name.sum"; else p=0 f=1 s=0; say "$name left no result"; fi
        passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    done
    if [ $((passed + failed + skipped)) = 0 ]; then
        say "no test's name contains what was asked for"
        failed=1
    fi
    local line="$passed passed, $failed failed"
    [ $skipped = 0 ] || line+=", $skipped skipped"
    echo "$line"
    [ $failed = 0 ]
}
