/** Colours and forms of a report, for light and dark screens and for paper; what differs in colour differs in form too. */
export const STYLE = `
:root { color-scheme: light dark; --back: #fff; --text: #1b1f24; --weak: #59636e; --grid: #d8dee4; --line: #0550ae; --signal: #6639a6; --bad: #b3261e; --warn: #8a5300; --good: #1a7f37; }
@media (prefers-color-scheme: dark) { :root { --back: #0d1117; --text: #e6edf3; --weak: #9198a1; --grid: #30363d; --line: #6cb6ff; --signal: #d2a8ff; --bad: #ff8078; --warn: #e3b341; --good: #56d364; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 75rem; background: var(--back); color: var(--text); font: 15px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.35rem; overflow-wrap: anywhere; } h2 { font-size: 1.1rem; margin: 1.6rem 0 .4rem; }
table { border-collapse: collapse; } th, td { padding: .15rem 1rem .15rem 0; text-align: left; vertical-align: top; overflow-wrap: anywhere; } th { color: var(--weak); font-weight: 600; white-space: nowrap; }
figure { margin: 0 0 .6rem; overflow-x: auto; } figcaption { font-weight: 600; position: sticky; left: 0; } svg { width: 100%; height: auto; display: block; } figure svg { min-width: 44rem; } .legend svg { width: 34px; display: inline-block; vertical-align: middle; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; padding: 0; list-style: none; color: var(--weak); } .weak { color: var(--weak); }
text { fill: var(--weak); font: 11px system-ui, sans-serif; } .side, .note { text-anchor: end; } .mark { text-anchor: middle; } pattern path { fill: none; stroke-width: 1.6; }
.grid, .lane { stroke: var(--grid); stroke-width: 1; fill: none; } .lane { stroke-opacity: .6; }
.probability { fill: none; stroke: var(--line); stroke-width: 1.6; } .signal { fill: none; stroke: var(--signal); stroke-width: 1.3; }
.raise { fill: none; stroke: var(--bad); stroke-width: 1.3; stroke-dasharray: 8 4; } .clear { fill: none; stroke: var(--warn); stroke-width: 1.3; stroke-dasharray: 2 4; }
.failure { fill: none; stroke: var(--bad); stroke-width: 2; } .trained { fill: none; stroke: var(--good); stroke-width: 1.6; stroke-dasharray: 10 3 2 3; }
.alarm { fill: var(--bad); } .failed { fill: url(#crossed); stroke: var(--bad); } .above { fill: var(--warn); } .below { fill: none; stroke: var(--line); stroke-width: 1.3; }
.unknown { fill: url(#dotted); stroke: var(--weak); stroke-width: .6; } .learning { fill: url(#striped-weak); stroke: var(--weak); stroke-width: .6; }
.share-normal { fill: var(--good); fill-opacity: .25; } .share-abnormal { fill: url(#striped); stroke: var(--warn); stroke-width: .6; } .share-failed { fill: url(#crossed); stroke: var(--bad); stroke-width: .6; }
@media print { body { max-width: none; } figure { break-inside: avoid; } figure svg { min-width: 0; } }
`;

/** Used by the classes above, wherever on the page. */
export const PATTERNS = `<svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs>
<pattern id="striped" width="6" height="6" patternUnits="userSpaceOnUse"><path d="M-1 7L7 -1" stroke="var(--warn)"/></pattern>
<pattern id="striped-weak" width="6" height="6" patternUnits="userSpaceOnUse"><path d="M-1 -1L7 7" stroke="var(--weak)"/></pattern>
<pattern id="crossed" width="6" height="6" patternUnits="userSpaceOnUse"><path d="M-1 7L7 -1M-1 -1L7 7" stroke="var(--bad)"/></pattern>
<pattern id="dotted" width="5" height="5" patternUnits="userSpaceOnUse"><path d="M1.5 2.5h2" stroke="var(--weak)"/></pattern>
</defs></svg>`;
