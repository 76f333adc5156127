//! How plots and the page look: the colours of both in light and dark, and the page's measures.

/// Classes of the plots. Written out instead of by variables: what draws SVG outside of browsers knows none. Blue and orange are
/// told apart by those who see fewer colours too.
pub(super) const PLOTS: &str = "\
svg.chart{font:13px system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}
svg.chart .ink{fill:#1c2127}
svg.chart .quiet{fill:#59636e}
svg.chart .small{font-size:11px}
svg.chart .rule{stroke:#d9dee3;stroke-width:1}
svg.chart .axis{stroke:#8a949e;stroke-width:1}
svg.chart .bar{stroke:#1f6fb2;stroke-width:2}
svg.chart .mark{fill:#1f6fb2}
svg.chart .other{fill:#8a949e}
svg.chart .plus{fill:#2f86d0}
svg.chart .minus{fill:#e07b27}
svg.chart .blank{fill:#eef1f4}
svg.chart .ground{fill:#ffffff}
@media (prefers-color-scheme:dark){
svg.chart .ink{fill:#dfe5ec}
svg.chart .quiet{fill:#9aa5b0}
svg.chart .rule{stroke:#343c45}
svg.chart .axis{stroke:#79848f}
svg.chart .bar{stroke:#6fb4ee}
svg.chart .mark{fill:#6fb4ee}
svg.chart .other{fill:#79848f}
svg.chart .plus{fill:#2f86d0}
svg.chart .minus{fill:#d0701f}
svg.chart .blank{fill:#20262d}
svg.chart .ground{fill:#14181d}
}
";

/// The page around them.
pub(super) const PAGE: &str = "\
:root{color-scheme:light dark;--ink:#1c2127;--quiet:#59636e;--rule:#d9dee3;--ground:#fff;--raised:#f5f7f9;--warn:#9a4b00;--link:#1f6fb2}
@media (prefers-color-scheme:dark){:root{--ink:#dfe5ec;--quiet:#9aa5b0;--rule:#343c45;--ground:#14181d;--raised:#1b2127;--warn:#f0a65c;--link:#6fb4ee}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.5rem 1rem 4rem;max-width:52rem;background:var(--ground);color:var(--ink);font:1rem/1.55 system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;overflow-wrap:anywhere}
h1{font-size:1.7rem;line-height:1.2;margin:0 0 .3rem}
h2{font-size:1.2rem;margin:2.8rem 0 .3rem;padding-top:1rem;border-top:1px solid var(--rule)}
h3{font-size:1rem;margin:1.6rem 0 .3rem}
p{margin:.4rem 0}
.quiet{color:var(--quiet)}
nav{margin:.8rem 0}
nav a{color:var(--link);margin-right:1rem;white-space:nowrap}
ul.warnings{margin:1rem 0;padding:.7rem 1rem .7rem 2rem;border-left:4px solid var(--warn);background:var(--raised)}
ul.warnings li::marker{content:'!  ';color:var(--warn);font-weight:bold}
figure{margin:.8rem 0;overflow-x:auto}
svg.chart{display:block;width:100%;height:auto}
.scroll{overflow-x:auto;margin:.6rem 0}
table{border-collapse:collapse;font-size:.88rem;font-variant-numeric:tabular-nums}
th,td{padding:.25rem .7rem .25rem 0;text-align:right;border-bottom:1px solid var(--rule);white-space:nowrap;vertical-align:top}
td.words{white-space:normal;min-width:10rem}
thead th{color:var(--quiet);font-weight:600;vertical-align:bottom;white-space:normal;overflow-wrap:normal}
th:first-child,td.words,th.words{text-align:left}
th:first-child{position:sticky;left:0;background:var(--ground)}
tbody th{font-weight:400}
details{margin:.5rem 0}
summary{cursor:pointer;color:var(--link)}
article{margin:1rem 0;padding:.2rem 1rem .6rem;border:1px solid var(--rule);border-radius:.4rem}
blockquote{margin:.3rem 0 .8rem;padding-left:.8rem;border-left:3px solid var(--rule);white-space:pre-wrap}
code{font-size:.88em;white-space:pre-wrap}
@media print{details>*{display:block}nav{display:none}}
";
