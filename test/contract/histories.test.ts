import { beforeAll, describe, expect, test } from "vitest";
import type { Body, Reply, Wire } from "./connection.ts";
import { normalised } from "./normalise.ts";
import { Dice } from "./random.ts";
import { bothServers, outcome } from "./servers.ts";
import { defineThings, type Shape, shapes } from "./shapes.ts";

/**
 * Random histories of applies and other writes on one object, played on both servers: answers, objects and managedFields must
 * not differ after any step. HOLDFAST_HISTORIES raises the number, HOLDFAST_SEED plays one run again.
 */
const histories = Number(process.env.HOLDFAST_HISTORIES ?? 60);
const seed = Number(process.env.HOLDFAST_SEED ?? Date.now() % 1_000_000_000);
const namespace = `histories-${seed % 1_000_000}-${Date.now() % 100_000}`;

interface Step {
  readonly method: string;
  readonly query: string;
  readonly contentType: string;
  /** Made from what the server answered last, so that a PUT carries what was read. */
  body(last: Body): unknown;
  readonly what: string;
}

function stepOf(dice: Dice, shape: Shape, name: string): Step {
  const id = { apiVersion: shape.apiVersion, kind: shape.kind };
  const dry = dice.chance(0.1) ? "&dryRun=All" : "";
  const whole = (body: Record<string, Body>) => ({
    ...body,
    ...id,
    metadata: { ...body.metadata, name },
  });
  const body = whole(shape.body(dice));
  const roll = dice.next();
  if (roll < 0.6) {
    const manager = dice.pick(["a", "b", "c"]);
    const force = dice.chance(0.5);
    const query = `fieldManager=${manager}&force=${force}${dry}`;
    return {
      method: "PATCH",
      query,
      contentType: "application/apply-patch+yaml",
      body: () => body,
      what: `apply ${query}`,
    };
  }
  const query = `fieldManager=${dice.pick(["a", "u", "v"])}${dry}`;
  if (roll < 0.75) {
    return {
      method: "PUT",
      query,
      contentType: "application/json",
      body: (last) => ({
        ...body,
        metadata: { ...body.metadata, resourceVersion: last?.metadata?.resourceVersion },
      }),
      what: `put ${query}`,
    };
  }
  if (roll < 0.93) {
    const { metadata: _, ...rest } = body;
    return {
      method: "PATCH",
      query,
      contentType: "application/merge-patch+json",
      body: () => rest,
      what: `merge ${query}`,
    };
  }
  const reset = dice.pick([[], [{}]]);
  return {
    method: "PATCH",
    query,
    contentType: "application/merge-patch+json",
    body: () => ({ metadata: { managedFields: reset } }),
    what: `reset ${query}`,
  };
}

async function play(
  wire: Wire,
  { shape, name, steps }: { shape: Shape; name: string; steps: readonly Step[] },
) {
  const collection = shape.path(namespace);
  const replies: Body[] = [];
  let last: Body;
  for (const step of steps) {
    const reply: Reply = await wire.send(step.method, `${collection}/${name}?${step.query}`, {
      body: step.body(last),
      contentType: step.contentType,
    });
    if (reply.body.kind === shape.kind && !step.query.includes("dryRun")) last = reply.body;
    const live = await wire.send("GET", `${collection}/${name}`);
    replies.push({ what: step.what, answer: comparable(reply), live: comparable(live) });
  }
  return normalised(replies);
}

/** Messages name one of several errors in map order, which Go leaves open; their codes and causes are compared. */
function comparable(reply: Reply): Body {
  const seen = outcome(reply);
  return reply.code >= 400
    ? {
        code: seen.code,
        reason: seen.reason,
        causes: reply.code === 409 || process.env.HOLDFAST_CAUSES ? seen.causes : undefined,
      }
    : seen;
}

describe(`random histories, seed ${seed}`, () => {
  const suite = bothServers();
  beforeAll(async () => {
    process.stderr.write(`contract: ${histories} histories, HOLDFAST_SEED=${seed}\n`);
    const { sandbox, real } = suite.servers();
    for (const wire of [sandbox, real]) {
      if (wire === undefined) continue;
      await wire.send("POST", "/api/v1/namespaces", {
        body: { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
      });
      await defineThings(wire);
    }
  });
  test.for(Array.from({ length: histories }, (_, index) => index))(
    "history %i leaves the same on both servers",
    async (index, context) => {
      const { sandbox, real } = suite.servers();
      const dice = new Dice(seed + index);
      const shape = shapes[index % shapes.length]!;
      const name = `h${index}`;
      const steps = Array.from({ length: 3 + Math.floor(dice.next() * 8) }, () =>
        stepOf(dice, shape, name),
      );
      const ours = await play(sandbox, { shape, name, steps });
      expect(
        ours.filter(
          ({ answer }: Body) => answer.code >= 500 && !JSON.stringify(answer).includes("typed"),
        ),
      ).toEqual([]);
      if (real === undefined) {
        context.skip("no real API server: only the sandbox was asked");
        return;
      }
      const theirs = await play(real, { shape, name, steps });
      expect(ours).toEqual(theirs);
    },
  );
});
