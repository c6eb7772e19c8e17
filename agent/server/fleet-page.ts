import { reasons } from "../model/reason.ts";
import { needsAttention, type State, states, worstState } from "../model/state.ts";
import { type Html, markup } from "./escape.ts";
import { ago, commitMark, frame, refWords, sourceWords, stateMark } from "./page-parts.ts";
import type { ReportChange, ReportProblem, ReportUnit, StatusReport } from "./report-types.ts";

const stateNames: readonly State[] = [
  "Synced",
  "Suspended",
  "Progressing",
  "Drifted",
  "Held",
  "Degraded",
  "Failed",
  "Unknown",
];

/** `/`: all good? what is wrong? where is my commit? (observability §10) */
export function fleetPage(report: StatusReport, refreshSeconds: number): string {
  const attention = report.units.filter((unit) => needsAttention(unit.state));
  const count = attention.length + report.problems.length;
  const body = markup`${hero(report, attention.length)}
${problemsCard(report.problems)}
${attentionCard(attention, report.generatedAt)}
${appsCard(report)}
${changesCard(report)}`;
  const title = count === 0 ? "Holdfast" : `(${count}) Holdfast`;
  return frame({ report, path: "/", refreshSeconds, title, body });
}

function hero(report: StatusReport, attention: number): Html {
  const { units, source, generatedAt } = report;
  const { state, words } = headline(report, attention);
  const held =
    source.reason === undefined
      ? undefined
      : markup`<p>${stateMark("Held")} the source: ${source.reason}. ${source.message ?? reasons[source.reason].summary} <span class="next">${reasons[source.reason].next}</span></p>`;
  const converged = report.clusters.reduce((sum, cluster) => sum + cluster.converged, 0);
  const share =
    units.length === 0
      ? undefined
      : markup`<p class="soft">${converged} of ${units.length} apps run the commit meant for them · oldest compare ${ago(oldestCompare(units), generatedAt)} ago</p>`;
  return markup`<section class="card hero ${state}" aria-labelledby="all">
<h1 id="all"><span class="state ${state}"><span class="glyph" aria-hidden="true">${states[state].glyph}</span></span>${words}</h1>
<p>${sourceWords(source, generatedAt)}</p>${held}${knownClusters(report)}
${share}
${counts(units)}
</section>`;
}

/** When no Cluster document is this agent's, the names that exist: it is mostly a typing error. */
function knownClusters({ clusters }: StatusReport): Html | undefined {
  const known = clusters.flatMap((cluster) => cluster.knownClusters ?? []);
  if (known.length === 0) return undefined;
  return markup`<p>The repository knows: ${known.join(", ")}</p>`;
}

function headline(
  report: StatusReport,
  attention: number,
): { readonly state: State; readonly words: string } {
  const { units, problems } = report;
  const cluster = report.clusters.find(({ ready }) => !ready);
  const state = worstState(units.map((unit) => unit.state));
  if (cluster !== undefined)
    return { state: "Unknown", words: `Not ready: ${cluster.why ?? "unknown"}` };
  if (attention > 0) {
    const verb = attention === 1 ? "needs" : "need";
    return {
      state,
      words: `${attention} of ${units.length} ${apps(units.length)} ${verb} attention`,
    };
  }
  if (problems.length > 0) return { state: "Failed", words: "The fleet’s documents have problems" };
  if (report.source.reason !== undefined)
    return { state: "Held", words: "What runs is kept; nothing new comes in" };
  if (units.length === 0)
    return { state: "Suspended", words: "No app is meant for this cluster yet" };
  const moving = units.filter((unit) => unit.state === "Progressing").length;
  if (moving > 0)
    return { state, words: `${moving} of ${units.length} ${apps(units.length)} on the way` };
  return { state, words: "Everything is where it should be" };
}

function apps(count: number): string {
  return count === 1 ? "app" : "apps";
}

function oldestCompare(units: readonly ReportUnit[]): string | undefined {
  return units.flatMap(({ comparedAt }) => comparedAt ?? []).sort()[0];
}

function counts(units: readonly ReportUnit[]): Html | undefined {
  if (units.length === 0) return undefined;
  const items = stateNames.flatMap((state) => {
    const count = units.filter((unit) => unit.state === state).length;
    return count === 0 ? [] : [markup`<li>${stateMark(state, count)}</li>`];
  });
  return markup`<ul class="counts">${items}</ul>`;
}

function problemsCard(problems: readonly ReportProblem[]): Html | undefined {
  if (problems.length === 0) return undefined;
  const rows = problems.map(
    (problem) => markup`<tr>
<th scope="row">${problem.reason}</th>
<td class="text">${problem.message}<span class="next">${problem.next}</span></td>
<td class="mono">${placeWords(problem)}</td>
</tr>`,
  );
  return markup`<section class="card" aria-labelledby="problems">
<h2 id="problems">Problems of the fleet’s documents</h2>
<table><thead><tr><th scope="col">Reason</th><th scope="col">What, and what to do</th><th scope="col">Where</th></tr></thead>
<tbody>${rows}</tbody></table>
</section>`;
}

/** `apps/shop/app.yaml:14` or the object. */
export function placeWords({ file, line, object }: ReportProblem): string {
  if (file !== undefined) return line === undefined ? file : `${file}:${line}`;
  return object === undefined ? "" : refWords(object);
}

function attentionCard(units: readonly ReportUnit[], now: string): Html | undefined {
  if (units.length === 0) return undefined;
  const rows = units.map(
    (unit) => markup`<tr class="${unit.state}">
<th scope="row"><a href="/apps/${unit.app}">${unit.app}</a></th>
<td>${stateMark(unit.state)}</td>
<td class="text"><span class="nowrap">${unit.stage}: ${unit.reason}</span><br>${unit.message}<span class="next">${unit.next}</span></td>
<td class="n">${ago(unit.since, now)}</td>
</tr>`,
  );
  return markup`<section class="card attention" aria-labelledby="attention">
<h2 id="attention">Needs attention</h2>
<table><thead><tr><th scope="col">App</th><th scope="col">State</th><th scope="col">Why, and what to do</th><th scope="col" class="n">Since</th></tr></thead>
<tbody>${rows}</tbody></table>
</section>`;
}

function appsCard({ units, generatedAt }: StatusReport): Html | undefined {
  if (units.length === 0) return undefined;
  const rows = [...units]
    .sort((a, b) => a.app.localeCompare(b.app))
    .map(
      (unit) => markup`<tr>
<th scope="row"><a href="/apps/${unit.app}">${unit.app}</a></th>
<td>${stateMark(unit.state)}</td>
<td class="wide">${unit.stage}: ${unit.reason}</td>
<td>${commitMark(unit.live)}</td>
<td>${unit.desired === unit.live ? markup`<span class="soft">same</span>` : commitMark(unit.desired)}</td>
<td class="n wide">${unit.objects.managed}</td>
<td class="n wide">${amount(unit.objects.unhealthy)}</td>
<td class="n wide">${amount(unit.objects.drifted)}</td>
<td class="n wide">${amount(unit.objects.heldDeletions)}</td>
<td class="n">${ago(unit.comparedAt, generatedAt)}</td>
</tr>`,
    );
  return markup`<section class="card" aria-labelledby="apps">
<h2 id="apps">Apps</h2>
<table><thead><tr><th scope="col">App</th><th scope="col">State</th><th scope="col" class="wide">Stage: reason</th><th scope="col">Live</th><th scope="col">Wants</th><th scope="col" class="n wide">Objects</th><th scope="col" class="n wide">Unhealthy</th><th scope="col" class="n wide">Drifted</th><th scope="col" class="n wide">Held deletions</th><th scope="col" class="n">Compared</th></tr></thead>
<tbody>${rows}</tbody></table>
</section>`;
}

function amount(count: number): Html | number {
  return count === 0 ? markup`<span class="soft">–</span>` : count;
}

const namedUnits = 6;

const resultStates = {
  succeeded: "Synced",
  running: "Progressing",
  failed: "Failed",
  superseded: "Suspended",
} as const satisfies Record<ReportChange["units"][number]["result"], State>;

function changesCard({ changes, generatedAt }: StatusReport): Html | undefined {
  if (changes.length === 0) return undefined;
  const rows = changes.map(
    (change) => markup`<tr>
<th scope="row">${commitMark(change.commit)}</th>
<td class="text">${change.title ?? markup`<span class="soft">–</span>`}</td>
<td class="wide text">${change.author ?? ""}</td>
<td><ul class="list">${changeUnits(change.units)}</ul></td>
<td class="n">${ago(change.units[0]?.fetchedAt, generatedAt)}</td>
</tr>`,
  );
  return markup`<section class="card" aria-labelledby="changes">
<h2 id="changes">Changes</h2>
<table><thead><tr><th scope="col">Commit</th><th scope="col">Title</th><th scope="col" class="wide">Author</th><th scope="col">What became of it</th><th scope="col" class="n">Fetched</th></tr></thead>
<tbody>${rows}</tbody></table>
</section>`;
}

/** Many that went well are one number; what did not is always named. */
function changeUnits(units: ReportChange["units"]): readonly Html[] {
  const well = units.filter(({ result }) => result === "succeeded");
  if (well.length <= namedUnits) return units.map(changeUnit);
  const rest = units.filter(({ result }) => result !== "succeeded");
  return [
    markup`<li>${stateBadge("succeeded", `${well.length} apps`)}</li>`,
    ...rest.map(changeUnit),
  ];
}

function changeUnit({ app, result, kind }: ReportChange["units"][number]): Html {
  const words = kind === "rollback" ? " (rollback)" : "";
  return markup`<li>${stateBadge(result, app)}${words}</li>`;
}

function stateBadge(result: ReportChange["units"][number]["result"], words: string): Html {
  const state = resultStates[result];
  return markup`<span class="state ${state}"><span class="glyph" aria-hidden="true">${states[state].glyph}</span>${words}</span> <span class="soft">${result}</span>`;
}
