import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { Agent } from "../agent/agent.ts";
import { connectTo } from "../agent/cluster/connection.ts";
import { parseSettings } from "../agent/config/settings.ts";
import type { AgentEvent } from "../agent/model/event.ts";
import { isJsonObject } from "../agent/model/json.ts";
import type { KubeObject } from "../agent/model/object.ts";
import type { UnitStatus } from "../agent/model/status.ts";
import { createAgentPorts } from "../agent/ports.ts";
import { runRender } from "../agent/rendering/manifests.ts";
import { createGitSource } from "../agent/source/git.ts";
import { createGitRecords } from "../agent/source/git-records.ts";
import { type SandboxGit, startGitServer } from "../cli/sandbox/git/server.ts";
import { type SandboxCluster, startApiServer } from "../cli/sandbox/kubernetes/server.ts";
import { realClock } from "./doubles/ports.ts";
import { until } from "./pass/bench.ts";

/** Text of a document, as a person writes it. */
// biome-ignore lint/complexity/useMaxParams: a document in one line reads better
function documentOf(kind: string, name: string, spec: object, labels = {}): string {
  const metadata = { name, labels };
  return JSON.stringify({ apiVersion: "holdfast.dev/v1alpha1", kind, metadata, spec });
}

function configMap(name: string, value: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name} }\ndata: { a: "${value}" }\n`;
}

const fleet = documentOf("Fleet", "acme", { folders: ["clusters", "apps"] });
const eu = documentOf("Cluster", "eu", { values: {} }, { env: "prod" });
const app = (name: string, more: object = {}) =>
  documentOf("App", name, { namespace: name, clusters: { matchLabels: { env: "prod" } }, ...more });

const start = {
  "fleet.yaml": fleet,
  "clusters/eu.yaml": eu,
  "apps/shop/app.yaml": app("shop"),
  ...Object.fromEntries(
    ["a", "b", "c", "d", "e"].map((name) => [`apps/shop/${name}.yaml`, configMap(name, "1")]),
  ),
  "apps/blog/app.yaml": app("blog"),
  "apps/blog/page.yaml": configMap("page", "1"),
};

let cluster: SandboxCluster;
let git: SandboxGit;
let agent: Running;

interface Running {
  readonly agent: Agent;
  readonly events: AgentEvent[];
  stop(): Promise<void>;
}

/** A real agent with its renders and its Git in this thread. */
function run(): Running {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-agent-"));
  const flags = {
    "cluster-name": "eu",
    "source-url": git.url,
    "source-interval": "1s",
    "store-path": folder,
    "lease-duration": "6s",
    "lease-renew-deadline": "1s",
    "lease-write-timeout": "4s",
    "status-records-carrier": "git",
    "status-records-git-url": git.urlOf("records"),
    "status-records-git-max-pushes-per-minute": "600",
  };
  const settings = parseSettings({ flags, env: {} });
  if (!settings.ok) throw new Error(JSON.stringify(settings.problems));
  const events: AgentEvent[] = [];
  const emit = (event: AgentEvent) => void events.push(event);
  const facts = { version: "1", instance: "test", connection: connectTo(cluster) };
  const ports = createAgentPorts(settings.value, facts, emit);
  const source = createGitSource({
    url: git.url,
    ref: "main",
    storePath: folder,
    worker: false,
    clock: realClock,
  });
  const created = new Agent(settings.value, {
    ...ports,
    source,
    connect: async (signal) => {
      const ports_ = await ports.connect(signal);
      const { hasher } = ports_;
      return { ...ports_, render: (job, by) => runRender(job, { hasher, tools: {} }, by) };
    },
  });
  const stopping = new AbortController();
  const running = created.run(stopping.signal);
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopping.abort();
    stopped ??= running.then(async () => {
      await ports.source.close();
      rmSync(folder, { recursive: true, force: true });
    });
    return stopped;
  };
  return { agent: created, events, stop };
}

beforeAll(async () => {
  cluster = await startApiServer();
  git = await startGitServer({ repositories: ["fleet", "records"] });
  push(start, "first");
  agent = run();
});

afterAll(async () => {
  await agent.stop();
  await git.close();
  await cluster.stop();
});

type Changes = Readonly<Record<string, string | undefined>>;

function push(files: Changes, message: string): string {
  const id = git.commitFiles({ files, message });
  agent?.agent.nudge();
  return id;
}

function statusOf(name = "shop"): UnitStatus | undefined {
  return agent.agent.snapshot().units.find((unit) => unit.app === name);
}

function live(namespace: string, name: string): KubeObject | undefined {
  const found: unknown = cluster.store.get("/configmaps", `${namespace}/${name}`);
  return isJsonObject(found) ? (found as KubeObject) : undefined;
}

function value(name: string, namespace = "shop"): unknown {
  const data = live(namespace, name)?.["data"];
  return isJsonObject(data) ? data["a"] : undefined;
}

function isQuiet(): boolean {
  const queue = agent.events.findLast((event) => event.type === "queue");
  return queue?.type !== "queue" || queue.depth + queue.active === 0;
}

/** The commit was looked at, all flights have landed, and every app is Synced. */
async function synced(commit: string): Promise<void> {
  const seen = () => {
    const polled = agent.events.findIndex(
      (event) => event.type === "source-polled" && event.commit === commit,
    );
    const isAdopted =
      polled !== -1 && agent.events.slice(polled).some(({ type }) => type === "loop-ended");
    return (
      isAdopted && isQuiet() && ["shop", "blog"].every((name) => statusOf(name)?.state === "Synced")
    );
  };
  await until(seen, `Synced at ${commit}`).catch((error: unknown) => {
    const all = agent.agent
      .snapshot()
      .units.map(({ app, state, message }) => [app, state, message]);
    throw new Error(`${String(error)}: ${JSON.stringify(all)}`);
  });
}

async function told(reason: string, name = "shop"): Promise<UnitStatus> {
  let found: UnitStatus | undefined;
  await until(
    () => {
      found = statusOf(name);
      return found?.reason === reason;
    },
    `${reason}; it says ${statusOf(name)?.reason}: ${statusOf(name)?.message}`,
  );
  if (found === undefined) throw new Error("unreachable");
  return found;
}

function deletes(from: number): readonly string[] {
  return cluster.requests
    .slice(from)
    .flatMap(({ method, path }) => (method === "DELETE" ? [path] : []));
}

/** Every case starts from the same converged fleet. */
beforeEach(async () => {
  git.misbehave(undefined);
  const old = Object.fromEntries(["apps/", "clusters/"].map((path) => [path, undefined]));
  const id = push({ ...old, ...start }, "start");
  await synced(id);
});

/** What our own writes bring back as events is looked at within two strides of the debounce (§12). */
async function atRest(): Promise<void> {
  const passes = () => agent.events.filter(({ type }) => type === "pass-ended").length;
  for (let seen = -1; seen !== passes(); ) {
    seen = passes();
    await new Promise((done) => setTimeout(done, 2_500));
  }
}

describe("a commit", () => {
  it("ends in a Synced App object, and a revert goes back", async () => {
    await synced(push({ "apps/shop/a.yaml": configMap("a", "2") }, "change"));
    expect(value("a")).toBe("2");
    const written: unknown = cluster.store.get("holdfast.dev/apps", "holdfast-system/shop");
    expect(written).toMatchObject({ status: { state: "Synced", reason: "InSync" } });
    await synced(push({ "apps/shop/a.yaml": configMap("a", "1") }, 'Revert "change"'));
    expect(value("a")).toBe("1");
  });

  it("that touches another app leaves this one in peace", async () => {
    await atRest();
    const from = agent.events.length;
    await synced(push({ "apps/blog/page.yaml": configMap("page", "2") }, "page"));
    const passes = agent.events
      .slice(from)
      .flatMap((event) => (event.type === "pass-ended" ? event.app : []));
    expect(passes).toContain("blog");
    expect(passes).not.toContain("shop");
  });

  it("O25: a hand edit is healed and named without any poll of objects", async () => {
    const edited = { method: "PATCH", headers: { "content-type": "application/merge-patch+json" } };
    const path = "/api/v1/namespaces/shop/configmaps/b?fieldManager=kubectl-edit";
    await fetch(`${cluster.url}/token/${cluster.token}${path}`, {
      ...edited,
      body: JSON.stringify({ data: { a: "9" } }),
    });
    await until(() => value("b") === "1", "healed");
    await until(() => (statusOf()?.drift.length ?? 0) > 0, "told");
    expect(statusOf()?.drift[0]).toMatchObject({
      action: "healed",
      fields: [{ path: "data.a", manager: "kubectl-edit" }],
    });
  });

  it("P8: at rest sends no write, and asks for nothing but Git and lease", async () => {
    await new Promise((done) => setTimeout(done, 300));
    const from = cluster.requests.length;
    await new Promise((done) => setTimeout(done, 1_500));
    const asked = cluster.requests
      .slice(from)
      .map(({ method, path }) => `${method} ${path.split("?")[0]}`);
    expect(asked.filter((one) => !one.includes("/leases/"))).toEqual([]);
  });
});

describe("the status record", () => {
  const recordOf = async (): Promise<string> => {
    const reader = createGitRecords({ url: git.urlOf("records"), clock: realClock });
    const [found] = await reader.read("eu", new AbortController().signal);
    await reader.close();
    return found?.text ?? "";
  };

  it("follows the agent: what is live and what is wrong, in the repository of the records", async () => {
    const id = push({ "apps/shop/a.yaml": "kind: [" }, "broken");
    await told("RenderFailed");
    let text = "";
    await until(async () => {
      text = await recordOf();
      return text.includes('"RenderFailed"');
    }, "a record of it");
    const record = JSON.parse(text);
    expect(record).toMatchObject({
      cluster: "eu",
      agent: "1",
      source: { fetched: id },
      units: { shop: { state: "Failed" }, blog: { state: "Synced" } },
    });
    // Not beside the configuration.
    expect([...git.repository("fleet").refs.keys()]).toEqual(["refs/heads/main"]);
  });
});

describe("a revert", () => {
  it("takes away what the change brought, though its change id is an old one (P-50)", async () => {
    await synced(push({ "apps/shop/new.yaml": configMap("new", "1") }, "change"));
    await synced(push({ "apps/shop/new.yaml": undefined }, 'Revert "change"'));
    expect(live("shop", "new")).toBeUndefined();
  });
});

describe("absence is never a delete", () => {
  it("the branch is gone: RefMissing, nothing is deleted, and it goes on when it is back", async () => {
    const from = cluster.requests.length;
    const tip = git.head() ?? "";
    git.deleteBranch("main");
    agent.agent.nudge();
    const status = await told("RefMissing");
    expect(status).toMatchObject({ state: "Held" });
    git.setRef("main", tip);
    agent.agent.nudge();
    await told("InSync");
    expect(deletes(from)).toEqual([]);
    expect(value("a")).toBe("1");
  });

  it("the branch is rewritten: NonFastForward; followed with the trailer", async () => {
    const tip = git.head() ?? "";
    git.commitFiles({
      files: { ...start, "apps/shop/a.yaml": configMap("a", "7") },
      message: "new root",
      parents: [],
    });
    agent.agent.nudge();
    expect(await told("NonFastForward")).toMatchObject({ state: "Held" });
    expect(value("a")).toBe("1");
    const message = `Start over\n\nHoldfast-Accept-Tip: ${tip}`;
    await synced(push({ "apps/shop/b.yaml": configMap("b", "7") }, message));
    expect([value("a"), value("b")]).toEqual(["7", "7"]);
  });

  it("R26, P-71: the cluster's file is renamed: held whatever the apps ask for, not ready, nothing deleted", async () => {
    await synced(push({ "apps/blog/app.yaml": app("blog", { onRemove: "delete" }) }, "delete"));
    const from = cluster.requests.length;
    const renamed = documentOf("Cluster", "europe", { values: {} }, { env: "prod" });
    push({ "clusters/eu.yaml": undefined, "clusters/europe.yaml": renamed }, "rename");
    expect(await told("Unselected")).toMatchObject({ state: "Held" });
    expect(agent.agent.ready()).toMatchObject({ ok: false, knownClusters: ["europe"] });
    expect(agent.agent.snapshot().problems).toContainEqual(
      expect.objectContaining({ reason: "ConfigInvalid" }),
    );
    expect(await told("Unselected", "blog")).toMatchObject({ state: "Held" });
    expect(deletes(from)).toEqual([]);
    const back = { "clusters/eu.yaml": eu, "clusters/europe.yaml": undefined };
    await synced(push({ ...back, "apps/blog/app.yaml": app("blog") }, "back"));
    expect(agent.agent.ready()).toEqual({ ok: true });
  });

  it("R26: fleet.yaml is broken: what was accepted goes on, and polls do not churn", async () => {
    const from = cluster.requests.length;
    push({ "fleet.yaml": "kind: [", "apps/shop/a.yaml": configMap("a", "5") }, "broken");
    expect(await told("ConfigInvalid")).toMatchObject({ state: "Failed" });
    expect(value("a")).toBe("1");
    await told("ConfigInvalid", "blog");
    await until(isQuiet, "all flights have landed");
    const before = agent.events.length;
    await new Promise((done) => setTimeout(done, 2_500));
    const passes = agent.events.slice(before).filter(({ type }) => type === "pass-ended");
    expect(passes.length).toBeLessThanOrEqual(2); // an echo of the last writes; two apps at every poll were more
    await synced(push({ "fleet.yaml": fleet }, "fixed"));
    expect(value("a")).toBe("5");
    expect(deletes(from)).toEqual([]);
  });

  it("R27: an app that is broken keeps its last state; its neighbour goes on", async () => {
    const from = cluster.requests.length;
    const broken = {
      "apps/shop/app.yaml": app("shop", { nonsense: 1 }),
      "apps/shop/a.yaml": configMap("a", "5"),
    };
    push({ ...broken, "apps/blog/page.yaml": configMap("page", "5") }, "broken");
    const status = await told("ConfigInvalid");
    expect(status.problems[0]).toMatchObject({ file: "apps/shop/app.yaml", line: 1 });
    await until(() => value("page", "blog") === "5", "the neighbour");
    expect(value("a")).toBe("1");
    expect(deletes(from)).toEqual([]);
  });

  it("R27: an app file that cannot even be read removes nothing, whatever its folder is called", async () => {
    push({ "apps/store/app.yaml": app("mall"), "apps/store/x.yaml": configMap("x", "1") }, "mall");
    await until(() => statusOf("mall")?.state === "Synced", "mall");
    const from = cluster.requests.length;
    const id = push({ "apps/store/app.yaml": "kind: [" }, "unreadable");
    const isSeen = (event: AgentEvent) => event.type === "source-polled" && event.commit === id;
    await until(() => agent.events.some(isSeen), "seen");
    await until(() => agent.agent.snapshot().problems.length > 0, "told");
    await until(isQuiet, "landed");
    await until(() => statusOf("mall")?.state === "Failed", "known by its file");
    expect(statusOf("mall")?.reason).toBe("ConfigInvalid");
    expect(value("x", "mall")).toBe("1");
    expect(deletes(from)).toEqual([]);
  });

  it("O17, P-70: the app's folder is gone: AppRemoved, held; an accept of its digest lets it go", async () => {
    const from = cluster.requests.length;
    push({ "apps/blog/": undefined }, "no more blog");
    const status = await told("AppRemoved", "blog");
    expect(status).toMatchObject({ state: "Held", held: { plan: expect.any(String) } });
    expect(deletes(from)).toEqual([]);
    const request = { id: "1", at: "2026-11-21T09:00:00Z", plan: status.held?.plan };
    const annotations = { "holdfast.dev/request-accept": JSON.stringify(request) };
    const path = "/apis/holdfast.dev/v1alpha1/namespaces/holdfast-system/apps/blog";
    await fetch(`${cluster.url}/token/${cluster.token}${path}`, {
      method: "PATCH",
      headers: { "content-type": "application/merge-patch+json" },
      body: JSON.stringify({ metadata: { annotations } }),
    });
    await until(() => live("blog", "page") === undefined, "deleted");
    await until(() => statusOf("blog") === undefined, "forgotten");
  });

  it("R07: an empty folder is held; the trailer on the very commit that deletes lets it through", async () => {
    const files = Object.fromEntries(
      ["a", "b", "c", "d"].map((name) => [`apps/shop/${name}.yaml`, undefined]),
    );
    push(files, "most of it");
    expect(await told("PruneGuard")).toMatchObject({ state: "Held" });
    expect(value("a")).toBe("1");
    await synced(push({ ...start }, "back"));
    await synced(push(files, "most of it\n\nHoldfast-Accept: shop max=4"));
    expect([value("a"), value("e")]).toEqual([undefined, "1"]);
  });

  it("R07: a trailer on a later commit that changes nothing lets the held set through", async () => {
    const files = Object.fromEntries(
      ["a", "b", "c", "d"].map((name) => [`apps/shop/${name}.yaml`, undefined]),
    );
    push(files, "most of it");
    await told("PruneGuard");
    await synced(push({}, "let it go\n\nHoldfast-Accept: shop"));
    expect([value("a"), value("e")]).toEqual([undefined, "1"]);
  });

  /** Somebody adds a field with kubectl; the digest by which it is told. */
  async function left(): Promise<string> {
    const path = "/api/v1/namespaces/shop/configmaps/c?fieldManager=kubectl-edit";
    await fetch(`${cluster.url}/token/${cluster.token}${path}`, {
      method: "PATCH",
      headers: { "content-type": "application/merge-patch+json" },
      body: JSON.stringify({ data: { old: "x" } }),
    });
    await until(() => statusOf()?.leftovers?.plan !== undefined, "leftovers");
    return statusOf()?.leftovers?.plan ?? "";
  }
  const leftData = () => live("shop", "c")?.["data"];

  it("A-27, P-52: leftovers hold nothing; a trailer drops them when it names their digest, on a commit that changes nothing", async () => {
    const plan = await left();
    await synced(push({}, "anything\n\nHoldfast-Accept: shop"));
    await synced(push({}, "anything\n\nHoldfast-Accept: shop plan=0123456789ab"));
    expect(leftData()).toEqual({ a: "1", old: "x" });
    push({}, `tidy\n\nHoldfast-Accept: shop plan=${plan} max=1`);
    await until(() => statusOf()?.leftovers === undefined, "dropped");
    expect(leftData()).toEqual({ a: "1" });
    expect(statusOf()?.drift.map(({ ref }) => ref.name)).not.toContain("c");
  });

  it("A-27, P-52: leftovers go by prune.accept in app.yaml, once", async () => {
    const plan = await left();
    const accept = { prune: { accept: { plan, max: 1 } } };
    push({ "apps/shop/app.yaml": app("shop", accept) }, "tidy");
    await until(() => statusOf()?.leftovers === undefined, "dropped");
    expect(leftData()).toEqual({ a: "1" });
    expect(await left()).toBe(plan);
    await atRest();
    expect(leftData()).toEqual({ a: "1", old: "x" });
  });

  const most = Object.fromEntries(
    ["a", "b", "c", "d"].map((name) => [`apps/shop/${name}.yaml`, undefined]),
  );

  it("O29: a trailer counts once, and only for its app (O31)", async () => {
    push(most, "most of it\n\nHoldfast-Accept: shopp");
    expect(await told("PruneGuard")).toMatchObject({ state: "Held" });
    await synced(
      push(
        { ...start, "apps/blog/page.yaml": configMap("page", "3") },
        "back\n\nHoldfast-Accept: shop",
      ),
    );
    push(most, "again");
    expect(await told("PruneGuard")).toMatchObject({ state: "Held" });
    expect(value("a")).toBe("1");
    await synced(push({ ...start }, "back"));
  });

  it("P-52: a trailer counts only on commits that are not applied yet", async () => {
    const all = ["a", "b", "c", "d"].map((name) => `apps/late/${name}.yaml`);
    const late = (text: (name: string) => string | undefined) =>
      Object.fromEntries(all.map((path) => [path, text(path.slice(-6, -5))]));
    const first = { "apps/late/app.yaml": app("late"), "apps/late/z.yaml": configMap("z", "1") };
    push(first, "late\n\nHoldfast-Accept: late");
    await until(() => value("z", "late") === "1", "z");
    await until(() => statusOf("late")?.state === "Synced", "late");
    push(
      late((name) => configMap(name, "1")),
      "more",
    );
    await until(() => value("d", "late") === "1", "d");
    await until(() => statusOf("late")?.state === "Synced", "late");
    push(
      late(() => undefined),
      "less",
    );
    expect(await told("PruneGuard", "late")).toMatchObject({ state: "Held" });
    expect(value("a", "late")).toBe("1");
  });

  it("P-52: a trailer on a commit at which the app is broken accepts nothing", async () => {
    const from = cluster.requests.length;
    push(
      { "apps/shop/app.yaml": app("shop", { rollout: "nope" }) },
      "broken\n\nHoldfast-Accept: shop",
    );
    await told("ConfigInvalid");
    push({ ...most, "apps/shop/app.yaml": app("shop") }, "most of it");
    expect(await told("PruneGuard")).toMatchObject({ state: "Held" });
    expect(deletes(from)).toEqual([]);
    await synced(push({ ...start }, "back"));
  });

  it("Git answers 500: what was accepted goes on, drift is healed", async () => {
    const from = cluster.requests.length;
    git.misbehave({ kind: "status", status: 500 });
    agent.agent.nudge();
    await fetch(`${cluster.url}/token/${cluster.token}/api/v1/namespaces/shop/configmaps/c`, {
      method: "DELETE",
    });
    const mark = cluster.requests.length;
    await until(() => value("c") === "1", "made again");
    expect(deletes(mark)).toEqual([]);
    expect(mark).toBeGreaterThan(from);
    await told("SourceUnreachable");
    git.misbehave(undefined);
    agent.agent.nudge();
    await told("InSync");
  });
});

describe("a start while Git is down", () => {
  it("G35: with an empty store says Unknown, writes nothing, and goes on when Git is back", async () => {
    await agent.stop();
    git.misbehave({ kind: "status", status: 500 });
    const from = cluster.requests.length;
    agent = run();
    expect(await told("SourceUnreachable")).toMatchObject({ state: "Unknown" });
    expect(await told("SourceUnreachable", "blog")).toMatchObject({ state: "Unknown" });
    const patches = cluster.requests.slice(from).filter(({ method }) => method === "PATCH");
    expect(patches).toEqual([]);
    expect(deletes(from)).toEqual([]);
    git.misbehave(undefined);
    agent.agent.nudge();
    await told("InSync");
  });
});

describe("stop", () => {
  it("C14: ends what is in flight, lets go of the lease, and another goes on at once", async () => {
    await agent.stop();
    const lease: unknown = cluster.store.get(
      "coordination.k8s.io/leases",
      "holdfast-system/holdfast",
    );
    expect(isJsonObject(lease) ? lease["spec"] : undefined).toMatchObject({ holderIdentity: "" });
    const from = cluster.requests.length;
    await new Promise((done) => setTimeout(done, 50));
    expect(cluster.requests.slice(from)).toEqual([]);
    agent = run();
    onTestFinished(() => undefined);
    await synced(push({ "apps/shop/a.yaml": configMap("a", "3") }, "change"));
    expect(value("a")).toBe("3");
  });
});
