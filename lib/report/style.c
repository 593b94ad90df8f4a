/* The style sheets: of the page two sets of colours, one column on a phone, no colour behind text
 * on paper; of a drawing by itself the light set. */
#include "report/report.h"

#define PAPER "#fdfdfb"
#define INK   "#1f2328"
#define FAINT "#6a717b"
#define RULE  "#dcdfe3"
#define PANEL "#f4f5f3"
#define A     "#2563a8"
#define B     "#c8551b"
#define C     "#4b7f52"

/* What drawings are made of; not every program that draws SVG knows var(). */
#define DRAWING(paper, ink, faint, rule, panel, a, b, c)                                  \
    "svg{font-size:13px;fill:" ink "}\n"                                                  \
    ".title{font-weight:600}\n"                                                           \
    ".mid{text-anchor:middle}.end{text-anchor:end}.faint{fill:" faint "}\n"               \
    ".on{fill:" paper "}\n"                                                               \
    ".grid,.even,.edge,.line{fill:none}\n"                                                \
    ".grid{stroke:" rule "}.even{stroke:" faint ";stroke-dasharray:4 4}\n"                \
    ".edge{stroke:" faint ";stroke-width:1.2}.tip{fill:" faint "}\n"                      \
    ".line{stroke-width:2;stroke-linejoin:round;stroke-linecap:round}\n"                  \
    ".line.a{stroke:" a "}.line.b{stroke:" b "}.line.c{stroke:" c "}\n"                   \
    ".dot.a{fill:" a "}.dot.b{fill:" b "}.dot.c{fill:" c "}\n"                            \
    ".hit,.bin{fill:" a "}.miss{fill:" b "}.bin{fill-opacity:.55}.count{fill:" rule "}\n" \
    ".layer{fill:" panel ";stroke:" rule "}.learns{stroke:" a "}\n"

const char cg_drawing_style[] =
    ".paper{fill:" PAPER
    "}svg{font-family:sans-serif}\n" DRAWING(PAPER, INK, FAINT, RULE, PANEL, A, B, C);

const char cg_report_style[] =
    ":root{--paper:" PAPER ";--ink:" INK ";--faint:" FAINT ";--rule:" RULE ";--panel:" PANEL
    ";--a:" A ";--b:" B ";--c:" C "}\n"
    "@media(prefers-color-scheme:dark){:root{--paper:#14171a;--ink:#e3e6e9;--faint:#949ca6;"
    "--rule:#31373d;--panel:#1c2024;--a:#6ea8e6;--b:#ee8f57;--c:#86bd8d}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0 auto;max-width:58rem;padding:2.5rem 1.25rem;background:var(--paper);"
    "color:var(--ink);font:16px/1.5 system-ui,sans-serif;font-variant-numeric:tabular-nums}\n"
    "header{border-bottom:1px solid var(--rule);padding-bottom:1.5rem}\n"
    "h1{font-size:2rem;line-height:1.2;margin:0;overflow-wrap:anywhere}\n"
    "h2{font-size:1.15rem;margin:0 0 .9rem}\n"
    "section{margin:2.5rem 0;break-inside:avoid}#model-file{break-inside:auto}\n"
    "@media(min-width:52rem),print{main{display:grid;grid-template-columns:1fr 1fr;gap:0 2.5rem}"
    "section{grid-column:1/-1;min-width:0;margin:1.25rem "
    "0}#confusion,#calibration{grid-column:auto}}\n"
    "p{margin:.3rem 0;overflow-wrap:anywhere}\n"
    ".kind,.note,.none,small,footer,dt{color:var(--faint);font-size:.875rem}\n"
    ".kind{letter-spacing:.08em;text-transform:uppercase;font-size:.75rem}\n"
    ".facts{display:flex;flex-wrap:wrap;gap:1rem 2.5rem;margin:1.5rem 0 0}\n"
    "dd{margin:0;font-size:1.35rem;font-weight:600;line-height:1.3}\n"
    ".plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,22rem),1fr));"
    "gap:1.25rem}\n"
    "svg{display:block;width:100%;height:auto}\n"
    ".plot{background:var(--panel);border-radius:8px;padding:.5rem}\n"
    ".network{max-width:620px;min-width:480px}\n" DRAWING(
        "var(--paper)", "var(--ink)", "var(--faint)", "var(--rule)", "var(--panel)", "var(--a)",
        "var(--b)",
        "var(--c)") ".wide{overflow-x:auto}\n"
                    "table{border-collapse:collapse;font-size:.9375rem}\n"
                    "th,td{padding:.3rem .9rem .3rem 0;text-align:left;vertical-align:top}\n"
                    "thead th,tfoot th{color:var(--faint);font-weight:500}tbody "
                    "th{font-weight:600}\n"
                    "thead th{border-bottom:1px solid var(--rule)}tfoot "
                    "tr:first-child>*{border-top:1px solid "
                    "var(--rule)}\n"
                    ".scores{width:100%;max-width:44rem}.scores td,.scores thead "
                    "th:not(:first-child){"
                    "text-align:right;width:19%}.scores th{white-space:nowrap}\n"
                    ".settings th{color:var(--faint);font-weight:500}.settings "
                    "td{overflow-wrap:anywhere}\n"
                    ".pictures{display:grid;grid-template-columns:repeat(auto-fill,minmax(6rem,1fr)"
                    ");"
                    "gap:1rem .75rem;margin-top:.9rem}\n"
                    "figure{margin:0}figcaption{font-size:.8125rem;line-height:1.35;margin-top:."
                    "25rem}\n"
                    "img{display:block;width:100%;image-rendering:pixelated;border-radius:4px;"
                    "background:var(--panel)}\n"
                    "pre{background:var(--panel);border-radius:8px;padding:1rem;overflow-x:auto;"
                    "font:.8125rem/1.5 ui-monospace,monospace;margin:0}\n"
                    "footer{border-top:1px solid var(--rule);padding-top:1rem}\n"
                    "@media "
                    "print{:root{--paper:#fff;--ink:#000;--faint:#555;--rule:#bbb;--panel:#fff;--"
                    "a:" A ";"
                    "--b:" B ";--c:" C "}body{padding:0;font-size:11pt;print-color-adjust:exact}"
                    "pre{white-space:pre-wrap}}\n";
