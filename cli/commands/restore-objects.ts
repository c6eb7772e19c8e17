import { documentApiVersion, requestAnnotation } from "../../agent/model/names.ts";
import {
  describeRef,
  type KubeObject,
  refId,
  type VersionedRef,
  versionedRefOf,
} from "../../agent/model/object.ts";
import { fromAppObject } from "../../agent/status/app-object.ts";
import { type RestoreRow, restoreText } from "../output/restore-text.ts";
import { plainStyle } from "../output/style.ts";
import { count } from "../output/text.ts";
import { askClusters } from "./ask-clusters.ts";
import { confirm, type Decision } from "./confirm.ts";
import type { CommandContext, ConnectedCluster } from "./context.ts";
import {
  type Copy,
  type KeptThere,
  type RestoreWish,
  restoreReport,
  sealedNote,
  told,
} from "./kept-copies.ts";
import { newRequest, type RequestBody, writeRequest } from "./request.ts";
import { CliError, type CommandResult } from "./result.ts";

const pollMs = 300;
const patienceMs = 10_000;

/** Shows what would come back, asks, and asks the agent for it (P-85); then looks whether it is there. */
export async function bringBack(
  context: CommandContext,
  wish: RestoreWish,
  kept: KeptThere,
): Promise<CommandResult> {
  const { app } = wish;
  const { cluster } = kept.target;
  const before = await present(context, kept);
  const rows = kept.copies.map((copy) => rowOf(copy, before));
  const nowMs = context.ports.clock.now();
  const objects = count(rows.length, "object");
  const decision = await confirm(context, {
    preview: `${restoreText(rows, nowMs, plainStyle)}\n`,
    question: `Bring back ${objects} of ${app} on ${cluster}, owned by nobody until Git declares them?`,
    unattended: `holdfast restore ${[app, ...wish.names].join(" ")} --cluster ${cluster} --yes`,
  });
  const after = decision === "yes" ? await request(context, wish, kept) : before;
  const done = rows.map((row) => ({ ...row, restored: isNew(row, before, after) }));
  return answer(context, { wish, cluster, decision, copies: kept.copies, rows: done, nowMs });
}

type Present = ReadonlySet<string>;

function isNew({ ref }: RestoreRow, before: Present, after: Present): boolean {
  return after.has(refId(ref)) && !before.has(refId(ref));
}

function rowOf(copy: Copy, before: Present): RestoreRow {
  const note = before.has(refId(copy.kept.ref)) ? "exists: let alone" : sealedNote(copy);
  return { ...told(copy), note };
}

async function present(context: CommandContext, { target, copies }: KeptThere): Promise<Present> {
  const { answers, failures } = await askClusters(context, [target], (there, _target, signal) =>
    presentThere(there, copies, signal),
  );
  const [answered] = answers;
  if (answered === undefined) throw new CliError(failures, 3);
  return answered.answer;
}

/** At whatever version is served now: only whether it is there counts. */
async function presentThere(
  { client }: ConnectedCluster,
  copies: readonly Copy[],
  signal: AbortSignal,
): Promise<Present> {
  const { versions } = await client.discover(signal);
  const refs = copies.flatMap(({ kept: { ref } }): readonly VersionedRef[] => {
    const version = versions.get(`${ref.group}/${ref.kind}`)?.[0];
    return version === undefined ? [] : [{ ...ref, version }];
  });
  const found = await Promise.all(
    refs.map(async (ref) => ((await client.get(ref, signal)) === undefined ? [] : [refId(ref)])),
  );
  return new Set(found.flat());
}

async function request(
  context: CommandContext,
  { app }: RestoreWish,
  { target, copies, object }: KeptThere,
): Promise<Present> {
  const { answers, failures } = await askClusters(context, [target], async (there, _to, signal) => {
    for (const [commit, group] of Map.groupBy(copies, (copy) => copy.commit)) {
      const objects = group.map(({ kept: { ref } }) => refId(ref));
      const body = { ...newRequest(context.ports), objects, from: commit };
      const asked = object ?? appObject(app, target.cluster, context.options.namespace);
      await writeOrCreate(there.client, { object: asked, body }, signal);
      await obeyed(context, { there, object: asked, id: body.id }, signal);
    }
    return presentThere(there, copies, signal);
  });
  const [answered] = answers;
  if (answered === undefined) throw new CliError(failures, 3);
  return answered.answer;
}

/** Stands for an app that is gone, for as long as its agent needs to obey. */
function appObject(app: string, cluster: string, namespace: string): KubeObject {
  const spec = { cluster, namespace: "", path: "", renderer: "plain" };
  return { apiVersion: documentApiVersion, kind: "App", metadata: { name: app, namespace }, spec };
}

interface Asking {
  readonly object: KubeObject;
  readonly body: RequestBody;
}

async function writeOrCreate(
  client: ConnectedCluster["client"],
  { object, body }: Asking,
  signal: AbortSignal,
): Promise<void> {
  const found = await client.get(versionedRefOf(object), signal);
  if (found !== undefined) {
    const wanted = { kind: "restore", body, object: found, stillHolds: () => true } as const;
    await writeRequest(client, wanted, signal);
    return;
  }
  const annotations = { [requestAnnotation("restore")]: JSON.stringify(body) };
  await client.create({ ...object, metadata: { ...object.metadata, annotations } }, signal);
}

interface Waiting {
  readonly there: ConnectedCluster;
  readonly object: KubeObject;
  readonly id: string;
}

/** An agent that is busy obeys later; what is there by then is told as it is. The App object of a gone app goes again. */
async function obeyed(
  { ports: { clock } }: CommandContext,
  { there: { client }, object, id }: Waiting,
  signal: AbortSignal,
): Promise<void> {
  const end = clock.monotonic() + patienceMs;
  while (clock.monotonic() < end) {
    const now = await client.get(versionedRefOf(object), signal);
    if (now === undefined || fromAppObject(now)?.handled.restore === id) return;
    await clock.sleep(pollMs, signal);
  }
}

interface Answer {
  readonly wish: RestoreWish;
  readonly cluster: string;
  readonly decision: Decision;
  readonly copies: readonly Copy[];
  readonly rows: readonly (RestoreRow & { readonly restored: boolean })[];
  readonly nowMs: number;
}

function answer(
  context: CommandContext,
  { wish: { app }, cluster, decision, copies, rows, nowMs }: Answer,
): CommandResult {
  const back = rows.filter(({ restored }) => restored);
  const left = rows.filter(({ restored, note }) => !restored && note !== "exists: let alone");
  const said = {
    yes:
      `Brought back ${back.length} of ${count(rows.length, "object")} of ${app} on ${cluster}.\n` +
      left.map(({ ref }) => `Not there: ${describeRef(ref)}\n`).join(""),
    no: "Declined. Nothing was written.\n",
    preview: "Nothing was written (--dry-run).\n",
  }[decision];
  const facts = {
    app,
    cluster,
    requested: decision === "yes",
    copies: rows.map((row, index) => ({ ...row, object: copies[index]?.kept.object })),
  };
  const isMissing = decision === "yes" && left.length > 0;
  return {
    exitCode: decision === "no" ? 1 : 0,
    isIncomplete: isMissing,
    hints: isMissing ? [`kubectl get events -n ${context.options.namespace}`] : [],
    output: restoreReport(context, facts, (style) =>
      decision === "preview" ? `${restoreText(rows, nowMs, style)}\n${said}` : said,
    ),
  };
}
