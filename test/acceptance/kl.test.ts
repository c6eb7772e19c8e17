import { describe, expect, it } from "vitest";
import { publish } from "../../agent/flight/publish.ts";
import { type KubeObject, refId, refOf } from "../../agent/model/object.ts";
import { createNoteTaker } from "../../agent/telemetry/event-notes.ts";
import { createLogs } from "../../agent/telemetry/logs.ts";
import { planOne } from "../../cli/commands/plan-one.ts";
import { testHasher } from "../doubles/ports.ts";
import { configMap, never, obj, outcomes, sharedBench, widgets, within } from "../pass/bench.ts";
import { annotated, failures } from "../pass/order-cases.ts";
import { nowMs, unit } from "../plan/builders.ts";
import { alive, deletesSince, rest, uidOf } from "./scene.ts";

const forbidden: { now: RegExp | undefined } = { now: undefined };

/** What the agent has no rights for, for a while. */
const bench = sharedBench({
  fail: ({ method, path, userAgent }) =>
    userAgent !== "hand" && forbidden.now?.test(`${method} ${path}`)
      ? {
          code: 403,
          body: {
            kind: "Status",
            apiVersion: "v1",
            status: "Failure",
            reason: "Forbidden",
            code: 403,
            message: `roles.rbac.authorization.k8s.io "r" is forbidden: User "agent" cannot`,
          },
        }
      : undefined,
  admit: ({ namespace, object }) =>
    namespace === "kl104" &&
    object?.kind === "Secret" &&
    JSON.stringify(object).includes('"bad":"yes"')
      ? {
          deny: `admission webhook "leaky" denied the request: ${JSON.stringify(object)}`,
          code: 403,
        }
      : undefined,
});

describe("acceptance KL", () => {
  it("101 CRD and CR unordered, by a controller, previewed (A-100, A-102, A-7)", async () => {
    const app = "kl101";
    const widget = obj("Widget", "w", { spec: { size: 1 } });
    // A controller brings the kind, some time after Git has asked for one of it.
    const waiting = await bench().sync(app, [widget, configMap("c")]);
    expect(outcomes(waiting)).toEqual({ "Widget/w": "failed", "ConfigMap/c": "created" });
    expect(failures(waiting)).toEqual([expect.stringMatching(/^KindMissing: /)]);
    const wish = previewOf(within(app, widget), [widgets]);
    const planned = await planOne(bench().world.cluster.client, wish, never);
    expect(planned).toMatchObject({
      change: { action: "create" },
      note: "would be created, not validated: its kind comes with the same change",
    });
    await bench().hand(widgets, { method: "POST", manager: "operator" });
    await bench().ports().refreshDiscovery(never);
    bench().declare(app, { objects: [widget, configMap("c")] });
    expect(outcomes(await bench().pass(app))).toMatchObject({ "Widget/w": "created" });
    // In one commit, in the wrong order.
    const group = "kl101.example.com";
    const spec = { ...(widgets["spec"] as object), group };
    const own = obj("CustomResourceDefinition", `widgets.${group}`, { spec });
    const first = { ...obj("Widget", "first", { spec: { size: 2 } }), apiVersion: `${group}/v1` };
    const done = await bench().sync("kl101-both", [first, own]);
    expect(new Set(Object.values(outcomes(done)))).toEqual(new Set(["created"]));
  });

  it("102 Protection stops recreate (A-63, P-20, P-22)", async () => {
    const app = "kl102";
    const anew = { "holdfast.dev/recreate": "enabled" };
    const frozen = (name: string, value: string, more: Record<string, string> = {}) =>
      annotated(obj("ConfigMap", name, { data: { a: value }, immutable: true }), {
        ...anew,
        ...more,
      });
    const keep = { "holdfast.dev/prune": "disabled" };
    const token = (value: string) =>
      annotated(obj("Secret", "token", { stringData: { a: value }, immutable: true }), anew);
    const all = (value: string) => [
      frozen("in-git", value, keep),
      frozen("live", value),
      token(value),
      frozen("free", value),
    ];
    const protecting = (value: string) => {
      const unit = { protect: ["Secret"] };
      bench().declare(app, { objects: [...all(value), ...rest], unit });
      return bench().pass(app);
    };
    await protecting("one");
    await bench().hand(within(app, obj("ConfigMap", "live", {}, { annotations: keep })));
    const uids = () => Promise.all(all("one").map((object) => uidOf(bench(), app, object)));
    const [inGit, live, data] = await uids();
    const from = bench().mark;
    const done = await protecting("two");
    expect(outcomes(done)).toMatchObject({
      "ConfigMap/in-git": "failed",
      "ConfigMap/live": "failed",
      "Secret/token": "failed",
      "ConfigMap/free": "recreated",
    });
    expect(failures(done).filter((one) => one.includes("is not made anew"))).toHaveLength(3);
    expect(deletesSince(bench(), from)).toEqual(["free"]);
    expect((await uids()).slice(0, 3)).toEqual([inGit, live, data]);
  });

  it("103 Missing permissions warn, never delete (P-43, A-75)", async () => {
    const app = "kl103";
    const role = obj("Role", "r", { rules: [] });
    await bench().sync(app, [role, configMap("c"), ...rest]);
    const from = bench().mark;
    forbidden.now = /^(GET|PATCH|DELETE) .*\/roles/;
    const changed = { ...role, rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }] };
    const unread = await bench().sync(app, [changed, configMap("c", { a: "2" }), ...rest]);
    expect(outcomes(unread)).toMatchObject({ "Role/r": "failed", "ConfigMap/c": "configured" });
    expect(failures(unread)).toEqual([expect.stringMatching(/^Forbidden: .*kl103\/r/)]);
    // Dropped from Git, it may not even be read: that it is gone is not known.
    for (const right of [/^(GET|DELETE) .*\/roles/, /^DELETE .*\/roles/]) {
      forbidden.now = right;
      bench().restart();
      await bench().sync(app, [configMap("c"), ...rest]);
      const done = await bench().pass(app);
      expect(JSON.stringify([failures(done), done.pass.held, done.pass.results])).toMatch(
        /[Ff]orbidden/,
      );
      expect(await bench().tracked(app)).toContain("Role/r");
    }
    forbidden.now = undefined;
    expect(await alive(bench(), app, [role])).toEqual(["r"]);
    const refused = bench().server.requests.slice(from);
    expect(refused.filter(({ method, code }) => method === "DELETE" && code < 300)).toEqual([]);
    await bench().pass(app);
    expect(await alive(bench(), app, [role])).toEqual([]);
  });

  it("104 No secret value in any output (§2.5)", async () => {
    const app = "kl104";
    const values = ["first-Secret-value", "second-Secret-value", "edited-Secret-value"] as const;
    const [one, two, three] = values;
    const secret = (value: string, more: object = {}) =>
      obj("Secret", "s", { stringData: { password: value, same: "stays-the-Same" }, ...more });
    await bench().sync(app, [secret(one), ...rest]);
    await bench().hand(
      within(
        app,
        obj("Secret", "s", { data: { password: Buffer.from(three).toString("base64") } }),
      ),
    );
    const drifted = await bench().pass(app, { bypassProofs: true });
    expect(drifted.pass.drift).toHaveLength(1);
    const bad = obj("Secret", "bad", { stringData: { token: two } }, { labels: { bad: "yes" } });
    const done = await bench().sync(app, [secret(two), bad, ...rest]);
    expect(outcomes(done)).toMatchObject({ "Secret/s": "configured", "Secret/bad": "failed" });
    const slot = bench().slot(app);
    await publish(bench().world, { slot, flight: { ended: "pass", reconciled: done } }, never);
    await bench().sync(app, rest); // deleted, and a copy kept
    const told = [drifted.pass.drift, failures(done), logLines(), notes(), slot.status];
    const spoken = JSON.stringify([told, await everythingOf("holdfast-system")]);
    const base64 = (text: string) => Buffer.from(text).toString("base64");
    const forms = [...values, "stays-the-Same"].flatMap((value) => [value, base64(value)]);
    expect(forms.filter((form) => spoken.includes(form))).toEqual([]);
    expect(spoken).toContain("*** #1");
  });
});

/** All that was logged, at the most talkative level. */
function logLines(): readonly string[] {
  const lines: string[] = [];
  const { clock } = bench().world.ports;
  const write = (line: string) => void lines.push(line);
  const logs = createLogs({ level: "debug", write, clock, cluster: "eu" });
  for (const event of bench().events) logs.emit(event);
  expect(lines.length).toBeGreaterThan(3);
  return lines;
}

/** All that would stand in Kubernetes Events. */
function notes() {
  const take = createNoteTaker();
  return bench().events.flatMap(take);
}

function previewOf(object: KubeObject, more: readonly KubeObject[]) {
  const { installation } = bench().world.cluster;
  const declared = [object, ...more].map(desiredOf);
  const [desired = desiredOf(object)] = declared;
  const of = unit({ app: "kl101", namespace: "kl101" });
  return { unit: of, desired, declared, entry: undefined, installation: installation.id, nowMs };
}

function desiredOf(object: KubeObject) {
  const ref = refOf(object);
  const digest = testHasher.sha256(JSON.stringify(object));
  return { id: refId(ref), ref, object, digest, file: "a.yaml", line: 1 };
}

async function everythingOf(namespace: string) {
  const answer = async (resource: string) => {
    const url = `${bench().server.url}/api/v1/namespaces/${namespace}/${resource}`;
    const headers = { authorization: `Bearer ${bench().server.token}`, "user-agent": "hand" };
    return (await fetch(url, { headers })).json();
  };
  return Promise.all([answer("configmaps"), answer("secrets"), answer("events")]);
}
