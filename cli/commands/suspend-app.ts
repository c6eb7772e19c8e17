import type { KubeObject } from "../../agent/model/object.ts";
import type { UnitStatus } from "../../agent/model/status.ts";
import { fromAppObject } from "../../agent/status/app-object.ts";
import { cliApiVersion } from "../output/document.ts";
import type { Report } from "../output/error.ts";
import { plainStyle } from "../output/style.ts";
import { type PauseRow, pauseText } from "../output/suspend-text.ts";
import { listNames } from "../output/text.ts";
import { askAgents } from "./ask-agents.ts";
import { askClusters } from "./ask-clusters.ts";
import { confirm, type Decision } from "./confirm.ts";
import { type CommandContext, type ConnectedCluster, nowText } from "./context.ts";
import { checkNames } from "./fleet-view.ts";
import { usage } from "./globals.ts";
import { untilObeyed } from "./obeyed.ts";
import { destinations } from "./prepare-flags.ts";
import { newRequest, type RequestBody, writeRequest } from "./request.ts";
import type { CommandResult } from "./result.ts";
import type { Target } from "./targets.ts";
import { whoAmI } from "./who-am-i.ts";

export interface Pause {
  readonly reason: string;
  /** ISO 8601 */
  readonly until: string;
}

interface Wish {
  readonly app: string;
  /** undefined: it goes on. */
  readonly pause: Pause | undefined;
  readonly flags: Readonly<Record<string, unknown>>;
}

interface Place {
  readonly target: Target;
  readonly object: KubeObject;
  readonly status: UnitStatus;
}

/** Asks the agents to leave an app alone until a time, or to go on (P-85), and waits until they say that they do. */
export async function pauseApp(context: CommandContext, wish: Wish): Promise<CommandResult> {
  const { app, pause, flags } = wish;
  if (destinations.some((name) => flags[name] !== undefined)) {
    const what = "--pr, --push and --patch are for whole clusters; an app is paused where it runs";
    throw usage(what, `leave out ${app}, or the flag`);
  }
  const { answers, unreached } = await askAgents(context);
  const known = answers.flatMap(({ answer }) => answer.statuses.map((status) => status.app));
  if (unreached.length === 0) checkNames("app", [app], [...new Set(known)]);
  const places = answers.flatMap(({ target, answer }) =>
    answer.objects
      .filter(({ metadata }) => metadata.name === app)
      .flatMap((object) => placeOf(target, object)),
  );
  const chosen = pause === undefined ? places.filter(isPaused) : places;
  if (chosen.length === 0) return answer(context, { wish, places: [], rows: [], unreached });
  const decision = await agreed(context, wish, chosen);
  const asked = decision === "yes" ? await ask(context, wish, chosen) : nothingAsked;
  return answer(context, {
    wish,
    places: chosen,
    decision,
    rows: asked.rows,
    unreached: [...unreached, ...asked.failures, ...asked.rows.flatMap(unheard)],
  });
}

function placeOf(target: Target, object: KubeObject): readonly Place[] {
  const status = fromAppObject(object);
  return status === undefined ? [] : [{ target, object, status }];
}

/** What the cluster's file says is taken back there, not here. */
function isPaused({ status }: Place): boolean {
  return status.suspend !== undefined && status.reason !== "ClusterSuspended";
}

async function agreed(
  context: CommandContext,
  { app, pause }: Wish,
  places: readonly Place[],
): Promise<Decision> {
  const clusters = places.map(({ target }) => target.cluster);
  const where = listNames(clusters);
  const on = clusters.length === 1 ? ` --cluster ${clusters[0]}` : "";
  const said =
    pause === undefined ? "" : ` --reason ${quoted(pause.reason)} --until ${pause.until}`;
  const rows = places.map(({ target, status }) => rowOf(target, status, false));
  return await confirm(context, {
    preview: `${pauseText(rows, plainStyle)}\n`,
    question:
      pause === undefined
        ? `Let ${app} go on on ${where}? What differs from Git there is set back.`
        : `Suspend ${app} on ${where} until ${pause.until}? Nothing of it is written there, neither changes nor repairs.`,
    unattended: `holdfast ${pause === undefined ? "resume" : "suspend"} ${app}${on}${said} --yes`,
  });
}

function quoted(text: string): string {
  return /^[\w.:/@#-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function rowOf({ cluster }: Target, status: UnitStatus, isObeyed: boolean): PauseRow {
  const { app, state, reason, suspend, objects } = status;
  return { cluster, app, state, reason, drifted: objects.drifted, suspend, isObeyed };
}

interface Asked {
  readonly rows: readonly PauseRow[];
  readonly failures: readonly Report[];
}

const nothingAsked: Asked = { rows: [], failures: [] };

async function ask(
  context: CommandContext,
  { pause }: Wish,
  places: readonly Place[],
): Promise<Asked> {
  const body = newRequest(context.ports);
  const byCluster = new Map(places.map((place) => [place.target.cluster, place]));
  const { answers, failures } = await askClusters(
    context,
    places.map(({ target }) => target),
    async (there, target, signal) => {
      const place = byCluster.get(target.cluster);
      if (place === undefined) return [];
      const by = await whoAmI(there.client, signal);
      const until = pause?.until ?? body.at;
      const said = { ...body, ...pause, until, ...(by === undefined ? {} : { by }) };
      return [await askOne(context, { there, place, body: said }, signal)];
    },
  );
  return { rows: answers.flatMap(({ answer: rows }) => rows), failures };
}

interface AskingOne {
  readonly there: ConnectedCluster;
  readonly place: Place;
  readonly body: RequestBody;
}

async function askOne(
  context: CommandContext,
  { there, place: { target, object, status }, body }: AskingOne,
  signal: AbortSignal,
): Promise<PauseRow> {
  const stillHolds = () => true; // whatever it says meanwhile, it is to be left alone, or to go on
  await writeRequest(there.client, { kind: "suspend", body, object, stillHolds }, signal);
  const wait = { there, object, kind: "suspend", id: body.id };
  const isObeyed = await untilObeyed(context, wait, signal);
  const all = await there.apps.list(signal);
  const now = all.find(({ metadata }) => metadata.name === object.metadata.name);
  return rowOf(target, (now && fromAppObject(now)) ?? status, isObeyed);
}

/** A busy agent obeys later; until then it may still write. */
function unheard({ cluster, app, isObeyed }: PauseRow): readonly Report[] {
  if (isObeyed) return [];
  return [
    {
      what: `the agent of ${cluster} has not said yet that it heard`,
      why: "it is busy, or does not run",
      next: `holdfast status ${app} --cluster ${cluster} --live`,
    },
  ];
}

interface Outcome {
  readonly wish: Wish;
  readonly places: readonly Place[];
  readonly decision?: Decision;
  readonly rows: readonly PauseRow[];
  readonly unreached: readonly Report[];
}

function answer(
  context: CommandContext,
  { wish: { app, pause }, places, decision = "no", rows, unreached }: Outcome,
): CommandResult {
  const shown =
    decision === "preview"
      ? places.map(({ target, status }) => rowOf(target, status, false))
      : rows;
  const [first] = places;
  const next =
    pause === undefined
      ? `holdfast status ${app}`
      : `holdfast drift list ${app} --live · holdfast resume ${app} --cluster ${first?.target.cluster}`;
  return {
    exitCode: decision === "no" ? 1 : 0,
    isIncomplete: unreached.length > 0,
    reports: unreached,
    hints: decision === "yes" ? [next] : [],
    output: {
      form: "document",
      document: {
        apiVersion: cliApiVersion,
        kind: "SuspendReport",
        generatedAt: nowText(context),
        complete: unreached.length === 0,
        problems: unreached,
        app,
        requested: decision === "yes",
        suspend: pause ?? null,
        units: shown,
      },
      draw: (style) => {
        if (places.length === 0) {
          const what = pause === undefined ? "is not suspended by request" : "does not run";
          return `${app} ${what} on any of these clusters. Nothing was written.\n`;
        }
        if (decision === "no") return "Declined. Nothing was written.\n";
        const end = decision === "preview" ? "Nothing was written (--dry-run).\n" : "";
        return pauseText(shown, style) + end;
      },
    },
  };
}
