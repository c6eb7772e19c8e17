import { needsAttention } from "../model/state.ts";
import { type Html, markup } from "./escape.ts";
import { placeWords } from "./fleet-page.ts";
import { ago, commitMark, frame, refWords, stateMark } from "./page-parts.ts";
import type {
  ReportDrift,
  ReportHeld,
  ReportLeftovers,
  ReportUnit,
  StatusReport,
} from "./report-types.ts";

/** `/apps/<name>`: all that is said of one app; undefined when there is none of that name. */
export function appPage(
  report: StatusReport,
  app: string,
  refreshSeconds: number,
): string | undefined {
  const unit = report.units.find((candidate) => candidate.app === app);
  if (unit === undefined) return undefined;
  const now = report.generatedAt;
  const body = markup`${summary(unit, now)}
${heldCard(unit, unit.held)}
${problemsCard(unit)}
${driftCard(unit, now)}
${revisionsCard(unit, now)}
${historyCard(unit, now)}`;
  const mark = needsAttention(unit.state) ? "(1) " : "";
  const title = `${mark}${app} · Holdfast`;
  return frame({ report, path: `/apps/${app}`, refreshSeconds, title, body });
}

function summary(unit: ReportUnit, now: string): Html {
  const { objects, suspend, pending, leftovers } = unit;
  const owner = [unit.team, unit.contact].filter((part) => part !== undefined).join(", ");
  return markup`<section class="card hero ${unit.state}" aria-labelledby="app">
<h1 id="app">${unit.app}</h1>
<p>${stateMark(unit.state)} <span class="soft">for ${ago(unit.since, now)}, at</span> ${unit.stage}<span class="soft">:</span> ${unit.reason}</p>
<p>${unit.message}<span class="next">${unit.next}</span></p>
<dl class="facts">
${row("Runs", commitMark(unit.live))}
${row("Wants", commitMark(unit.desired))}
${pending === undefined ? undefined : row("Waiting", markup`${pending.count} ${pending.count === 1 ? "commit" : "commits, the oldest"} for ${ago(pending.since, now)}`)}
${suspend === undefined ? undefined : row("Suspended", markup`by ${suspend.by} until <time datetime="${suspend.until}">${suspend.until}</time>: ${suspend.reason}`)}
${row("Objects", markup`${objects.managed} managed, ${objects.unhealthy} unhealthy, ${objects.drifted} drifted, ${objects.heldDeletions} deletions held`)}
${leftovers === undefined ? undefined : row("Leftovers", leftWords(unit, leftovers))}
${row("Rendered from", markup`<code>${unit.path}</code> (${unit.renderer}) into namespace ${unit.namespace}`)}
${owner === "" ? undefined : row("Owner", markup`${owner}`)}
${row("Compared", markup`${ago(unit.comparedAt, now)} ago`)}
</dl>
</section>`;
}

/** A-27: no trouble; gone only when somebody says so. */
function leftWords({ app, cluster }: ReportUnit, { count, plan }: ReportLeftovers): Html {
  const what = markup`fields on ${count} ${count === 1 ? "object" : "objects"} that others set and Git does not declare`;
  if (plan === undefined) return what;
  return markup`${what}; to drop them: <code>holdfast accept ${app} --cluster ${cluster} --plan ${plan}</code>`;
}

function row(name: string, value: Html): Html {
  return markup`<dt>${name}</dt><dd>${value}</dd>`;
}

function heldCard(unit: ReportUnit, held: ReportHeld | undefined): Html | undefined {
  if (held === undefined) return undefined;
  const { deletions, deletionCount, plan } = held;
  const left = deletionCount - deletions.length;
  const command = `holdfast accept ${unit.app} --cluster ${unit.cluster}${plan === undefined ? "" : ` --plan ${plan}`}`;
  const list =
    deletionCount === 0
      ? undefined
      : markup`<p>${deletionCount} objects would be deleted:</p>
<ul class="objects">${deletions.map((ref) => markup`<li>${refWords(ref)}</li>`)}</ul>${left > 0 ? markup`<p>and ${left} more</p>` : undefined}`;
  return markup`<section class="card" aria-labelledby="held">
<h2 id="held">Held: ${held.reason}</h2>
<p>${held.message}</p>
${plan === undefined ? undefined : markup`<p>Plan <code>${plan}</code></p>`}
${list}
<p>To let it happen:</p><code class="command">${command}</code>
</section>`;
}

function problemsCard({ problems, problemCount }: ReportUnit): Html | undefined {
  if (problems.length === 0) return undefined;
  const rows = problems.map(
    (problem) => markup`<tr>
<th scope="row" class="long">${problem.object === undefined ? (problem.field ?? "") : refWords(problem.object)}</th>
<td>${problem.reason}</td>
<td class="text">${problem.message}<span class="next">${problem.next}</span></td>
<td class="mono">${problem.file === undefined ? "" : placeWords(problem)}</td>
</tr>`,
  );
  const left = problemCount - problems.length;
  return markup`<section class="card" aria-labelledby="problems">
<h2 id="problems">Problems</h2>
<table><thead><tr><th scope="col">Object</th><th scope="col">Reason</th><th scope="col">What, and what to do</th><th scope="col">Where</th></tr></thead>
<tbody>${rows}</tbody></table>${left > 0 ? markup`<p>and ${left} more</p>` : undefined}
</section>`;
}

function driftCard({ drift, objects }: ReportUnit, now: string): Html | undefined {
  if (drift.length === 0) return undefined;
  const left = objects.drifted - drift.length;
  return markup`<section class="card" aria-labelledby="drift">
<h2 id="drift">Drift</h2>
<table><thead><tr><th scope="col">Object</th><th scope="col">Field</th><th scope="col">Manager</th><th scope="col" class="n">Changed</th><th scope="col" class="n">Seen</th><th scope="col">What is done</th></tr></thead>
<tbody>${drift.map((entry) => driftRows(entry, now))}</tbody></table>${left > 0 ? markup`<p>and ${left} more objects</p>` : undefined}
</section>`;
}

/** One row a field; an object without a field differs as a whole: it is missing. */
function driftRows({ object, fields, since, action }: ReportDrift, now: string): readonly Html[] {
  const named = fields.length === 0 ? [{ path: "the whole object" }] : fields;
  return named.map(
    (field) => markup`<tr>
<th scope="row" class="long">${refWords(object)}</th>
<td class="mono text">${field.path}</td>
<td>${"manager" in field ? (field.manager ?? "unknown") : "unknown"}</td>
<td class="n">${"time" in field ? ago(field.time, now) : "–"}</td>
<td class="n">${ago(since, now)}</td>
<td>${action}</td>
</tr>`,
  );
}

function revisionsCard({ revisions }: ReportUnit, now: string): Html | undefined {
  const named = [
    ["Fetched", revisions.fetched],
    ["Attempted", revisions.attempted],
    ["Applied", revisions.applied],
    ["Live", revisions.live],
  ] as const;
  if (named.every(([, revision]) => revision === undefined)) return undefined;
  const rows = named.map(
    ([name, revision]) => markup`<tr>
<th scope="row">${name}</th><td>${commitMark(revision?.commit)}</td>
<td class="n">${ago(revision?.committedAt, now)}</td><td class="n">${ago(revision?.at, now)}</td>
</tr>`,
  );
  return markup`<section class="card" aria-labelledby="revisions">
<h2 id="revisions">How far</h2>
<table><thead><tr><th scope="col">Step</th><th scope="col">Commit</th><th scope="col" class="n">Committed</th><th scope="col" class="n">Here</th></tr></thead>
<tbody>${rows}</tbody></table>
</section>`;
}

function historyCard({ history }: ReportUnit, now: string): Html | undefined {
  if (history.length === 0) return undefined;
  const rows = history.map(
    (entry) => markup`<tr>
<th scope="row">${commitMark(entry.commit)}</th>
<td>${entry.kind}</td><td>${entry.result}</td><td>${entry.reason}</td>
<td class="n">${ago(entry.fetchedAt, now)}</td><td class="n">${ago(entry.liveAt, now)}</td>
</tr>`,
  );
  return markup`<section class="card" aria-labelledby="history">
<h2 id="history">History</h2>
<table><thead><tr><th scope="col">Commit</th><th scope="col">Kind</th><th scope="col">Result</th><th scope="col">Reason</th><th scope="col" class="n">Fetched</th><th scope="col" class="n">Live</th></tr></thead>
<tbody>${rows}</tbody></table>
</section>`;
}
