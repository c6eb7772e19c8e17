import { describe, expect, it } from "vitest";
import { type KubeObject, refId, refOf } from "../../agent/model/object.ts";
import { diffUnit } from "../../cli/commands/diff-units.ts";
import type { RenderedUnit } from "../../cli/commands/render-fleet.ts";
import { groupDiffs } from "../../cli/output/diff-report.ts";
import { diffText } from "../../cli/output/diff-text.ts";
import { createMasker } from "../../cli/output/mask-secrets.ts";
import { plainStyle } from "../../cli/output/style.ts";
import { testHasher } from "../doubles/ports.ts";
import { configMap, obj, outcomes, sharedBench, within } from "../pass/bench.ts";
import { unit } from "../plan/builders.ts";
import { makeNamespace } from "./scene.ts";

const bench = sharedBench();

type Row = readonly [
  owner: "kubectl" | "operator",
  git: "declared" | "not declared",
  rule: "ignored" | "no rule",
  when: "adoption" | "change",
  outcome: string,
  a: string | undefined,
];

/**
 * Somebody owns data.a, and it differs from Git, or Git says nothing of it. At an adoption the object was there before
 * us; at a change it was ours, and they have set the field since: where Git drops it, to the very value it had.
 */
const table: readonly Row[] = [
  // what kubectl left behind is free; A-27: what Git does not declare stays.
  ["kubectl", "declared", "no rule", "adoption", "adopted", "git"],
  ["kubectl", "declared", "ignored", "adoption", "adopted", "theirs"],
  ["kubectl", "not declared", "no rule", "adoption", "adopted", "theirs"],
  ["kubectl", "not declared", "ignored", "adoption", "adopted", "theirs"],
  // a living manager's value is not overwritten, unless a rule leaves it to them.
  ["operator", "declared", "no rule", "adoption", "failed", "theirs"],
  ["operator", "declared", "ignored", "adoption", "adopted", "theirs"],
  ["operator", "not declared", "no rule", "adoption", "adopted", "theirs"],
  ["operator", "not declared", "ignored", "adoption", "adopted", "theirs"],
  // on a change Git wins; A-52: but where a rule leaves it to others.
  ["kubectl", "declared", "no rule", "change", "configured", "git"],
  ["kubectl", "declared", "ignored", "change", "configured", "theirs"],
  ["operator", "declared", "no rule", "change", "configured", "git"],
  ["operator", "declared", "ignored", "change", "configured", "theirs"],
  // kubectl's claim does not keep what Git drops, an operator's does. Rules speak of what is declared.
  ["kubectl", "not declared", "no rule", "change", "configured", undefined],
  ["kubectl", "not declared", "ignored", "change", "configured", undefined],
  ["operator", "not declared", "no rule", "change", "configured", "before"],
  ["operator", "not declared", "ignored", "change", "configured", "before"],
];

async function play([owner, git, rule, when]: Row, app: string) {
  const ignore = [{ kind: "ConfigMap", fields: ["/data/a"], managers: [] }];
  const drift = { mode: "heal", graceMs: 0, ignore: rule === "ignored" ? ignore : [] } as const;
  const sync = async (object: KubeObject) => {
    bench().declare(app, { objects: [object], unit: { drift } });
    return Object.values(outcomes(await bench().pass(app, { bypassProofs: true })))[0];
  };
  const theirs = { a: git === "declared" || when === "adoption" ? "theirs" : "before" };
  const by = { manager: owner === "kubectl" ? "kubectl" : "operator", method: "APPLY" } as const;
  if (when === "change") await sync(configMap("c", { a: "before", b: "1" }));
  else await makeNamespace(bench(), app);
  await bench().hand(within(app, configMap("c", theirs)), by);
  const outcome = await sync(
    configMap("c", { ...(git === "declared" ? { a: "git" } : {}), b: "2" }),
  );
  const live = await bench().get(within(app, configMap("c")));
  return { outcome, a: (live?.["data"] as { readonly a?: string } | undefined)?.a };
}

const desiredOf = (object: KubeObject) => {
  const ref = refOf(object);
  const digest = testHasher.sha256(JSON.stringify(object));
  return { id: refId(ref), ref, object, digest, file: "a.yaml", line: 1 };
};

function rendered(objects: readonly KubeObject[]): RenderedUnit {
  const desired = objects.map(desiredOf);
  const told = { problems: [], warnings: [], renderer: "plain", isUnreached: false } as const;
  return { unit: unit({ app: "shop" }), desired, hooks: [], ...told };
}

describe("acceptance KL: fields", () => {
  it("100 16 field conflicts, outcome by A-13, A-22, A-52 (A-13, A-20, A-22, A-27, A-52)", async () => {
    const seen: Row[] = [];
    for (const [index, row] of table.entries()) {
      const { outcome = "none", a } = await play(row, `kl100-${index}`);
      const [owner, git, rule, when] = row;
      seen.push([owner, git, rule, when, outcome, a]);
    }
    expect(seen).toEqual(table);
    expect(new Set(table.map((row) => row.slice(0, 4).join())).size).toBe(16);
  });

  it("105 Hash-suffixed names paired in diffs (N-28)", () => {
    const named = (kind: string, name: string, data: object) =>
      within("shop", obj(kind, name, { data }));
    const [old, fresh] = ["5h2kd8b7t4", "9m6tc4f2gh"];
    const before = rendered([
      named("ConfigMap", `config-${old}`, { level: "info", port: "80" }),
      named("Secret", `token-${old}`, { token: "b25l" }),
      named("ConfigMap", "plain-one", { a: "1" }),
    ]);
    const after = rendered([
      named("ConfigMap", `config-${fresh}`, { level: "debug", port: "80" }),
      named("Secret", `token-${fresh}`, { token: "dHdv" }),
      named("ConfigMap", "plain-two", { a: "2" }),
    ]);
    const units = diffUnit({ environment: "", before, after }, createMasker());
    const all = units.flatMap(({ objects }) => objects);
    // Still two objects: one comes, one goes.
    expect(all.map(({ action }) => action).sort()).toEqual([
      ...["create", "create", "create"],
      ...["delete", "delete", "delete"],
    ]);
    const of = (name: string) => all.find(({ ref }) => ref.name === name);
    expect(of(`config-${fresh}`)).toMatchObject({
      note: `in the place of ConfigMap shop/config-${old}`,
      fields: [{ path: "data.level", live: "info", desired: "debug" }],
    });
    expect(of(`token-${fresh}`)?.fields).toMatchObject([{ live: "*** #2", desired: "*** #1" }]);
    expect(of("plain-two")).toMatchObject({ fields: [] });
    expect(of("plain-two")).not.toHaveProperty("note");
    const text = diffText(
      groupDiffs(units),
      { short: false, clusters: false, full: false },
      plainStyle,
    );
    expect(text).toContain("  - info\n  + debug");
  });
});
