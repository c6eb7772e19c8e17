import type { Inventory, KeptRender } from "../../agent/model/inventory.ts";
import { type KubeObject, versionedRefOf } from "../../agent/model/object.ts";
import type { UnitStatus } from "../../agent/model/status.ts";
import { namedTarget } from "../../agent/plan/rollback.ts";
import { isoTime } from "../../agent/schedule/clock.ts";
import { fromAppObject } from "../../agent/status/app-object.ts";
import { cliApiVersion } from "../output/document.ts";
import type { Report } from "../output/error.ts";
import { type RollbackNowRow, rollbackNowText } from "../output/rollback-now-text.ts";
import { plainStyle } from "../output/style.ts";
import { listNames, parseDuration } from "../output/text.ts";
import { askClusters } from "./ask-clusters.ts";
import { confirm, type Decision } from "./confirm.ts";
import { type CommandContext, type ConnectedCluster, nowText } from "./context.ts";
import { textFlag, usage } from "./globals.ts";
import { untilObeyed } from "./obeyed.ts";
import { newRequest, type RequestBody, writeRequest } from "./request.ts";
import type { CommandResult } from "./result.ts";
import { findTargets, type Target } from "./targets.ts";

interface Wish {
  readonly app: string;
  readonly to: string | undefined;
  readonly reason: string | undefined;
  /** ISO 8601 */
  readonly until: string | undefined;
}

/** One cluster as it was asked. */
interface There {
  readonly target: Target;
  readonly row: RollbackNowRow;
  readonly object: KubeObject;
  readonly render: KeptRender | undefined;
}

/** `holdfast rollback APP --now`: the agents go back to a healthy render that they kept, without a commit. */
export async function rollbackNow(
  context: CommandContext,
  app: string,
  flags: Readonly<Record<string, unknown>>,
): Promise<CommandResult> {
  const [to, reason] = [textFlag(flags, "to"), textFlag(flags, "reason")];
  const wish = { app, to, reason, until: endOf(context, textFlag(flags, "until")) };
  const found = await findTargets(context);
  const asked = await askClusters(context, found.targets, (cluster, target, signal) =>
    look(cluster, { target, wish }, signal),
  );
  const there = asked.answers.flatMap(({ answer }) => answer ?? []);
  const unreached = [...found.unreached, ...asked.failures];
  const able = there.filter(({ render }) => render !== undefined);
  const rows = there.map(({ row }) => row);
  if (able.length === 0) return answer(context, { wish, rows, unreached, decision: "no" });
  const nowMs = context.ports.clock.now();
  const clusters = able.map(({ target }) => target.cluster);
  const decision = await confirm(context, {
    preview: `${rollbackNowText(rows, nowMs, plainStyle)}\n`,
    question: `Roll ${app} back on ${listNames(clusters)} now, against what Git says?`,
    unattended: `holdfast rollback ${app} --now --yes`,
  });
  if (decision !== "yes") return answer(context, { wish, rows, unreached, decision });
  const done = await request(context, wish, able);
  const others = rows.filter(({ cluster }) => !clusters.includes(cluster));
  const after = { rows: [...done.rows, ...others], unreached: [...unreached, ...done.failures] };
  return answer(context, { wish, ...after, decision });
}

/** A time, or how long from now. */
function endOf({ ports }: CommandContext, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const nowMs = ports.clock.now();
  const ms = parseDuration(text);
  const endMs = ms === undefined ? Date.parse(text) : nowMs + ms;
  if (Number.isNaN(endMs) || endMs <= nowMs)
    throw usage(`--until ${text} is no time to come`, "such as 2h, or 2026-11-22T18:00:00Z");
  return isoTime(endMs);
}

interface Looking {
  readonly target: Target;
  readonly wish: Wish;
}

async function look(
  { apps, inventories }: ConnectedCluster,
  { target, wish: { app, to } }: Looking,
  signal: AbortSignal,
): Promise<There | undefined> {
  const object = (await apps.list(signal)).find(({ metadata }) => metadata.name === app);
  if (object === undefined) return undefined;
  const inventory = (await inventories.read(app, signal))?.value;
  const status = fromAppObject(object);
  const { cluster } = target;
  const chosen = choose(inventory, status, to);
  const row = {
    cluster,
    from: status?.desired,
    ...(chosen.to !== undefined && { to: chosen.to.commit, healthyAt: chosen.to.at }),
    note: chosen.why ?? "",
  };
  return { target, row, object, render: chosen.to };
}

/** As the agent will choose. */
function choose(
  inventory: Inventory | undefined,
  status: UnitStatus | undefined,
  to: string | undefined,
) {
  const renders = inventory?.renders;
  if (inventory === undefined || renders === undefined || renders.length === 0) {
    const why = "nothing is kept there: the app needs onFailure: rollback before it is healthy";
    return { why } as const;
  }
  const digest = inventory.rollback?.from.digest ?? status?.digest ?? "";
  return namedTarget(inventory, digest, to);
}

interface Requested {
  readonly rows: readonly RollbackNowRow[];
  readonly failures: readonly Report[];
}

async function request(
  context: CommandContext,
  { reason, until }: Wish,
  able: readonly There[],
): Promise<Requested> {
  const byCluster = new Map(able.map((one) => [one.target.cluster, one]));
  const body = {
    ...newRequest(context.ports),
    ...(reason !== undefined && { reason }),
    ...(until !== undefined && { until }),
  };
  const targets = able.map(({ target }) => target);
  const { answers, failures } = await askClusters(context, targets, async (there, to, signal) => {
    const one = byCluster.get(to.cluster);
    return one === undefined ? [] : [await askOne(context, { there, one, body }, signal)];
  });
  return { rows: answers.flatMap((one) => one.answer), failures };
}

interface Asking {
  readonly there: ConnectedCluster;
  readonly one: There;
  readonly body: RequestBody;
}

/** By the digest that was shown, so that nothing else can be meant. */
async function askOne(
  context: CommandContext,
  { there, one: { object, row, render }, body }: Asking,
  signal: AbortSignal,
): Promise<RollbackNowRow> {
  const asked = { ...body, ...(render !== undefined && { to: render.digest }) };
  const target = { kind: "rollback", body: asked, object, stillHolds: () => true } as const;
  await writeRequest(there.client, target, signal);
  const wait = { there, object, kind: "rollback", id: body.id };
  const isObeyed = await untilObeyed(context, wait, signal);
  const now = await there.client.get(versionedRefOf(object), signal);
  const status = now === undefined ? undefined : fromAppObject(now);
  if (!isObeyed || status === undefined)
    return { ...row, note: "asked; its agent has not answered yet" };
  return { ...row, note: saidBy(status) };
}

function saidBy({ state, reason, problems }: UnitStatus): string {
  const isBack = problems.some((problem) => problem.reason === "RolledBack");
  return isBack ? `rolled back: ${state}` : `not rolled back: ${reason}; see its events`;
}

interface Outcome {
  readonly wish: Wish;
  readonly rows: readonly RollbackNowRow[];
  readonly unreached: readonly Report[];
  readonly decision: Decision;
}

function answer(context: CommandContext, outcome: Outcome): CommandResult {
  const { wish, rows, unreached, decision } = outcome;
  const { app } = wish;
  const nowMs = context.ports.clock.now();
  const commit = rows.flatMap(({ to }) => to ?? [])[0];
  const able = commit !== undefined;
  const said = able && decision === "no" ? "Declined. Nothing was written.\n" : "";
  return {
    exitCode: decision === "no" ? 1 : 0,
    isIncomplete: unreached.length > 0,
    reports: unreached,
    hints:
      decision === "yes" && able
        ? [`holdfast rollback ${app} --to ${commit.slice(0, 7)} --pr`]
        : [],
    output: {
      form: "document",
      document: {
        apiVersion: cliApiVersion,
        kind: "RollbackReport",
        generatedAt: nowText(context),
        complete: unreached.length === 0,
        problems: unreached,
        app,
        requested: decision === "yes",
        ...(wish.until !== undefined && { until: wish.until }),
        clusters: rows,
      },
      draw: (style) => {
        if (rows.length === 0) return `No agent here knows ${app}.\n`;
        return said === "" ? `${rollbackNowText(rows, nowMs, style)}\n` : said;
      },
    },
  };
}
