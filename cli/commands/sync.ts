import type { KubeObject } from "../../agent/model/object.ts";
import { cliApiVersion } from "../output/document.ts";
import type { Report } from "../output/error.ts";
import { type SyncResult, syncText } from "../output/sync-text.ts";
import { listNames } from "../output/text.ts";
import { askAgents } from "./ask-agents.ts";
import { askClusters } from "./ask-clusters.ts";
import type { CommandArguments } from "./catalog.ts";
import { confirm } from "./confirm.ts";
import { type CommandContext, type ConnectedCluster, nowText } from "./context.ts";
import { checkNames, isMeant } from "./fleet-view.ts";
import { isGlob } from "./glob.ts";
import { newRequest, type RequestBody, writeRequest } from "./request.ts";
import type { CommandResult } from "./result.ts";
import type { Target } from "./targets.ts";
import { waitForSync } from "./wait-sync.ts";

interface Place {
  readonly target: Target;
  readonly objects: readonly KubeObject[];
}

/** `holdfast sync [APP…]`: asks the agents to fetch and reconcile now (P-85). */
export async function sync(
  context: CommandContext,
  { positionals: apps, flags }: CommandArguments,
): Promise<CommandResult> {
  const { answers, unreached } = await askAgents(context);
  const known = answers.flatMap(({ answer }) =>
    answer.objects.map(({ metadata }) => metadata.name),
  );
  if (unreached.length === 0)
    checkNames(
      "app",
      apps.filter((app) => !isGlob(app)),
      [...new Set(known)],
    );
  const places = answers.flatMap(({ target, answer }) => {
    const objects = answer.objects.filter(({ metadata }) => isMeant(metadata.name, apps));
    return objects.length === 0 ? [] : [{ target, objects }];
  });
  const decision = places.length === 0 ? "no" : await agreed(context, places);
  if (decision !== "yes") return answer(context, { places, results: [], unreached, decision });
  const body = newRequest(context.ports);
  const asked = await request(context, places, { body, waits: flags.wait === true });
  return answer(context, {
    places,
    results: asked.results,
    unreached: [...unreached, ...asked.failures],
    decision,
  });
}

async function agreed(
  context: CommandContext,
  places: readonly Place[],
): Promise<"yes" | "no" | "preview"> {
  const clusters = places.map(({ target }) => target.cluster);
  const apps = [
    ...new Set(places.flatMap(({ objects }) => objects.map((one) => one.metadata.name))),
  ];
  return await confirm(context, {
    preview: "",
    question: `Sync ${listNames(apps)} on ${listNames(clusters)} now?`,
    unattended: "holdfast sync --yes",
  });
}

interface Asking {
  readonly body: RequestBody;
  readonly waits: boolean;
}

async function request(
  context: CommandContext,
  places: readonly Place[],
  { body, waits }: Asking,
): Promise<{ readonly results: readonly SyncResult[]; readonly failures: readonly Report[] }> {
  const byCluster = new Map(places.map((place) => [place.target.cluster, place.objects]));
  const targets = places.map(({ target }) => target);
  const askOne = async ({ client }: ConnectedCluster, target: Target, signal: AbortSignal) => {
    const objects = byCluster.get(target.cluster) ?? [];
    await Promise.all(
      objects.map((object) =>
        writeRequest(client, { kind: "sync", body, object, stillHolds: () => true }, signal),
      ),
    );
    if (!waits) return objects.map((object) => requested(target, object));
    return await waitForSync(context, { client, target, objects, id: body.id }, signal);
  };
  const { answers, failures } = await askClusters(
    { ...context, isPatient: waits },
    targets,
    askOne,
  );
  return { results: answers.flatMap(({ answer: results }) => results), failures };
}

function requested({ cluster }: Target, { metadata }: KubeObject): SyncResult {
  return { cluster, app: metadata.name, outcome: "requested" };
}

interface Outcome {
  readonly places: readonly Place[];
  readonly results: readonly SyncResult[];
  readonly unreached: readonly Report[];
  readonly decision: "yes" | "no" | "preview";
}

function answer(
  context: CommandContext,
  { places, results, unreached, decision }: Outcome,
): CommandResult {
  const failed = results.some(({ outcome }) => outcome === "ended");
  return {
    exitCode: decision === "no" || failed ? 1 : 0,
    isIncomplete: unreached.length > 0,
    reports: unreached,
    output: {
      form: "document",
      document: {
        apiVersion: cliApiVersion,
        kind: "SyncReport",
        generatedAt: nowText(context),
        complete: unreached.length === 0,
        problems: unreached,
        requested: decision === "yes",
        units: results,
      },
      draw: (style) => {
        if (places.length === 0) return "No agent here knows such an app.\n";
        return decision === "yes" ? syncText(results, style) : "Nothing was written.\n";
      },
    },
  };
}
