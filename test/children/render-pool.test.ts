import { expect, it, onTestFinished } from "vitest";
import type { Parsed } from "../../agent/model/problem.ts";
import type { RenderedText, RenderTool } from "../../agent/render/tool.ts";
import type { RenderJob } from "../../agent/rendering/manifests.ts";
import { createRenderPool } from "../../agent/rendering/render-pool.ts";
import { type Contents, commitOf } from "../fleet/fleet-files.ts";
import { unitOf } from "../render/unit-of.ts";

const signal = new AbortController().signal;
const chart = { "apps/shop/Chart.yaml": "name: x", "apps/shop/values.yaml": "a: 1" };

function jobOf(contents: Contents, more: Partial<RenderJob> = {}): RenderJob {
  const { tree, files } = commitOf(contents);
  const commit = {
    id: "c".repeat(40),
    parents: [],
    title: "",
    message: "",
    author: "",
    authoredAt: 0,
    committedAt: 0,
  };
  return {
    unit: unitOf(),
    commit,
    tree,
    files,
    scopes: new Map([["/ConfigMap", "namespaced"]]),
    ignored: [],
    installation: "i",
    agentNamespace: "holdfast-system",
    ...more,
  };
}

function configMap(value: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata: { k: ${value} }\n`;
}

/** A pool whose helm prints these texts in turn, and counts. */
function poolOf(...texts: readonly string[]) {
  const asked = { renders: 0, version: "v4.0.0" };
  const helm: RenderTool = {
    version: async () => ({ ok: true, value: asked.version }),
    render: async (): Promise<Parsed<RenderedText>> => {
      const text = texts[asked.renders % texts.length] ?? "";
      asked.renders += 1;
      return { ok: true, value: { text, warnings: ["careful"] } };
    },
  };
  const pool = createRenderPool(new Uint8Array(32), { helm });
  onTestFinished(() => pool.close());
  return { pool, asked };
}

async function goodRender(pool: ReturnType<typeof poolOf>["pool"], job: RenderJob) {
  const rendered = await pool.run(job, signal);
  if (!rendered.ok) throw new Error(JSON.stringify(rendered.problems));
  return rendered.value;
}

it("reads what a tool printed in a worker, and runs it again only when its input changed", async () => {
  const { pool, asked } = poolOf(configMap("v"));
  const first = await goodRender(pool, jobOf(chart));
  expect(first.desired.map(({ object }) => object["data"])).toEqual([{ k: "v" }]);
  expect(first.warnings).toMatchObject([{ message: "careful" }]);
  expect([asked.renders, first.isCached]).toEqual([2, undefined]);

  const later = { ...jobOf(chart), commit: { ...jobOf(chart).commit, id: "d".repeat(40) } };
  const again = await goodRender(pool, { ...later, unit: unitOf({ changeId: "other" }) });
  expect([asked.renders, again.isCached, again.digest]).toEqual([2, true, first.digest]);
  expect([again.commit.id, again.unit.changeId]).toEqual(["d".repeat(40), "other"]);

  const changes: readonly RenderJob[] = [
    jobOf({ ...chart, "apps/shop/values.yaml": "a: 2" }),
    jobOf(chart, { unit: unitOf({ values: {} }) }),
    jobOf(chart, { capabilities: { apiVersions: ["example.com/v1"] } }),
    jobOf(chart, { scopes: new Map() }),
  ];
  for (const changed of changes) {
    expect((await goodRender(pool, changed)).isCached).toBeUndefined();
    expect((await goodRender(pool, jobOf(chart))).isCached).toBeUndefined();
    expect((await goodRender(pool, jobOf(chart))).isCached).toBe(true);
  }
  asked.version = "v4.1.0";
  expect((await goodRender(pool, jobOf(chart))).isCached).toBeUndefined();
});

it("finds what differs from render to render, and asks no more until the input moves (N-30)", async () => {
  const { pool, asked } = poolOf(configMap("r1"), configMap("r2"), configMap("r3"));
  const first = await goodRender(pool, jobOf(chart));
  expect(first.desired.map(({ unstable }) => unstable)).toEqual([["/data/k"]]);
  const again = await goodRender(pool, jobOf(chart));
  expect(again.desired).toEqual(first.desired);
  expect(asked.renders).toBe(2);
});

it("keeps no failure", async () => {
  const { pool, asked } = poolOf("a: [", "a: [", configMap("v"), configMap("v"));
  expect(await pool.run(jobOf(chart), signal)).toMatchObject({ ok: false });
  expect((await goodRender(pool, jobOf({ ...chart, x: "" }))).isCached).toBeUndefined();
  expect(asked.renders).toBe(4);
});
