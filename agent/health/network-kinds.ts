import type { Health } from "../model/health.ts";
import { isJsonObject } from "../model/json.ts";
import type { KubeObject } from "../model/object.ts";
import { worst } from "./conditions.ts";
import { assessWord } from "./general.ts";
import {
  at,
  conditionsOf,
  currentConditions,
  degraded,
  healthy,
  type KindRule,
  listAt,
  progressing,
  type StatusCondition,
  suspended,
  textAt,
  words,
} from "./read.ts";
import { configuration, type RuleTable, wordAt } from "./rules.ts";
import { speaksOfFailure } from "./vocabulary.ts";

/** Solo's proxies report per namespace; states came as numbers once. */
const glooStates: Readonly<Record<string, Health>> = {
  Accepted: healthy(),
  "1": healthy(),
  Warning: degraded("warning"),
  "3": degraded("warning"),
  Rejected: degraded("rejected"),
  "2": degraded("rejected"),
  Pending: suspended("pending"),
  "0": suspended("pending"),
};

function gloo({ status }: KubeObject): Health | undefined {
  const perNamespace = at(status, "statuses");
  const reports = isJsonObject(perNamespace) ? Object.values(perNamespace) : [status];
  return worst(
    reports.flatMap((report) => {
      const found = glooStates[String(at(report, "state") ?? "")];
      return found === undefined ? [] : [{ ...found, message: textAt(report, "reason") }];
    }),
  );
}

const route: KindRule = (object) => {
  const admitted = listAt(object, "status", "ingress")
    .flatMap((ingress) => listAt(ingress, "conditions"))
    .filter((condition) => textAt(condition, "type") === "Admitted");
  if (admitted.length === 0) return progressing("no router has seen it yet");
  const refused = admitted.find((condition) => textAt(condition, "status") === "False");
  if (refused !== undefined) return degraded(textAt(refused, "message") || "not admitted");
  const isOpen = admitted.every((condition) => textAt(condition, "status") === "True");
  return isOpen ? healthy() : progressing("not admitted yet");
};

/** A listener that is refused serves nobody, whatever the Gateway as a whole says. */
const gateway: KindRule = (object) => {
  const refused = listAt(object, "status", "listeners")
    .flatMap((listener) =>
      currentConditions(listAt(listener, "conditions"), object.metadata.generation),
    )
    .find(isRefusal);
  return refused && degraded(words(refused));
};

/** Accepted and ResolvedRefs are answers; Programmed is work that may have failed. */
function isRefusal({ type, status, reason }: StatusCondition): boolean {
  if (status !== "False" || reason === "Pending") return false;
  const isAnswer = type === "Accepted" || type === "ResolvedRefs";
  return isAnswer || (type === "Programmed" && speaksOfFailure(reason));
}

const managedCertificate: KindRule = (object) => {
  const domains = listAt(object, "status", "domainStatus").map((item) => textAt(item, "status"));
  const failed = domains.find((word) => word.startsWith("Failed"));
  if (failed !== undefined) return degraded(failed);
  return wordAt(["status", "certificateStatus"], { Active: "Healthy" })(object);
};

const ingressRoute: KindRule = (object) =>
  assessWord(textAt(object, "status", "currentStatus")) ??
  (conditionsOf(object).length === 0 ? configuration() : undefined);

/** What routes, proxies and certifies. */
export const networkKinds: RuleTable = {
  "*.solo.io/*": gloo,
  "route.openshift.io/Route": route,
  "gateway.networking.k8s.io/Gateway": gateway,
  "networking.gke.io/ManagedCertificate": managedCertificate,
  "networking.istio.io/*": ingressRoute,
  "security.istio.io/*": ingressRoute,
  "telemetry.istio.io/*": ingressRoute,
  "traefik.io/*": ingressRoute,
  "projectcontour.io/HTTPProxy": ingressRoute,
};
