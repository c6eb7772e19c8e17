import { states } from "../model/state.ts";
import { inkOn } from "./contrast.ts";

/** Colours of the page by theme; a test checks their contrast. */
export const palette = {
  light: {
    page: "#f6f7f9",
    card: "#ffffff",
    ink: "#16191f",
    soft: "#525b68",
    line: "#d9dee5",
    edge: "#737d8c",
    link: "#0a58a8",
  },
  dark: {
    page: "#0f1217",
    card: "#181c23",
    ink: "#e8ebf0",
    soft: "#a4adba",
    line: "#2a303a",
    edge: "#7d8796",
    link: "#7db8f5",
  },
} as const;

function variables(theme: keyof typeof palette): string {
  return Object.entries(palette[theme])
    .map(([name, colour]) => `--${name}:${colour}`)
    .join(";");
}

const stateRules = Object.entries(states)
  .map(
    ([state, { colour }]) =>
      `.${state}{--state:${colour}}.state.${state}>.glyph{background-color:${colour};color:${inkOn(colour)}}`,
  )
  .join("\n");

/** The whole look: no fonts, no images from elsewhere, light and dark by the visitor's own setting. */
export const stylesheet = `:root{color-scheme:light dark;${variables("light")}}
@media (prefers-color-scheme:dark){:root{${variables("dark")}}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif}
a{color:var(--link);text-underline-offset:.15em}
a:focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:3px}
code,.mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.9em}
.skip{position:absolute;left:-999px}
.skip:focus{left:1rem;top:.5rem;background:var(--card);padding:.5rem}
header,main,footer{max-width:76rem;margin:0 auto;padding:0 1.25rem}
header{display:flex;flex-wrap:wrap;gap:.25rem 1rem;align-items:baseline;padding-top:1.1rem;padding-bottom:.6rem}
.brand{font-weight:700;font-size:1.15rem;letter-spacing:-.01em;text-decoration:none;color:var(--ink)}
.where{color:var(--soft);overflow-wrap:anywhere}
.where strong{color:var(--ink);font-weight:600}
.card{background:var(--card);border:1px solid var(--line);border-radius:12px;margin:0 0 1rem;padding:1.1rem 1.25rem;overflow-x:auto}
.hero{border-left:8px solid var(--state)}
h1{font-size:1.6rem;line-height:1.25;margin:0;letter-spacing:-.015em;overflow-wrap:anywhere}
h1 .state{margin-right:.45em;vertical-align:baseline}
h2{font-size:1.02rem;margin:0 0 .6rem}
p{margin:.35rem 0 0;overflow-wrap:anywhere}
.soft{color:var(--soft)}
.state{display:inline-flex;align-items:center;gap:.45em;white-space:nowrap;font-weight:600;line-height:1.5;vertical-align:top}
.glyph{display:inline-grid;place-items:center;width:1.55em;height:1.55em;border-radius:6px;border:1px solid var(--edge);font-size:.86em;font-weight:700;line-height:1;flex:none}
.state.Unknown>.glyph{background-image:repeating-linear-gradient(45deg,transparent 0 3px,#00000055 3px 6px)}
${stateRules}
.counts{display:flex;flex-wrap:wrap;gap:.4rem 1.1rem;margin:.9rem 0 0;padding:0;list-style:none}
.counts .state{font-weight:500}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.36rem .9rem .42rem 0;border-top:1px solid var(--line)}
thead th{border-top:0;font-size:.8rem;font-weight:600;color:var(--soft);white-space:nowrap;padding-top:0}
tbody th{font-weight:600;white-space:nowrap}
tbody th.long{white-space:normal;overflow-wrap:anywhere;min-width:12rem}
td.mono{overflow-wrap:anywhere;min-width:8rem}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
td.text{overflow-wrap:anywhere;min-width:16rem}
time,.nowrap{white-space:nowrap}
.next{display:block;color:var(--soft)}
.attention tbody th:first-child{border-left:4px solid var(--state);padding-left:.7rem}
.attention thead th:first-child{padding-left:.95rem}
.facts{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1.25rem;margin:.9rem 0 0}
.facts dt{color:var(--soft)}
.facts dd{margin:0;overflow-wrap:anywhere}
ul.objects{columns:20rem;margin:.6rem 0 0;padding-left:1.1rem}
.list{list-style:none;display:flex;flex-wrap:wrap;gap:.15rem .9rem;margin:0;padding:0}
.command{display:block;margin:.6rem 0 0;padding:.55rem .8rem;background:var(--page);border:1px solid var(--line);border-radius:8px;overflow-x:auto;white-space:pre}
footer{color:var(--soft);font-size:.86rem;padding-top:.25rem;padding-bottom:2rem;display:flex;flex-wrap:wrap;gap:.25rem 1.5rem}
footer [aria-current]{font-weight:600;color:var(--ink)}
@media (max-width:44rem){.wide{display:none}th,td{padding-right:.6rem}td.text{min-width:10rem}}
@media (forced-colors:active){.glyph,.hero,.card{border-color:CanvasText}}
@media print{body{background:#fff}.card{break-inside:avoid}}
`;

/** An anchor's plain sign; no picture comes from elsewhere. */
export const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="4" fill="#0072B2"/><path d="M8 3v10M4.5 9.5C5 12 6.5 13 8 13s3-1 3.500-3.500M6 6h4" stroke="#fff" stroke-width="1.500" fill="none" stroke-linecap="round"/></svg>
`;
