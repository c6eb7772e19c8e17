import { type State, states } from "../model/state.ts";
import { type Html, markup } from "./escape.ts";
import type { ReportRef, ReportSource, StatusReport } from "./report-types.ts";

interface PageFrame {
  readonly report: StatusReport;
  /** Path of this page, for the links that set how often it reloads. */
  readonly path: string;
  readonly refreshSeconds: number;
  readonly title: string;
  readonly body: Html;
}

/** The page around a body: complete without script; how often it reloads is a link, so it can be stopped (WCAG 2.2.2). */
export function frame({ report, path, refreshSeconds, title, body }: PageFrame): string {
  const cluster = report.clusters[0];
  const { url, ref } = report.source;
  const refresh =
    refreshSeconds === 0
      ? undefined
      : markup`<meta http-equiv="refresh" content="${refreshSeconds}">`;
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">${refresh}
<title>${title}</title>
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/style.css">
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header>
<a class="brand" href="/">Holdfast</a>
<span class="where"><strong>${cluster?.name}</strong>${environment(cluster?.environment)} follows ${url}@${ref}</span>
</header>
<main id="main">
${body}
</main>
<footer>
<span>as of ${clock(report.generatedAt)}</span>
${fact("agent", cluster?.agent)}
${fact("Kubernetes", cluster?.kubernetes)}
<span>reload: ${[0, 10, 30].map((seconds) => reloadLink(path, seconds, refreshSeconds))}</span>
<a href="/api/v1/status">the same as JSON</a>
</footer>
</body>
</html>
`.text;
}

function environment(name: string | undefined): Html | undefined {
  return name === undefined || name === "" ? undefined : markup` (${name})`;
}

function fact(name: string, value: string | undefined): Html | undefined {
  return value === undefined ? undefined : markup`<span>${name} ${value}</span>`;
}

function reloadLink(path: string, seconds: number, current: number): Html {
  const words = seconds === 0 ? "never" : `every ${seconds} s`;
  if (seconds === current) return markup` <span aria-current="true">${words}</span>`;
  const query = seconds === 0 ? "" : `?refresh=${seconds}`;
  return markup` <a href="${path}${query}">${words}</a>`;
}

/** Glyph, word and colour together: none alone says it (WCAG 1.4.1). */
export function stateMark(state: State, count?: number): Html {
  const label = count === undefined ? state : `${count} ${state}`;
  return markup`<span class="state ${state}"><span class="glyph" aria-hidden="true">${states[state].glyph}</span>${label}</span>`;
}

/** `6m`, with the exact time for machines and on hover. */
export function ago(time: string | undefined, now: string): Html {
  const ms = Date.parse(now) - Date.parse(time ?? "");
  if (time === undefined || Number.isNaN(ms)) return markup`<span class="soft">–</span>`;
  return markup`<time datetime="${time}" title="${time}">${duration(ms)}</time>`;
}

function clock(time: string): Html {
  return markup`<time datetime="${time}">${time.replace("T", " ").replace("Z", " UTC")}</time>`;
}

/** One unit is enough to read an age: `45s`, `6m`, `3h`, `2d`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 90) return `${seconds}s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes}m`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours}h` : `${Math.round(hours / 24)}d`;
}

/** 7 digits, the whole id on hover. */
export function commitMark(id: string | undefined): Html {
  if (id === undefined) return markup`<span class="soft">–</span>`;
  return markup`<code title="${id}">${id.slice(0, 7)}</code>`;
}

/** `Deployment shop/web` */
export function refWords({ kind, namespace, name }: ReportRef): string {
  return namespace === "" ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}

/** `3f1c2d9 "bump web to 1.8.2" (Ana, 6m ago)` */
export function sourceWords(source: ReportSource, now: string): Html {
  const { commit, title, author = "", committedAt } = source;
  if (commit === undefined) return markup`no commit has been read yet`;
  const quoted = title === undefined ? undefined : markup` “${title}”`;
  const by = author === "" ? undefined : markup`${author}, `;
  return markup`${commitMark(commit)}${quoted} <span class="soft">(${by}${ago(committedAt, now)} ago)</span>`;
}
