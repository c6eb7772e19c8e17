import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../agent/model/object.ts";
import { configMap, deployment, obj, outcomes, sharedBench, within } from "../pass/bench.ts";
import { annotated } from "../pass/order-cases.ts";
import { accepting, alive, deletesSince, makeNamespace, rest, uidOf } from "./scene.ts";

const bench = sharedBench({ readyAfterMs: "never" });

/** What a second look at it finds. */
async function looked(app: string) {
  const from = bench().mark;
  const { pass } = await bench().pass(app, { bypassProofs: true });
  const paths = pass.drift.flatMap(({ fields }) => fields.map(({ path }) => path));
  return { writes: bench().writesSince(from).length, paths };
}
const quiet = { writes: 0, paths: [] };

const pem = (text: string) =>
  Buffer.from(`-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`).toString(
    "base64",
  );

/** A webhook configuration, with what stands in the place of its certificate. */
function hooks(name: string, caBundle?: string): KubeObject {
  const service = { name: "guard", namespace: "fl112", path: "/" };
  const clientConfig = caBundle === undefined ? { service } : { service, caBundle };
  const webhook = {
    name: "guard.example.com",
    admissionReviewVersions: ["v1"],
    sideEffects: "None",
    failurePolicy: "Ignore",
    clientConfig,
  };
  return {
    ...obj("ValidatingWebhookConfiguration", name, { webhooks: [webhook] }),
    apiVersion: "admissionregistration.k8s.io/v1",
  };
}

async function bundleOf(name: string): Promise<string | undefined> {
  const live = (await bench().get(hooks(name))) as unknown as Configuration | undefined;
  return live?.webhooks[0]?.clientConfig.caBundle;
}

interface Configuration {
  readonly webhooks: readonly { readonly clientConfig: { readonly caBundle?: string } }[];
}

function scaled(replicas: number, bounds: object): readonly KubeObject[] {
  const web = deployment("web");
  const scaleTargetRef = { apiVersion: "apps/v1", kind: "Deployment", name: "web" };
  const scaler = {
    ...obj("HorizontalPodAutoscaler", "web", { spec: { scaleTargetRef, ...bounds } }),
    apiVersion: "autoscaling/v2",
  };
  return [{ ...web, spec: { ...(web["spec"] as object), replicas } }, scaler];
}

describe("acceptance FL and others", () => {
  // The rule for cainjector ships with the fleet.s defaults.
  it("112 Injected caBundle: no drift unless declared (N-9, D-22)", async () => {
    const app = "fl112";
    const names = ["fl112-none", "fl112-empty", "fl112-filler"];
    const [none = "", empty = "", filler = ""] = names;
    const own = "fl112-own";
    await bench().sync(app, [
      hooks(none),
      hooks(empty, ""),
      hooks(filler, "Cg=="),
      hooks(own, pem("ours")),
    ]);
    for (const name of names) {
      await bench().hand(hooks(name, pem("injected")), { manager: "cainjector", method: "APPLY" });
    }
    expect(await looked(app)).toEqual(quiet);
    expect(await Promise.all(names.map(bundleOf))).toEqual(names.map(() => pem("injected")));
    // Nor does a later change of ours take it away.
    await bench().sync(app, [
      annotated(hooks(none), { note: "1" }),
      annotated(hooks(empty, ""), { note: "1" }),
      annotated(hooks(filler, "Cg=="), { note: "1" }),
      hooks(own, pem("ours")),
    ]);
    expect(await Promise.all(names.map(bundleOf))).toEqual(names.map(() => pem("injected")));
    // A real one in Git is ours.
    await bench().hand(hooks(own, pem("injected")), { manager: "cainjector", method: "APPLY" });
    const { paths } = await looked(app);
    expect(paths).toEqual([expect.stringContaining("caBundle")]);
    expect(await bundleOf(own)).toBe(pem("ours"));
  });

  it("113 Replicas in the HPA's range: no drift (A-50, N-10)", async () => {
    const app = "fl113";
    const replicasOf = async () => {
      const live = await bench().get(within(app, deployment("web")));
      return (live?.["spec"] as { readonly replicas: number } | undefined)?.replicas;
    };
    const scale = (replicas: number) =>
      bench().hand(within(app, obj("Deployment", "web", { spec: { replicas } })), {
        manager: "kube-controller-manager",
      });
    await bench().sync(app, scaled(2, { minReplicas: 2, maxReplicas: 5 }));
    for (const inside of [2, 5, 3]) {
      await scale(inside);
      expect(await looked(app)).toEqual(quiet);
      expect(await replicasOf()).toBe(inside);
    }
    // A commit that changes something else leaves the number alone, too.
    const [web, scaler] = scaled(2, { minReplicas: 2, maxReplicas: 5 });
    if (web === undefined || scaler === undefined) throw new Error("none");
    const done = await bench().sync(app, [annotated(web, { note: "1" }), scaler]);
    expect(outcomes(done)).toMatchObject({ "Deployment/web": "configured" });
    expect(await replicasOf()).toBe(3);
    for (const outside of [1, 6]) {
      await scale(outside);
      expect((await looked(app)).paths).toEqual(["spec.replicas"]);
      expect(await replicasOf()).toBe(2);
    }
    // Without a minimum it is one; without an autoscaler Git decides.
    await bench().sync(app, scaled(2, { maxReplicas: 5 }));
    await scale(1);
    expect((await looked(app)).writes).toBe(0);
    expect(await replicasOf()).toBe(1);
    await bench().sync("fl113-plain", [deployment("web")]);
    await bench().hand(within("fl113-plain", obj("Deployment", "web", { spec: { replicas: 4 } })));
    expect((await looked("fl113-plain")).paths).toEqual(["spec.replicas"]);
  });

  it("114 Copies of our label and mark untouched (4.5-3, D-14, P-19)", async () => {
    const app = "fl114";
    await bench().sync(app, [configMap("a"), ...rest]);
    await makeNamespace(bench(), "fl114-copy");
    // As tools that copy Secrets and ConfigMaps into other namespaces do it: with all labels and annotations.
    const { labels, annotations } =
      (await bench().get(within(app, configMap("a"))))?.metadata ?? {};
    const copy = (name: string) => obj("ConfigMap", name, { data: {} }, { labels, annotations });
    const copies = [within("fl114-copy", copy("a")), within(app, copy("b"))];
    for (const one of copies) await bench().hand(one, { method: "POST", manager: "reflector" });
    const uids = () => Promise.all(copies.map(async (one) => (await bench().get(one))?.metadata));
    const before = await uids();
    const from = bench().mark;
    await bench().pass(app, { bypassProofs: true });
    await bench().sync(app, rest);
    expect(deletesSince(bench(), from)).toEqual(["a"]);
    // Nor are they found as ours when the inventory is lost.
    const inventory = obj("ConfigMap", `holdfast-inventory-${app}`);
    await bench().hand(within("holdfast-system", inventory), { method: "DELETE" });
    bench().restart();
    bench().looksForMarks = true;
    await bench().pass(app);
    const held = await bench().sync(app, rest.slice(1));
    bench().looksForMarks = false;
    await bench().pass(app, { accepts: accepting(held) });
    expect((await bench().tracked(app)).filter((one) => /\/[ab]$/.test(one))).toEqual([]);
    expect(await alive(bench(), "fl114-copy", [copy("a")])).toEqual(["a"]);
    expect(await uids()).toEqual(before);
    expect(
      bench()
        .writesSince(from)
        .filter((one) => /fl114-copy|\/b$/.test(one)),
    ).toEqual([]);
  });

  it("115 Step 1: of the plain entry what Git does not declare is left, subresources are kept (A-22, A-27)", async () => {
    const app = "fl115";
    await makeNamespace(bench(), app);
    const web = deployment("web");
    const spec = { ...(web["spec"] as object), replicas: 3, paused: true };
    const by = { method: "POST", manager: "kubectl-client-side-apply" } as const;
    await bench().hand(within(app, { ...web, spec }), by);
    const live = await bench().get(within(app, web));
    const [entry] = live?.metadata.managedFields ?? [];
    if (entry === undefined) throw new Error("nobody owns it");
    const status = {
      ...entry,
      subresource: "status",
      fieldsV1: { "f:status": { "f:replicas": {} } },
    };
    const metadata = { ...web.metadata, managedFields: [entry, status] };
    await bench().hand(within(app, { ...obj("Deployment", "web"), metadata } as KubeObject), {
      manager: "kubectl-client-side-apply",
    });
    const { replicas: _none, ...declared } = web["spec"] as { readonly replicas: number };
    const uid = await uidOf(bench(), app, web);
    await bench().sync(app, [{ ...web, spec: declared }]);
    const after = await bench().get(within(app, web));
    expect(after?.metadata.uid).toBe(uid);
    expect(after?.["spec"]).toMatchObject({ replicas: 3, paused: true });
    const theirs = (after?.metadata.managedFields ?? []).filter(({ manager = "" }) =>
      manager.startsWith("kubectl"),
    );
    // Of the plain entry what Git does not declare is left and told; what came through a subresource is as it was.
    expect(theirs.map(({ subresource }) => subresource).sort()).toEqual(["status", undefined]);
    const plain = theirs.find(({ subresource }) => subresource === undefined)?.fieldsV1;
    expect(plain).toMatchObject({ "f:spec": { "f:paused": {}, "f:replicas": {} } });
    expect(JSON.stringify(plain)).not.toContain('"f:image"');
    const told = [...bench().slot(app).memory.leftovers.values()].flat();
    expect(told).toMatchObject([
      {
        fields: expect.arrayContaining(["spec.paused", "spec.replicas"]),
        stays: ["spec.replicas"],
      },
    ]);
  });

  it("115 Step 2: what a person accepts goes, of the same apiVersion; the rest of those entries is discarded, subresources are kept (A-27)", async () => {
    const app = "fl115b";
    await makeNamespace(bench(), app);
    const hpa = {
      apiVersion: "autoscaling/v2",
      kind: "HorizontalPodAutoscaler",
      metadata: { name: "web" },
      spec: {
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
        maxReplicas: 4,
      },
    };
    const labels = { mine: "1", old: "1", older: "1" };
    const by = { method: "POST", manager: "kubectl-client-side-apply" } as const;
    await bench().hand(within(app, { ...hpa, metadata: { name: "web", labels } }), by);
    const [entry] = (await bench().get(within(app, hpa)))?.metadata.managedFields ?? [];
    if (entry === undefined) throw new Error("nobody owns it");
    const older = {
      ...entry,
      apiVersion: "autoscaling/v1",
      fieldsV1: { "f:metadata": { "f:labels": { "f:older": {} } } },
    };
    const newer = {
      ...entry,
      fieldsV1: { "f:metadata": { "f:labels": { ".": {}, "f:mine": {}, "f:old": {} } } },
    };
    const status = {
      ...entry,
      subresource: "status",
      fieldsV1: { "f:status": { "f:desiredReplicas": {} } },
    };
    const managedFields = [newer, older, status];
    await bench().hand(
      within(app, { ...hpa, metadata: { name: "web", managedFields } } as KubeObject),
      {
        manager: "kubectl-client-side-apply",
      },
    );
    const mine = { ...hpa, metadata: { name: "web", labels: { mine: "1" } } };
    const { pass } = await bench().sync(app, [mine]);
    const told = pass.leftovers?.items.map(({ fields, stays }) => ({ fields, stays }));
    expect(told).toHaveLength(2);
    expect(told).toContainEqual({ fields: ["metadata.labels.old"], stays: undefined });
    const others = ["metadata.labels.older"];
    expect(told).toContainEqual({ fields: others, stays: others });
    const uid = await uidOf(bench(), app, hpa);
    const plan = pass.leftovers?.plan ?? "";
    await bench().pass(app, { accepts: async () => [{ by: "plan", key: "yes", plan }] });
    const after = await bench().get(within(app, hpa));
    expect(after?.metadata).toMatchObject({ uid, labels: { mine: "1", older: "1" } });
    expect(after?.metadata.labels).not.toHaveProperty("old");
    const theirs = (after?.metadata.managedFields ?? []).filter(
      ({ manager }) => manager !== "holdfast",
    );
    expect(theirs).toMatchObject([{ manager: entry.manager, subresource: "status" }]);
  });
});
