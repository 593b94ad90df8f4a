#!/bin/sh
# cnngraph report: one HTML file that a browser shows without a word of complaint or a request.
. "${top_srcdir:-.}/t/bin/tap.sh"
SOURCE_DATE_EPOCH=0
export SOURCE_DATE_EPOCH

cat >small.yaml <<'END'
cnngraph: 1
name: small
seed: 7
data:
  source: digits
  digits: {train: 300, test: 200}
  splits: {train: {from: train}, test: {from: test}, "</pre><script>alert(1)</script>": {from: test, limit: 9}}
model:
  input: {shape: [1, 28, 28]}
  layers:
    - conv2d: {filters: 4, kernel: 5, stride: 2, activation: relu}
    - residual: {body: [{conv2d: {filters: 4, kernel: 3, padding: same}}]}
    - flatten
    - dense: {units: 10}
    - softmax
loss: cce
optimizer: {type: adam, lr: 0.005}
train: {epochs: 3, batch: 32, validation: 0.2}
END
is 0 "a run to show" train small.yaml
mkdir '<i>run&' && cp -R runs/small '<i>run&/small'

is 0 "report" report runs/small
says out "^report: runs/small/report.html" "tells where it is"
is 0 "report -o" report -o other.html runs/small
report "gives the same bytes" "they differ" cmp -s runs/small/report.html other.html
is 0 "report with another number of threads" report --threads 1 -o one.html runs/small
sed -e '/"row">threads</d' one.html >one && sed -e '/"row">threads</d' other.html >other
report "differs in that number alone" "it differs elsewhere" cmp -s one other
is 0 "report of a folder whose name is markup" report -o evil.html '<i>run&/small'
says evil.html '&lt;i&gt;run&amp;/small' "is escaped"
lacks evil.html '<i>\|<script' "and adds no element"

# classes that are called as their folders: bright images and dark ones, and one of each that is not
for class in '<script>alert(1)' 'a class with a longer name'; do
    mkdir -p "pictures/$class"
    case $class in a*) value='\377' ;; *) value='\100' ;; esac
    for i in 1 2 3 4; do
        [ $i -lt 4 ] || value='\220'
        { printf 'P5\n8 8\n255\n'; head -c 64 /dev/zero | tr '\000' "$value"; } >"pictures/$class/$i.pgm"
    done
done
cat >names.yaml <<'END'
cnngraph: 1
data: {format: folder, files: {train: pictures, test: pictures}}
model:
  input: {shape: [1, 8, 8]}
  layers: [flatten, dense: {units: 2}, softmax]
loss: cce
optimizer: {type: sgd, lr: 0.1}
train: {epochs: 2, batch: 8}
END
is 0 "a run whose classes have names" train names.yaml
is 0 "its report" report runs/names
says runs/names/report.html '&lt;script&gt;alert(1)</th>' "a name of a class is text"
lacks runs/names/report.html '<script' "and no element"
is 0 "eval" eval runs/names
says out "a class with a longer name  *[0-9]" "calls classes by their names, too"
is 0 "predict" predict runs/names --index 0
says out "^test\[0\]: class .*labelled a class with a longer name$" "does so"
cp pictures/a*/1.pgm one.pgm
mv pictures elsewhere
is 0 "predict of a file" predict runs/names one.pgm
says out "^ *<script>alert(1)  *[0-9]" "needs no data to do so"
is 0 "predict --format json" predict runs/names one.pgm --format json
says out '"name": "' "tells the name beside the number"

page=runs/small/report.html
says "$page" "1970-01-01 00:00 UTC" "SOURCE_DATE_EPOCH stands in for the clock"
says "$page" "default-src 'none'" "the page forbids itself whatever it does not hold"
lacks "$page" '<script\|<link\|<iframe\|http://\|https://\|@import\|url(h' "it names nothing outside itself"
for id in curves classes confusion calibration mistakes filters network environment model-file; do
    says "$page" "<section id=\"$id\">" "it has the section $id"
done
says "$page" '<svg class="plot"' "curves are drawn"
report "all four of them" "$(grep -c 'class="plot"' "$page")" test "$(grep -c 'class="plot"' "$page")" -eq 4
if grep -q "left out of this build" "$page"; then
    n=$((n + 1)) && echo "ok $n - pictures # SKIP built without libpng"
else
    report "the mistakes and filters are pictures" "too few" test "$(grep -o '="data:image/png;base64,' "$page" | wc -l)" -ge 5
    says "$page" '<image .* href="data:image/png;base64,' "filters within a drawing"
fi

# ---- drawings by themselves; filters are drawn where there is libpng
drawn="accuracy.png calibration.png confusion.png filters.png learning-rate.png loss.png network.png seconds.png "
grep -q "left out of this build" "$page" && drawn=$(echo "$drawn" | sed 's/filters.png //')
if "$cnngraph" doctor | grep -q "^library *rsvg *yes"; then
    is 0 "report --png" report --png figures/of/it -o again.html runs/small
    says out "^drawings: figures/of/it  ($(echo "$drawn" | wc -w) PNG files)" "tells how many there are"
    report "each with its name" "$(ls figures/of/it)" test "$(ls figures/of/it | tr '\n' ' ')" = "$drawn"
    report "and the page is the same" "they differ" cmp -s "$page" again.html
    is 4 "report --png into a file" report --png small.yaml -o again.html runs/small
else
    is 9 "report --png in a build without librsvg" report --png figures runs/small
    says err "librsvg2-dev" "names the package"
    report "and writes nothing" "figures is there" test ! -e figures
fi

# ---- what a browser makes of it
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
# browse FILE: dom, log (the console's lines) and net.json (requests with who asks) tell of it
browse() {
    for try in 1 2 3; do # it does not always start
        timeout 60 "$browser" --headless=new --no-sandbox --disable-gpu --no-first-run \
            --disable-background-networking --user-data-dir="$dir/profile$try" --host-resolver-rules='MAP * ~NOTFOUND' \
            --enable-logging=stderr --v=0 --log-net-log="$dir/net.json" --dump-dom "file://$dir/$1" >dom 2>log
        test -s dom && return 0
    done
    return 1
}
asked='"initiator":"\(null\|file\)' # a page in a file has no origin of its own; the browser's own requests have none at all
echo '<img src="https://example.com/a.png"><script>console.error("seen")</script>' >chatty.html
if [ -z "$browser" ]; then
    n=$((n + 1)) && echo "ok $n - in a browser # SKIP no chromium"
elif ! browse chatty.html; then
    n=$((n + 1)) && echo "ok $n - in a browser # SKIP chromium does not start here"
else
    says log "CONSOLE.*seen" "the browser tells what a page writes to the console"
    says net.json "$asked" "and that it asks for something"
    report "it shows the report" "$(head -c 300 log)" browse "$page"
    lacks log "CONSOLE" "nothing is written to the console"
    lacks net.json "$asked" "nothing is asked of the network"
    for id in curves classes confusion calibration mistakes filters network environment model-file; do
        says dom "<section id=\"$id\">" "the browser has the section $id"
    done
    report "and as many drawings as the file" "$(grep -o '<svg' dom | wc -l)" \
        test "$(grep -o '<svg' dom | wc -l)" -eq "$(grep -o '<svg' "$page" | wc -l)"
fi

# ---- runs that are not whole
is 2 "report of no folder" report small.yaml
is 4 "report of a folder that is not there" report nowhere
export SOURCE_DATE_EPOCH=yesterday
is 2 "report at a time that is none" report runs/small -o undated.html
SOURCE_DATE_EPOCH=0
cp -R runs/small torn && printf '{"epoch":4,"lo' >>torn/metrics.jsonl
is 0 "report of a run that was killed while it wrote" report torn
says err "torn" "tells of the torn line"
says torn/report.html "is torn" "in the page too"
cp -R runs/small cut && printf '{"epoch":4,"lo\n' >>cut/metrics.jsonl
is 4 "report of a run with a damaged line" report cut -o cut.html
says err "cut/metrics.jsonl:4:1:" "names the line"
report "and writes no page" "cut.html is there" test ! -e cut.html
cp -R runs/small bare && rm bare/metrics.jsonl
is 4 "report of a run without metrics" report bare
cp -R runs/small light && rm light/*.safetensors
is 7 "report of a run without weights" report light
cp -R runs/small short && head -c 500 runs/small/best.safetensors >short/best.safetensors
is 7 "report of a run with damaged weights" report short
is 4 "report into no folder" report -o none/there.html runs/small

finish
