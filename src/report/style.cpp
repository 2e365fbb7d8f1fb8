#include "report/page.h"

namespace limier::report {

// The one style sheet of report.html. Its digest goes into the page's content security policy, so it is used verbatim.
std::string_view style_sheet() {
  return R"css(
:root{color-scheme:light dark;--ink:#1c2126;--soft:#59636d;--rule:#d9dee3;--faint:#f4f6f8;--paper:#fff;--link:#1f4f82;
--good:#1d6b41;--good-bg:#eef6f1;--warn:#8a5300;--warn-bg:#fdf5e8;--bad:#a3231f;--bad-bg:#fcefee;
--c-metadata:#5d6b78;--c-file:#1f4f82;--c-slack:#8db0d3;--c-unallocated:#c3ccd5;--c-unpartitioned:#e3e8ed;--c-encrypted:#c07a12;--c-unreadable:#a3231f}
@media (prefers-color-scheme:dark){:root{--ink:#e4e7ea;--soft:#a2abb4;--rule:#363d45;--faint:#1f2429;--paper:#15191d;--link:#8fbbe8;
--good:#7cc79b;--good-bg:#17271e;--warn:#e6b566;--warn-bg:#2a2214;--bad:#f0938e;--bad-bg:#2e1a1a;
--c-metadata:#8493a1;--c-file:#5b93cc;--c-slack:#3f6488;--c-unallocated:#4a545e;--c-unpartitioned:#2d343b;--c-encrypted:#d99a3c;--c-unreadable:#dd6560}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 "Segoe UI","Helvetica Neue",Arial,"Liberation Sans","Noto Sans",sans-serif}
.page{max-width:1120px;margin:0 auto;padding:40px 32px 80px}
a{color:var(--link);text-underline-offset:2px}
h1,h2,h3{line-height:1.25;font-weight:600;margin:0}
h1{font-size:30px;letter-spacing:-.01em;overflow-wrap:anywhere}
h2{font-size:21px;margin:56px 0 12px;padding-top:14px;border-top:2px solid var(--ink)}
h2 .n{color:var(--soft);font-weight:400;margin-right:.6em}
h3{font-size:16px;margin:28px 0 6px}
p{margin:0 0 12px;max-width:78ch}
.brand{color:var(--soft);font-size:14px;margin:0 0 6px}
.brand b{color:var(--ink)}
.sub{color:var(--soft);margin:4px 0 0;max-width:none;overflow-wrap:anywhere}
.sub span+span::before{content:"·";margin:0 .5em}
.authority{margin:10px 0 0;max-width:none;overflow-wrap:anywhere}
.verdict{margin:24px 0 0;padding:18px 22px;border-left:6px solid;border-radius:0 4px 4px 0}
.verdict .head{font-size:21px;font-weight:600;line-height:1.3;margin:0 0 4px;max-width:none}
.verdict p:last-child{margin:0}
.verdict code{font-size:13px}
.good{background:var(--good-bg);border-color:var(--good)}.good .head,.is-good{color:var(--good)}
.warn{background:var(--warn-bg);border-color:var(--warn)}.warn .head,.is-warn{color:var(--warn)}
.bad{background:var(--bad-bg);border-color:var(--bad)}.bad .head,.is-bad{color:var(--bad)}
.is-good,.is-warn,.is-bad{font-weight:600}
.whose{margin:20px 0 0}.whose h2{font-size:16px;margin:0 0 6px;padding:0;border:0}.whose ul{margin:0 0 6px;padding:0;list-style:none}
.whose li{display:grid;grid-template-columns:12em 1fr;padding:2px 0;overflow-wrap:anywhere}.whose .label{color:var(--soft)}
@media (max-width:600px){.whose li{grid-template-columns:1fr}}
.to-read{margin:24px 0 0}.to-read h2{margin:0 0 10px;padding:0;border:0}
.finding{margin:0 0 20px;padding:14px 20px 2px;border:1px solid var(--rule);border-left:6px solid var(--bad);border-radius:0 4px 4px 0}
.talk .subject{background:var(--bad-bg);border-color:var(--bad)}
.lesser{border-left-color:var(--rule)}.lesser .subject,.talk .subject.lesser{background:var(--faint);border-color:var(--soft)}
.finding .head{font-size:18px;font-weight:600;margin:0 0 6px;max-width:none;overflow-wrap:anywhere}
.finding p{overflow-wrap:anywhere}.finding .pairs{font-size:14px}.finding .pairs dt,.finding .pairs dd{padding:3px 0}
.talk{margin:0 0 14px;padding:0;list-style:none}
.talk li{padding:5px 12px;border-left:3px solid var(--rule);overflow-wrap:anywhere}
.talk .who{display:block;color:var(--soft);font-size:13px}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(140px,1fr));margin:22px 0 0;border-top:1px solid var(--rule);border-bottom:1px solid var(--rule)}
.figures div{padding:12px 14px;border-left:1px solid var(--rule)}
.figures div:first-child{border-left:0;padding-left:0}
.figures dt{color:var(--soft);font-size:13px}
.figures dd{margin:0;font-size:22px;font-weight:600;line-height:1.3;font-variant-numeric:tabular-nums}
.figures .more{display:block;font-size:13px;font-weight:400;color:var(--soft)}
.first{display:grid;grid-template-columns:1fr 1fr;gap:0 48px;margin:22px 0 0}
.first h2{font-size:16px;margin:0 0 8px;padding:0;border:0}
.first ul{margin:0;padding:0;list-style:none}
.first li{padding:5px 0;border-top:1px solid var(--rule);overflow-wrap:anywhere}
.first li:first-child{border-top:0;padding-top:0}
.first .label{display:inline-block;min-width:8.5em;color:var(--soft)}
nav{margin:28px 0 0;padding:14px 0 0;border-top:1px solid var(--rule);font-size:14px}
nav ol{margin:0;padding:0;list-style:none;columns:3;column-gap:40px}
nav li{padding:2px 0 2px 1.9em;text-indent:-1.9em;break-inside:avoid}
nav .n{color:var(--soft);display:inline-block;min-width:1.9em;text-indent:0;font-variant-numeric:tabular-nums}
.pairs{display:grid;grid-template-columns:minmax(9em,14em) 1fr;margin:0 0 16px}
.pairs dt,.pairs dd{padding:6px 0;border-bottom:1px solid var(--rule);margin:0}
.pairs dt{color:var(--soft);padding-right:16px}
.pairs dd{overflow-wrap:anywhere}
.scroll{overflow-x:auto;margin:0 0 18px}
table{border-collapse:collapse;width:100%;font-size:14.5px;line-height:1.45}
caption{text-align:left;font-weight:600;padding:10px 0 6px}
th,td{text-align:left;vertical-align:top;padding:6px 14px 6px 0;border-bottom:1px solid var(--rule)}
th:last-child,td:last-child{padding-right:0}
th{font-weight:600;font-size:13px;color:var(--soft);border-bottom:1px solid var(--ink);vertical-align:bottom}
tr.total td{font-weight:600;border-top:1px solid var(--ink);border-bottom:0}
.num{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.short{white-space:nowrap}
.path{overflow-wrap:anywhere;word-break:break-word;min-width:16em}
.rows td{overflow-wrap:anywhere;min-width:7em}.rows .path{min-width:9em}.rows .num,.rows .short,.rows th{overflow-wrap:normal;word-break:normal;min-width:0}.rows .small{font-size:12.5px;color:var(--soft);min-width:15em}
.none,.note{color:var(--soft)}
.note{font-size:14px}
.tag{color:var(--warn);white-space:nowrap}
.mark{border-left:3px solid var(--warn);padding-left:.4em}
code{font-family:ui-monospace,"DejaVu Sans Mono",Consolas,"Liberation Mono",monospace;font-size:13px;overflow-wrap:anywhere}
time{white-space:nowrap;font-variant-numeric:tabular-nums}
figure{margin:0 0 18px}
svg{display:block;max-width:100%;height:auto}
svg text{fill:var(--soft);font-size:12px}
.bar{fill:var(--c-file)}.axis{stroke:var(--ink);stroke-width:1}.grid{stroke:var(--rule);stroke-width:1}
.share{display:block;width:120px;height:9px;margin-top:6px}.share .back{fill:var(--faint)}
.swatch{display:inline-block;width:12px;height:12px;margin-right:8px;vertical-align:-1px}
.frame{fill:none;stroke:var(--rule)}
.s-metadata{fill:var(--c-metadata)}.s-file{fill:var(--c-file)}.s-slack{fill:var(--c-slack)}.s-unallocated{fill:var(--c-unallocated)}
.s-unpartitioned{fill:var(--c-unpartitioned)}.s-encrypted{fill:var(--c-encrypted)}.s-unreadable{fill:var(--c-unreadable)}
.even{table-layout:fixed}
.months td,.months th{padding:4px 8px 4px 0;font-size:13px}
.end{margin-top:56px;padding-top:12px;border-top:1px solid var(--rule);color:var(--soft);font-size:13px}
@media screen and (max-width:820px){.page{padding:24px 16px 48px}.figures{grid-template-columns:repeat(2,1fr)}.figures div:nth-child(odd){border-left:0;padding-left:0}
.first{grid-template-columns:1fr;gap:20px}.wide{overflow-x:auto}.wide svg{max-width:none}nav ol{columns:1}.pairs{grid-template-columns:1fr}.pairs dt{border:0;padding-bottom:0}.pairs dd{padding-top:0}}
@page{size:A4;margin:16mm 15mm 18mm}
@media print{:root{color-scheme:light;--ink:#000;--soft:#444;--rule:#bbb;--faint:#f2f2f2;--paper:#fff;--link:#000;
--good:#145a33;--good-bg:#fff;--warn:#6f4300;--warn-bg:#fff;--bad:#8c1814;--bad-bg:#fff;
--c-metadata:#5d6b78;--c-file:#1f4f82;--c-slack:#8db0d3;--c-unallocated:#c3ccd5;--c-unpartitioned:#e3e8ed;--c-encrypted:#c07a12;--c-unreadable:#a3231f}
body{font-size:10pt;line-height:1.4;-webkit-print-color-adjust:exact;print-color-adjust:exact}
.page{max-width:none;padding:0}h1{font-size:19pt}h2{font-size:13.5pt;margin-top:20pt}h3{font-size:10.5pt;margin-top:12pt}
.verdict{border-style:solid;border-width:1px 1px 1px 5pt;padding:9pt 12pt}.verdict .head{font-size:13pt}
.figures dd{font-size:13pt}.figures dt,.figures .more{font-size:8pt}.figures div{padding:7pt 8pt}
table{font-size:8.5pt}th{font-size:8pt}th,td{padding:3pt 8pt 3pt 0}.path{min-width:0}code{font-size:8pt}.verdict code{font-size:8.5pt}
.rows{font-size:7.5pt}.rows td,.rows th{padding-right:5pt}.rows th{font-size:7pt}.rows time{white-space:normal}.rows time span{white-space:nowrap}.rows td{min-width:6em}.rows td.path{min-width:5em}.rows .num,.rows .short,.rows th.path{min-width:0}.rows .small{font-size:6.5pt;min-width:11em}
.months td,.months th{padding:2pt 4pt 2pt 0;font-size:7.5pt}p.note{font-size:8.5pt}nav{font-size:9pt}p{max-width:none}svg text{font-size:15px}.end{margin-top:24pt;font-size:8.5pt}
.scroll{overflow:visible}a{text-decoration:none}thead{display:table-header-group}
h2,h3,caption,h3+p{break-after:avoid}.scroll{break-before:avoid}tr,figure,.talk li,.verdict,.figures,.first,.pairs dt,.pairs dd{break-inside:avoid}}
)css";
}

}  // namespace limier::report
