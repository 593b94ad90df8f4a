#!/bin/sh
# Each folder of lib/ includes headers of its own floor and of those that lib/floors lists for it.
cd "${top_srcdir:-.}/lib" || exit 1
n=0
status=0
while read -r floor allowed; do
    n=$((n + 1))
    strangers=
    for seen in $(find "$floor" -name '*.[ch]' -exec sed -n 's|^#include "\([a-z]*\)/.*|\1|p' {} + | sort -u); do
        case " $floor $allowed " in
        *" $seen "*) ;;
        *) strangers="$strangers $seen" ;;
        esac
    done
    if [ -z "$strangers" ]; then
        echo "ok $n - $floor stays on its floor"
    else
        echo "not ok $n - $floor includes$strangers"
        status=1
    fi
done < floors
n=$((n + 1))
unlisted=$(for d in */; do grep -q "^${d%/}\( \|$\)" floors || printf ' %s' "$d"; done)
if [ -z "$unlisted" ]; then
    echo "ok $n - every folder of lib is a floor"
else
    echo "not ok $n - not in lib/floors:$unlisted"
    status=1
fi
echo "1..$n"
exit $status
