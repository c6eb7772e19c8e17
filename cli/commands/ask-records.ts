import type { RecordReader } from "../../agent/status/carrier.ts";
import { unitsOfRecord } from "../../agent/status/from-record.ts";
import { judgeRecords, type RecordVerdict } from "../../agent/status/read-record.ts";
import type { StatusRecord } from "../../agent/status/record.ts";
import type { Report } from "../output/error.ts";
import type { AgentAnswer } from "./ask-agents.ts";
import type { AskedFleet } from "./ask-fleet.ts";
import type { CommandContext } from "./context.ts";
import { reportOf } from "./failure.ts";
import { checkNames, isMeant } from "./fleet-view.ts";
import { isGlob } from "./glob.ts";
import type { ClusterStatus } from "./read-status.ts";
import { placeText, type RecordsPlace } from "./records-place.ts";
import { CliError } from "./result.ts";
import { findMembers, type Member } from "./targets.ts";

/** What the chosen clusters have published. A record that is too old is an answer (Unknown); one that is refused is none. */
export async function askRecords(
  context: CommandContext,
  place: RecordsPlace,
): Promise<AskedFleet> {
  const { source, members } = await findMembers(context);
  const verdicts = await readAll(context, { place, members });
  const chosen = members ?? chosenOf(context, [...verdicts.keys()]);
  const answers: AgentAnswer<Member>[] = [];
  const unreached: Report[] = [];
  for (const member of chosen) {
    const verdict = verdicts.get(member.cluster);
    if (verdict?.ok === true)
      answers.push({ target: member, answer: told(member, verdict.record) });
    else unreached.push(untold(member, verdict, place));
  }
  return { from: "records", answers, unreached, source, asked: chosen.length };
}

interface Asking {
  readonly place: RecordsPlace;
  readonly members: readonly Member[] | undefined;
}

async function readAll(
  { ports, options, terminal, signal }: CommandContext,
  { place, members }: Asking,
): Promise<ReadonlyMap<string, RecordVerdict>> {
  terminal.detail(`reading status records: ${placeText(place)}`);
  const uids = new Map(members?.map(({ cluster, expected }) => [cluster, expected?.target.uid]));
  let reader: RecordReader | undefined;
  try {
    reader = await ports.records(place, options.kubeconfig);
    const found = await reader.read(undefined, signal);
    const nowMs = ports.clock.now();
    return judgeRecords(found, { uidOf: (cluster) => uids.get(cluster), seen: new Map(), nowMs })
      .verdicts;
  } catch (error) {
    signal.throwIfAborted();
    const { why, next } = reportOf(error);
    throw new CliError({
      what: "the status records cannot be read",
      where: placeText(place),
      why: error instanceof Error ? error.message : (why ?? String(error)),
      next: next ?? "holdfast status --live asks the clusters themselves",
    });
  } finally {
    await reader?.close();
  }
}

/** Without a repository: everybody who has published. */
function chosenOf({ options: { clusters } }: CommandContext, names: readonly string[]) {
  checkNames(
    "record of a cluster",
    clusters.filter((name) => !isGlob(name)),
    names,
  );
  return [...names]
    .sort()
    .filter((name) => isMeant(name, clusters))
    .map((cluster): Member => ({ cluster, environment: "", expected: undefined }));
}

function told({ expected }: Member, record: StatusRecord): ClusterStatus {
  const { kubernetes, agent, publishedAt, heartbeat } = record;
  const units = new Map(expected?.units.map((unit) => [unit.app, unit]));
  return {
    kubernetes,
    agent,
    asOf: publishedAt,
    // Where it is in Git is not in the record, but here.
    statuses: unitsOfRecord(record).map((status) => {
      const { namespace = "", path = "", renderer } = units.get(status.app) ?? {};
      const isTold = renderer !== undefined && renderer.kind !== "auto";
      return { ...status, namespace, path, renderer: isTold ? renderer.kind : status.renderer };
    }),
    objects: [],
    lease: { renewedAt: publishedAt, durationSeconds: heartbeat, comparedAt: undefined },
  };
}

function untold(
  { cluster }: Member,
  verdict: RecordVerdict | undefined,
  place: RecordsPlace,
): Report {
  const where = placeText(place);
  const next = `ask it: holdfast status --live --cluster ${cluster}`;
  return verdict?.ok === false
    ? { what: `the status record of ${cluster} is not believed`, where, why: verdict.why, next }
    : { what: `${cluster} has no status record`, where, why: "no agent has published one", next };
}
