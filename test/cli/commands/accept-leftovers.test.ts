import { expect, it } from "vitest";
import type { KubeObject } from "../../../agent/model/object.ts";
import type { UnitStatus } from "../../../agent/model/status.ts";
import { appObject, id } from "../app-objects.ts";
import { fleetTexts } from "../fleet-texts.ts";
import { clusterOf, type Patched, runWith } from "../host.ts";

const plan = "3f9a1c2b7d4e";
const ref = { group: "apps", kind: "Deployment", namespace: "shop", name: "web" };
const secret = { group: "", kind: "Secret", namespace: "shop", name: "keys" };
const leftovers: Partial<UnitStatus> = {
  leftovers: {
    count: 2,
    plan,
    items: [
      {
        ref,
        manager: "kubectl-edit",
        fields: ["spec.paused", "spec.replicas"],
        stays: ["spec.replicas"],
      },
      { ref: secret, manager: "kubectl-edit", fields: ["data.old"] },
    ],
  },
};
const held: Partial<UnitStatus> = {
  state: "Held",
  stage: "applied",
  reason: "PruneGuard",
  held: { reason: "PruneGuard", message: "", plan: "8c1f2a4be91c", deletions: [secret] },
};

function owned(object: KubeObject, theirs: object): KubeObject {
  const entry = (manager: string, operation: "Apply" | "Update", fieldsV1: object) =>
    ({
      manager,
      operation,
      apiVersion: object.apiVersion,
      fieldsType: "FieldsV1",
      fieldsV1,
    }) as never;
  const managedFields = [
    entry("holdfast", "Apply", { "f:metadata": { "f:labels": { "f:a": {} } } }),
    entry("kubectl-edit", "Update", theirs),
  ];
  return { ...object, metadata: { ...object.metadata, managedFields } };
}

const live = [
  owned(
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "web", namespace: "shop" },
      spec: { paused: true, replicas: 3 },
    },
    { "f:spec": { "f:paused": {}, "f:replicas": {} } },
  ),
  owned(
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "keys", namespace: "shop" },
      data: { old: "aHVudGVyMg==" },
    },
    { "f:data": { "f:old": {} } },
  ),
];

/** One cluster on which the app's agent says this. */
function world(more: Partial<UnitStatus>, patched: Patched[] = []) {
  const cluster = clusterOf([appObject("prod", more)], patched);
  const served = (group: string, version: string, kind: string) =>
    [
      `${group}/${version}/${kind}`,
      { group, version, kind, plural: "", namespaced: true, verbs: [] },
    ] as const;
  const discovery = {
    kinds: new Map([served("apps", "v1", "Deployment"), served("", "v1", "Secret")]),
    versions: new Map([
      ["apps/Deployment", ["v1"]],
      ["/Secret", ["v1"]],
    ]),
    unknownGroups: new Set<string>(),
    kubernetes: "v1.36.3",
  };
  const { get } = cluster.client;
  const client: typeof cluster.client = {
    ...cluster.client,
    discover: async () => discovery,
    get: async (at, signal) =>
      live.find(({ kind, metadata }) => kind === at.kind && metadata.name === at.name) ??
      get(at, signal),
  };
  return { files: fleetTexts, contexts: ["prod"], clusters: { prod: { ...cluster, client } } };
}

it("A-27, P-52: accept shows each leftover before and after, asks once, and requests exactly that digest", async () => {
  const patched: Patched[] = [];
  const given = { ...world(leftovers, patched), isTty: true, answer: true };
  const { code, stdout, stderr, questions } = await runWith(
    given,
    "accept",
    "shop",
    "--cluster",
    "prod",
  );
  expect(code).toBe(0);
  expect(stderr).toMatch(/Deployment shop\/web +spec\.paused +kubectl-edit +true +–\n/);
  expect(stderr).toMatch(/Deployment shop\/web +spec\.replicas +kubectl-edit +3 +stays\n/);
  expect(stderr).toMatch(/Secret shop\/keys +data\.old +kubectl-edit +\*\*\* #1 +–\n/);
  expect(stderr + stdout).not.toContain("aHVudGVyMg");
  expect(questions).toEqual(["Drop what others left on 2 objects of prod? [y/N] "]);
  expect(stdout).toContain(`Accepted plan ${plan} on prod`);
  expect(JSON.stringify(patched)).toContain(plan);
  expect(patched).toHaveLength(1);
});

it("P-52: what is held is asked first; leftovers then by their plan", async () => {
  const both = { ...leftovers, ...held };
  const first = await runWith(world(both), "accept", "shop", "--dry-run");
  expect(first.stdout).toContain("is held: PruneGuard");
  expect(first.stdout).not.toContain("spec.paused");
  const second = await runWith(world(both), "accept", "shop", "--dry-run", "--plan", plan);
  expect(second.stdout).toContain("spec.paused");
  expect(second.stdout).not.toContain("is held");
});

it("P-52: another digest accepts nothing", async () => {
  const patched: Patched[] = [];
  const { code, stdout } = await runWith(
    world(leftovers, patched),
    ...["accept", "shop", "--plan", "111111", "--yes"],
  );
  expect([code, patched]).toEqual([1, []]);
  expect(stdout).toContain(`is not what is held (prod: ${plan})`);
});

it("P-52: prepares prune.accept of the digest for the fleet", async () => {
  const { code, stdout } = await runWith(
    world(leftovers),
    "accept",
    "shop",
    "--commit",
    "--patch",
    "-",
  );
  expect(code).toBe(0);
  expect(stdout).toMatch(new RegExp(`^\\+.*plan: "?${plan}"?`, "m"));
});

it("A-27: explain tells of leftovers, of the app and of one object, and the fix", async () => {
  const commit = id("3f1c2d9");
  const asked = { ...world(leftovers), commits: { [commit]: fleetTexts }, head: commit };
  const unit = await runWith(asked, "explain", "shop", "--cluster", "prod");
  expect(unit.code).toBe(0);
  expect(unit.stdout).toContain(
    `Left   2 objects with fields that others set and Git does not declare: holdfast accept shop --cluster prod (plan ${plan})`,
  );
  const cfg = { group: "", kind: "ConfigMap", namespace: "shop", name: "cfg" };
  const items = [{ ref: cfg, manager: "kubectl-edit", fields: ["data.old"] }];
  const one = { ...asked, ...world({ leftovers: { count: 1, plan, items } }) };
  const object = await runWith(one, "explain", "ConfigMap/cfg", "--cluster", "prod");
  expect(object.stdout).toContain(
    `Git does not declare data.old (set by kubectl-edit); they stay until holdfast accept shop --cluster prod, plan ${plan}`,
  );
});

it("A-27: status names the digest of leftovers, and nothing is in trouble for them", async () => {
  const all = await runWith(
    world(leftovers),
    "status",
    "--all",
    "--exit-code",
    "--cluster",
    "prod",
  );
  expect(all.code).toBe(0);
  expect(all.stdout).toContain(`leftovers on 2 objects (plan ${plan})`);
});
