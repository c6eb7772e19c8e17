import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { KubeObject } from "../../agent/model/object.ts";
import { describeViolations, judgeHistory } from "../faults/oracle/oracle.ts";
import { Told } from "../faults/told.ts";
import { haveControlPlane } from "./binaries.ts";
import { holdfast } from "./cli.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { appFiles, configMap, deployment, fleetFiles, objectPath } from "./documents.ts";
import { Repository } from "./repository.ts";
import { agentNamespace, pause, Site, until } from "./site.ts";

const have = haveControlPlane();
const name = "dev";
const annotations = { "holdfast.dev/recreate": "enabled" };
const namespace = "shop";
const meta = (of: string) => ({ name: of, namespace, annotations });

const web = (app: string): KubeObject => {
  const labels = { app };
  const { spec } = deployment(namespace, "web");
  const template = { metadata: { labels }, spec: { containers: [{ name: "c", image: "i:1" }] } };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: meta("web"),
    spec: { ...(spec as object), selector: { matchLabels: labels }, template },
  };
};
const binding = (role: string): KubeObject => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "RoleBinding",
  metadata: meta("who"),
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
});
const frozen = (value: string): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: meta("frozen"),
  data: { value },
  immutable: true,
});
const set = (podManagementPolicy: string): KubeObject => {
  const { spec } = deployment(namespace, "db");
  const extra = { serviceName: "db", podManagementPolicy };
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: meta("db"),
    spec: { ...(spec as object), ...extra },
  };
};
const canary = "c2VjcmV0IHBvbnk=";
const secret: KubeObject = {
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "token", namespace },
  data: { token: canary },
};
const stays = Array.from({ length: 12 }, (_, index) => configMap(namespace, `map-${index}`));
const lost = [configMap(namespace, "lost", "as it was"), secret];
const before = [web("one"), binding("view"), frozen("1"), set("OrderedReady"), ...stays, ...lost];
const after = [web("two"), binding("edit"), frozen("2"), set("Parallel"), ...stays, ...lost];
const pruned = after.filter((object) => !lost.includes(object));

describe.skipIf(!have.ok)(`made anew and brought back, on a real cluster (${have.why})`, () => {
  let plane: ControlPlane;
  let repository: Repository;
  let site: Site;
  const told = new Told();
  let declaredLast: readonly KubeObject[] = [];

  beforeAll(async () => {
    plane = await startControlPlane({ clusters: 1, audit: true });
    const [cluster] = plane.clusters;
    if (cluster === undefined) throw new Error("no cluster");
    repository = await Repository.create(plane.folder);
    site = new Site({ plane, cluster, name, repository });
    await site.install();
    await repository.write({ ...fleetFiles([name]), ...appFiles("shop", before) });
    await push("first", before);
    await site.start();
    await synced();
  });

  afterAll(async () => {
    await site?.stop();
    await repository?.stop();
    await plane?.stop();
  });

  async function push(
    message: string,
    objects: readonly KubeObject[],
    others: Readonly<Record<string, readonly KubeObject[]>> = {},
  ): Promise<string> {
    const mark = await site.recorder.mark();
    const id = await repository.push(message);
    told.declare("shop", objects);
    declaredLast = objects;
    for (const [app, declared] of Object.entries(others)) told.declare(app, declared);
    told.committed(id, mark);
    return id;
  }

  async function synced(live?: string): Promise<void> {
    const is = (status: { readonly state: string; readonly live: string | undefined }) =>
      status.state === "Synced" && (live === undefined || status.live === live);
    await site.untilApp("shop", is, { what: "Synced" });
  }

  const uidOf = async (object: KubeObject) => (await site.api.get(object))?.metadata.uid;
  const cli = (...args: readonly string[]) =>
    holdfast(repository.folder, [
      ...args,
      ...["--cluster", name, "--kubeconfig", site.cluster.kubeconfig],
      ...["--context", site.cluster.name],
    ]);

  it("A-62, A-64, A-66, A-67: selector, roleRef, immutable data and StatefulSet, the pods untouched", async () => {
    const changed = before.slice(0, 4);
    const uids = await Promise.all(changed.map(uidOf));
    const pods = async () =>
      (await site.api.items(`/api/v1/namespaces/${namespace}/pods`))
        .filter(({ metadata }) => metadata.name.startsWith("db-"))
        .map(({ metadata }) => metadata.uid);
    const podsBefore = await pods();
    expect(podsBefore).toHaveLength(1);
    await repository.write(appFiles("shop", after));
    const commit = await push("what cannot be changed", after);
    await synced(commit);
    const fresh = await Promise.all(changed.map(uidOf));
    for (const [index, uid] of fresh.entries()) expect(uid).not.toBe(uids[index]);
    expect((await site.api.get(frozen("2")))?.["data"]).toEqual({ value: "2" });
    expect((await site.api.get(binding("edit")))?.["roleRef"]).toMatchObject({ name: "edit" });
    expect(await pods()).toEqual(podsBefore);
    await until("the pod is the new set's", async () => {
      const [pod] = await site.api.items(`/api/v1/namespaces/${namespace}/pods`);
      return pod?.metadata.ownerReferences?.[0]?.uid === (await uidOf(set("Parallel")));
    });
  });

  it("P-83: what a commit drops is kept, listed, and brought back, owned by nobody", async () => {
    const removed = Object.fromEntries(lost.map((each) => [objectPath("shop", each), undefined]));
    await repository.write(removed);
    const commit = await push("less", pruned);
    await synced(commit);
    for (const object of lost) expect(await site.api.get(object)).toBeUndefined();

    const kept = await site.api.items(`/api/v1/namespaces/${agentNamespace}/secrets`);
    expect(JSON.stringify(kept)).not.toContain(canary);
    const listed = await cli("restore", "shop");
    expect(listed, listed.stderr).toMatchObject({ code: 0 });
    expect(listed.stdout).toMatch(/ConfigMap shop\/lost +[0-9a-f]{7}/);
    expect(listed.stdout).toMatch(/Secret shop\/token .*sealed/);

    const back = await cli("restore", "shop", "ConfigMap/lost", "Secret/token", "--yes");
    expect(back, back.stderr).toMatchObject({ code: 0 });
    expect(back.stdout).toContain("Brought back 2 of 2 objects");
    const map = await site.api.get(configMap(namespace, "lost"));
    expect(map?.["data"]).toEqual({ text: "as it was" });
    expect(map?.metadata.annotations).toEqual({ "holdfast.dev/restored-from": `shop@${commit}` });
    expect((await site.api.get(secret))?.["data"]).toEqual({ token: canary });
    await until("the Event says so", async () => {
      const events = await site.kubectl("get", "events", "-n", agentNamespace, "-o", "json");
      return events.includes('"Restored"');
    });

    await repository.write(appFiles("shop", [...pruned, configMap(namespace, "lost", "in Git")]));
    const again = await push("declared again", [...pruned, configMap(namespace, "lost", "in Git")]);
    await synced(again);
    const adopted = await site.api.get(configMap(namespace, "lost"));
    expect(adopted?.["data"]).toEqual({ text: "in Git" });
    expect(adopted?.metadata.annotations).not.toHaveProperty("holdfast.dev/restored-from");
  });

  it("A-68: another scope of a definition is refused, and said so", async () => {
    const crd = (scope: string): KubeObject => ({
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "anews.example.com", annotations },
      spec: {
        group: "example.com",
        scope,
        names: { plural: "anews", singular: "anew", kind: "Anew", listKind: "AnewList" },
        versions: [
          {
            name: "v1",
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: "object" } },
          },
        ],
      },
    });
    const all = [...pruned, configMap(namespace, "lost", "in Git")];
    await repository.write(appFiles("shop", [...all, crd("Namespaced")]));
    await synced(await push("a definition", [...all, crd("Namespaced")]));
    const uid = await uidOf(crd("Namespaced"));
    await repository.write(appFiles("shop", [...all, crd("Cluster")]));
    await push("another scope", [...all, crd("Cluster")]);
    const status = await site.untilApp("shop", ({ state }) => state === "Failed", {
      what: "Failed",
    });
    expect(status).toMatchObject({
      reason: "ImmutableField",
      message: expect.stringContaining("scope"),
    });
    expect(await uidOf(crd("Namespaced"))).toBe(uid);
    await repository.write(appFiles("shop", [...all, crd("Namespaced")]));
    await push("as it was", [...all, crd("Namespaced")]);
    await synced();
  });

  it("P-81: custom resources first, their operator and definition when they are gone; one accept for all", async () => {
    const op = "op";
    const shop = declaredLast;
    const gadgets: KubeObject = {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "gadgets.example.com" },
      spec: {
        group: "example.com",
        scope: "Namespaced",
        names: { plural: "gadgets", singular: "gadget", kind: "Gadget", listKind: "GadgetList" },
        versions: [
          {
            name: "v1",
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: "object" } },
          },
        ],
      },
    };
    const gadget: KubeObject = {
      apiVersion: "example.com/v1",
      kind: "Gadget",
      metadata: { name: "g", namespace: op },
    };
    const rest = [
      configMap(op, "a"),
      configMap(op, "b"),
      configMap(op, "c"),
      deployment(op, "web"),
    ];
    const operator = deployment(op, "operator");
    const all = [...rest, gadgets, gadget, operator];
    await repository.write(appFiles(op, all));
    await push("an operator", shop, { [op]: all });
    await site.untilApp(op, ({ state }) => state === "Synced", { what: "Synced" });
    const finalizers = (text: string) =>
      site.kubectl(
        "patch",
        "gadget",
        "g",
        "-n",
        op,
        "--type=merge",
        "-p",
        `{"metadata":{"finalizers":${text}}}`,
      );
    await finalizers('["example.com/cleanup"]');
    const gone = [gadgets, gadget, operator].map((each) => [objectPath(op, each), undefined]);
    await repository.write(Object.fromEntries(gone));
    const commit = await push(`no operator\n\nHoldfast-Accept: ${op}`, shop, { [op]: rest });
    told.accepted(op, commit);
    await until("the resource is going", async () => {
      const found = await site.api.get(gadget);
      return found?.metadata.deletionTimestamp !== undefined;
    });
    await pause(3000);
    expect(await site.api.get(operator)).toMatchObject({ kind: "Deployment" });
    expect(await site.api.get(gadgets)).toMatchObject({ kind: "CustomResourceDefinition" });
    await finalizers("null");
    await until("all of it is gone", async () => {
      const found = await Promise.all([operator, gadgets].map((each) => site.api.get(each)));
      return found.every((each) => each === undefined);
    });
    await site.untilApp(op, ({ state }) => state === "Synced", { what: "Synced" });
  });

  it("the oracle finds nothing wrong in all that", async () => {
    expect(describeViolations(judgeHistory(await site.recorder.read(told)))).toBe("");
  });

  it("P-83: an app that is gone gives its things back, too, and stays gone", async () => {
    const note = configMap("notes", "note", "as it was");
    await repository.write(appFiles("notes", [note], { onRemove: "delete" }));
    await repository.push("notes");
    await site.untilApp("notes", ({ state }) => state === "Synced", { what: "Synced" });
    await repository.write({ "apps/notes": undefined });
    await repository.push("no notes");
    const isGone = async () => (await site.app("notes")) === undefined;
    await until("the app is gone", isGone);
    expect(await site.api.get(note)).toBeUndefined();
    const back = await cli("restore", "notes", "ConfigMap/note", "--yes");
    expect(back, back.stderr).toMatchObject({ code: 0 });
    expect((await site.api.get(note))?.["data"]).toEqual({ text: "as it was" });
    await until("its App object is gone again", isGone);
  });
});
