import { visible } from "./escape.ts";
import {
  type Answer,
  type Asked,
  type Handler,
  notFound,
  plainAnswer,
  plainHeaders,
} from "./listen.ts";
import type { Readiness } from "./snapshot.ts";

interface ProbeSources {
  readonly metrics: { text(): Promise<string>; readonly contentType: string };
  readonly ready: () => Readiness;
  readonly alive: () => boolean;
}

/** `/metrics /healthz /readyz`; probes say nothing but ok or why not (NEG-62). */
export function createProbeHandler({ metrics, ready, alive }: ProbeSources): Handler {
  return async ({ target }: Asked): Promise<Answer> => {
    switch (target) {
      case "/metrics":
        return metricsAnswer(await metrics.text(), metrics.contentType);
      case "/healthz":
        return alive() ? plainAnswer(200, "ok") : plainAnswer(503, "stalled");
      case "/readyz":
      case "/readyz?verbose":
        return readyAnswer(ready());
      default:
        return notFound;
    }
  };
}

function metricsAnswer(body: string, contentType: string): Answer {
  return { status: 200, headers: { ...plainHeaders, "Content-Type": contentType }, body };
}

/** Names of other clusters only where they are the very thing one needs to know: this one is not among them. */
function readyAnswer(readiness: Readiness): Answer {
  if (readiness.ok) return plainAnswer(200, "ok");
  if (readiness.knownClusters === undefined) {
    return plainAnswer(503, `not ready: ${visible(readiness.why, 200)}`);
  }
  const names = readiness.knownClusters.map((name) => visible(name, 253));
  const known = names.length === 0 ? "none" : names.slice(0, 500).join(", ");
  return plainAnswer(503, `not ready: ${visible(readiness.why, 200)}\nclusters known: ${known}`);
}
