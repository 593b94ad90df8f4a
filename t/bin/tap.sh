# What the tests of the command share; each sources it.  They run in $dir, a folder of their own that goes when they end.
cnngraph=${top_builddir:-.}/cnngraph source=${top_srcdir:-.}
case $cnngraph in /*) ;; *) cnngraph=$PWD/$cnngraph ;; esac
case $source in /*) ;; *) source=$PWD/$source ;; esac
[ -x "$cnngraph" ] || { echo "1..0 # SKIP no command here"; exit 0; }
models=$source/models
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
n=0 status=0

# report NAME CAUSE COMMAND...: a test that COMMAND passes
report() {
    name=$1 cause=$2
    shift 2
    n=$((n + 1))
    if "$@"; then
        echo "ok $n - $name"
    else
        echo "not ok $n - $name"
        echo "# $cause"
        status=1
    fi
}
# is CODE NAME ARGUMENT...: runs the command; out and err keep what it says
is() {
    expected=$1 name=$2
    shift 2
    "$cnngraph" "$@" >out 2>err </dev/null
    code=$?
    report "$name" "exit $code, not $expected: $(head -c 300 err)" test $code -eq "$expected"
}
# says FILE PATTERN NAME; lacks FILE PATTERN NAME
says() {
    report "$3" "no '$2' in: $(head -c 600 "$1")" grep -q -e "$2" "$1"
}
lacks() {
    report "$3" "$(grep -o -m 3 -e "$2" "$1")" sh -c '! grep -q -e "$1" "$2"' - "$2" "$1"
}
finish() {
    echo "1..$n"
    exit $status
}
