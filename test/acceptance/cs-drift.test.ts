import { describe, expect, it } from "vitest";
import { installationLabel, ownerAnnotation, ownerMark } from "../../agent/model/names.ts";
import { type KubeObject, type ObjectRef, refId, refOf } from "../../agent/model/object.ts";
import { createLead } from "../../agent/term/lead.ts";
import { configMap, obj, outcomes, sharedBench, until, within } from "../pass/bench.ts";
import { failures } from "../pass/order-cases.ts";
import { deletesSince, makeNamespace, rest, uidOf } from "./scene.ts";

const bench = sharedBench({ bookmarkMs: 30 });

function declare(app: string, objects: readonly KubeObject[]) {
  const slot = bench().slot(app);
  const { unit, commit } = bench().declare(app, { objects });
  slot.unit = { ...unit };
  slot.commit = commit;
}

const edited = (app: string, name: string, metadata: object = {}) =>
  within(app, obj("ConfigMap", name, { data: { a: "9" } }, metadata));

/** What happens to an object behind our back. */
const happened: Readonly<Record<string, (app: string, name: string) => Promise<unknown>>> = {
  absent: (app, name) => bench().hand(edited(app, name), { method: "DELETE" }),
  ours: (app, name) => bench().hand(edited(app, name)),
  unmarked: (app, name) =>
    bench().hand(edited(app, name, { annotations: { [ownerAnnotation]: null } })),
  foreign: (app, name) => {
    const argo = { "argocd.argoproj.io/tracking-id": "shop:/ConfigMap:a/b" };
    return bench().hand(edited(app, name, { annotations: { ...argo, [ownerAnnotation]: null } }));
  },
  terminating: async (app, name) => {
    await bench().hand(edited(app, name, { finalizers: ["example.com/slow"] }));
    await bench().hand(edited(app, name), { method: "DELETE" });
  },
};
const names = Object.keys(happened);

async function happens(app: string): Promise<void> {
  for (const [name, act] of Object.entries(happened)) await act(app, name);
}

describe("acceptance CS: drift", () => {
  it("80 DELETED by label removal: healed, not re-created (D-10)", async () => {
    const app = "cs80";
    await bench().sync(app, [configMap("c")]);
    await bench().watch();
    const { live } = bench().world.cluster;
    const uid = await uidOf(bench(), app, configMap("c"));
    const news: string[] = [];
    const forget = live.onChange(({ name, namespace }, type) => {
      if (namespace === app) news.push(`${type} ${name}`);
    });
    const labels = { [installationLabel]: null };
    await bench().hand(within(app, obj("ConfigMap", "c", {}, { labels })));
    await until(() => news.length > 0, "news of the label");
    forget();
    expect(news).toEqual(["deleted c"]);
    const from = bench().mark;
    expect(outcomes(await bench().pass(app))).toEqual({ "ConfigMap/c": "configured" });
    expect(await uidOf(bench(), app, configMap("c"))).toBe(uid);
    expect(deletesSince(bench(), from)).toEqual([]);
  });

  it("81 Bookmarks and undeclared objects trigger nothing (D-11, C-3)", async () => {
    const [app, other] = ["cs81", "cs81-other"];
    for (const one of [app, other]) {
      declare(one, [configMap("c")]);
      await bench().pass(one);
    }
    await bench().watch();
    const { world } = bench();
    const { live, installation } = world.cluster;
    const term = new AbortController();
    const lead = createLead(term.signal);
    lead.begin(world);
    const heard: string[] = [];
    const forget = live.onChange((ref: ObjectRef) => {
      heard.push(ref.name);
      lead.changed(ref);
    });
    const start = bench().events.length;
    const flights = () =>
      bench()
        .events.slice(start)
        .flatMap((event) => (event.type === "pass-ended" ? [event.app] : []));
    // Bears our label, and a mark of the other app; nobody declares it.
    const stray = edited(other, "stray");
    const annotations = { [ownerAnnotation]: ownerMark(installation.id, other, refOf(stray)) };
    const labels = { [installationLabel]: installation.id };
    const metadata = { ...stray.metadata, labels, annotations };
    await bench().hand({ ...stray, metadata }, { method: "POST" });
    await until(() => heard.includes("stray"), "news of the stray one");
    const kind = { group: "", kind: "ConfigMap" };
    const alive = live.aliveAt(kind);
    await until(() => live.aliveAt(kind) !== alive, "a bookmark");
    await bench().hand(edited(app, "c"));
    await until(() => flights().length > 0, "a flight");
    forget();
    await lead.stop();
    expect(new Set(flights())).toEqual(new Set([app]));
    expect(heard).not.toContain("");
    expect((await bench().get(stray))?.metadata.annotations).toEqual(annotations);
  });

  it("82 Fight threshold, decay, back-off (D-20, D-21)", async () => {
    const app = "cs82";
    await bench().sync(app, [configMap("c")]);
    const contradicted = async (afterMs = 0) => {
      bench().laterMs += afterMs;
      await bench().hand(edited(app, "c"), { manager: "rival" });
      const done = await bench().pass(app, { bypassProofs: true });
      return outcomes(done)["ConfigMap/c"];
    };
    const rounds: string[] = [];
    for (let round = 0; round < 5; round += 1) rounds.push((await contradicted()) ?? "");
    expect(rounds).toEqual(["configured", "configured", "configured", "configured", "reported"]);
    // Ten seconds, then three times as long each time.
    expect(await contradicted(9_000)).toBe("reported");
    expect(await contradicted(2_000)).toBe("configured");
    expect(await contradicted(29_000)).toBe("reported");
    expect(await contradicted(2_000)).toBe("configured");
    // Another value in Git begins anew; so does calm.
    await bench().sync(app, [configMap("c", { a: "2" })]);
    expect(await contradicted()).toBe("configured");
    for (let round = 0; round < 4; round += 1) await contradicted();
    expect(await contradicted()).toBe("reported");
    expect(await contradicted(40 * 60_000)).toBe("configured");
    expect(await contradicted()).toBe("configured");
    bench().laterMs = 0;
  });

  it("83 Action matrix D-14: declared", async () => {
    const app = "cs83-declared";
    const all = [...names.map((name) => configMap(name)), ...rest];
    await bench().sync(app, all);
    await happens(app);
    const done = await bench().pass(app, { bypassProofs: true });
    expect(outcomes(done)).toMatchObject({
      "ConfigMap/absent": "created",
      "ConfigMap/ours": "configured",
      "ConfigMap/unmarked": "adopted",
      "ConfigMap/foreign": "held",
      "ConfigMap/terminating": "skipped",
    });
  });

  it("83 Action matrix D-14: inventoried", async () => {
    const app = "cs83-inventoried";
    await bench().sync(app, [...names.map((name) => configMap(name)), ...rest]);
    await happens(app);
    const from = bench().mark;
    const done = await bench().sync(app, rest);
    expect(failures(done)).toEqual([]);
    expect(deletesSince(bench(), from)).toEqual(["ours"]);
    const tracked = await bench().tracked(app);
    expect(names.filter((name) => tracked.includes(`ConfigMap/${name}`))).toEqual([
      "unmarked",
      "foreign",
      "terminating",
    ]);
  });

  it("83 Action matrix D-14: neither, whatever its label or mark", async () => {
    const app = "cs83-neither";
    await makeNamespace(bench(), app);
    await bench().sync(app, rest);
    const { id } = bench().world.cluster.installation;
    const from = bench().mark;
    for (const name of ["marked", "labelled", "bare"]) {
      const object = edited(app, name);
      const mark = { [ownerAnnotation]: ownerMark(id, app, refOf(object)) };
      const labels = name === "bare" ? {} : { [installationLabel]: id };
      const metadata = { ...object.metadata, labels, annotations: name === "marked" ? mark : {} };
      await bench().hand({ ...object, metadata }, { method: "POST" });
    }
    await bench().watch();
    await bench().pass(app, { bypassProofs: true });
    await bench().sync(app, rest.slice(1));
    const asked = bench().requestsSince(from);
    expect(asked.filter((one) => /\/(marked|labelled|bare)\b/.test(one))).toEqual([]);
    expect((await bench().inventory(app))?.entries.has(refId(refOf(edited(app, "marked"))))).toBe(
      false,
    );
  });

  it("89 managedFields wiped: converges (A-24, A-22)", async () => {
    const app = "cs89";
    await bench().sync(app, [configMap("c", { a: "1", b: "1", c: "1" })]);
    const wiped = { ...edited(app, "c", { managedFields: [{}] }), data: { a: "9" } };
    await bench().hand(wiped);
    expect((await bench().get(wiped))?.metadata.managedFields ?? []).toHaveLength(0);
    expect(outcomes(await bench().pass(app, { bypassProofs: true }))).toEqual({
      "ConfigMap/c": "configured",
    });
    const from = bench().mark;
    for (const _pass of [1, 2]) await bench().pass(app, { bypassProofs: true });
    expect(bench().writesSince(from)).toEqual([]);
    // It is ours again: what Git drops goes.
    await bench().sync(app, [configMap("c", { a: "1", c: "1" })]);
    expect((await bench().get(wiped))?.["data"]).toEqual({ a: "1", c: "1" });
    // Wiped without another change, and dropped in the next commit.
    await bench().hand(within(app, obj("ConfigMap", "c", {}, { managedFields: [{}] })));
    await bench().pass(app, { bypassProofs: true });
    await bench().sync(app, [configMap("c", { a: "1" })]);
    expect((await bench().get(wiped))?.["data"]).toEqual({ a: "1" });
  });

  it("90 Two apps, one object: first keeps it, no flapping (P-62)", async () => {
    const [first, second] = ["cs90-z", "cs90-a"]; // the name would decide if nobody had it
    const shared = (value: string) => within("cs90", configMap("c", { a: value }));
    await makeNamespace(bench(), "cs90");
    await bench().sync(first, [shared("first"), ...rest]);
    bench().declare(second, { objects: [shared("second"), configMap("own")] });
    const from = bench().mark;
    for (const app of [second, first, second, first]) {
      const done = await bench().pass(app, { bypassProofs: true });
      const told = failures(done);
      expect(told).toEqual(app === first ? [] : [expect.stringContaining(`app ${first}`)]);
    }
    bench().restart();
    await bench().pass(second);
    const writes = bench().writesSince(from);
    expect(writes.filter((one) => one.includes("/cs90/"))).toEqual([]);
    expect((await bench().get(shared("")))?.["data"]).toEqual({ a: "first" });
    expect(await bench().get(within(second, configMap("own")))).toBeDefined();
    const uid = await uidOf(bench(), "cs90", shared(""));
    await bench().sync(first, rest);
    await bench().pass(second);
    await bench().pass(first);
    expect((await bench().get(shared("")))?.["data"]).toEqual({ a: "second" });
    expect(await uidOf(bench(), "cs90", shared(""))).toBe(uid);
  });
});
