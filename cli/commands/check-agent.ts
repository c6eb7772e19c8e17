import { reasonInfo } from "../../agent/model/reason.ts";
import { age, count, listNames, shortId } from "../output/text.ts";
import { fine, type Line, skewMs, wrong } from "./check-probes.ts";
import type { ClusterStatus } from "./read-status.ts";
import { silentSince } from "./silence.ts";

/** Whether an agent leads here, by its Lease (P-84). */
export function leaseLine({ lease }: ClusterStatus, nowMs: number): Line {
  const fix = "kubectl get pods -l app.kubernetes.io/name=holdfast, and look at its log";
  if (lease === undefined) return wrong("no agent has ever led here", fix);
  const silent = silentSince(lease, nowMs);
  if (silent !== undefined) return wrong(`no sign of the agent since ${silent}`, fix);
  const ahead = Date.parse(lease.renewedAt ?? "") - nowMs;
  return ahead > skewMs
    ? wrong(`the agent's clock is ${age(ahead)} ahead of this machine's`, "set its node's clock")
    : fine(`renewed ${age(-ahead)} ago`);
}

/** How the agent's apps are, as it told last. */
export function appsLine({ statuses }: ClusterStatus): Line {
  if (statuses.length === 0) {
    const says = "the agent speaks of no app";
    return wrong(says, "does an app select this cluster? holdfast clusters targets NAME");
  }
  const bad = statuses.filter(({ state }) => state === "Failed" || state === "Unknown");
  return bad.length === 0
    ? fine(`${count(statuses.length, "app")}, none in trouble`)
    : wrong(
        `${bad.length} of ${statuses.length} in trouble: ${listNames(bad.map(({ app, reason }) => `${app} (${reason})`))}`,
        `holdfast explain ${bad[0]?.app}`,
      );
}

/** Whether the agent reaches Git, as it told last. */
export function sourceLine({ statuses }: ClusterStatus): Line {
  const problems = statuses.flatMap((status) => status.problems);
  const problem = problems.find(({ reason }) => reasonInfo(reason).stage === "fetched");
  if (problem !== undefined) {
    return wrong(problem.message, problem.next ?? reasonInfo(problem.reason).next);
  }
  const commit = statuses.find(({ revisions }) => revisions.fetched)?.revisions.fetched?.commit;
  return commit === undefined
    ? wrong("no commit was ever fetched", "look at the agent's log: source-polled")
    : fine(`reads ${shortId(commit)}`);
}
