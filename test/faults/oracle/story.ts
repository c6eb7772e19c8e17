import { type HookRun, hookKey } from "../../../agent/model/hook.ts";
import type { Inventory, InventoryEntry } from "../../../agent/model/inventory.ts";
import { installationLabel, ownerAnnotation, ownerMark } from "../../../agent/model/names.ts";
import { type KubeObject, type ObjectRef, refId, refOf } from "../../../agent/model/object.ts";
import type {
  Acceptance,
  AcceptedCommit,
  ApiWrite,
  DryRun,
  History,
  InventoryEvent,
  LiveEvent,
  Refusal,
  UnitCase,
} from "./model.ts";

const installation = "abcdefghij";

/** Tells a history by hand, one step a line, as the recorder would have written it: what the oracle's tests are made of. */
export class Story {
  #revision = 10;
  readonly #commits: AcceptedCommit[] = [];
  readonly #declared = new Map<string, Map<string, readonly KubeObject[] | "broken">>();
  readonly #acceptances: Acceptance[] = [];
  readonly #events: LiveEvent[] = [];
  readonly #inventories: InventoryEvent[] = [];
  readonly #requests: ApiWrite[] = [];
  readonly #dryRuns: DryRun[] = [];
  readonly #refusals: Refusal[] = [];
  readonly #removal = new Map<string, UnitCase["onRemove"]>();

  /** A commit is pushed and accepted. Apps that are not named are not declared by it. */
  commit(id: string, apps: Readonly<Record<string, readonly KubeObject[] | "broken">>): this {
    this.#commits.push({ id, from: ++this.#revision });
    for (const [app, objects] of Object.entries(apps)) {
      const declared =
        this.#declared.get(app) ?? new Map<string, readonly KubeObject[] | "broken">();
      this.#declared.set(app, declared.set(id, objects));
    }
    return this;
  }

  accepts(app: string, commit: string, max = 1000): this {
    this.#acceptances.push({ app, commit, max });
    return this;
  }

  onRemove(app: string, decision: UnitCase["onRemove"]): this {
    this.#removal.set(app, decision);
    return this;
  }

  /** The inventory is written with exactly these entries. */
  tracks(app: string, objects: readonly KubeObject[], commit?: string): this {
    const entries = new Map(objects.map((object) => [refId(refOf(object)), entryOf(object)]));
    const inventory: Inventory = {
      installation,
      clusterUid: "cluster",
      app,
      namespace: "shop",
      onRemove: "hold",
      accepts: [],
      implicit: [],
      entries,
      ...(commit === undefined ? {} : { commit }),
    };
    this.#inventories.push({ revision: ++this.#revision, app, inventory });
    return this;
  }

  /** The inventory is written with these hooks, and all else as it was. */
  runs(app: string, hooks: readonly KubeObject[]): this {
    const last = this.#inventories.findLast((event) => event.app === app)?.inventory;
    if (last === undefined) throw new Error(`${app} tracks nothing yet`);
    const runs = new Map(hooks.map((hook) => [hookKey("pre", refOf(hook)), runOf(hook)]));
    const inventory = { ...last, hooks: runs };
    this.#inventories.push({ revision: ++this.#revision, app, inventory });
    return this;
  }

  /** The agent applies an object and the server stores it. */
  applies(app: string, object: KubeObject): this {
    const body = marked(app, object);
    const before = this.#live(refOf(object));
    const uid = before?.metadata.uid ?? `uid-${this.#revision}`;
    const stored = { ...body, metadata: { ...body.metadata, uid } };
    this.#events.push({ revision: ++this.#revision, ref: refOf(object), object: stored });
    return this.#request({ verb: "apply", object, body, status: 200, isCommitted: true });
  }

  /** The agent applies an object and the server refuses it. */
  failsToApply(app: string, object: KubeObject, status = 422): this {
    return this.#request({ verb: "apply", object, body: marked(app, object), status });
  }

  /** Somebody else stores an object. */
  foreign(object: KubeObject): this {
    const uid = this.#live(refOf(object))?.metadata.uid ?? `uid-${this.#revision}`;
    const stored = { ...object, metadata: { ...object.metadata, uid } };
    this.#events.push({ revision: ++this.#revision, ref: refOf(object), object: stored });
    return this;
  }

  /** The agent deletes an object; by default as it should. */
  deletes(
    object: KubeObject,
    preconditions?: ApiWrite["preconditions"],
    propagationPolicy = "Background",
  ): this {
    const ref = refOf(object);
    const uid = this.#live(ref)?.metadata.uid ?? "";
    this.#events.push({ revision: ++this.#revision, ref, object: undefined });
    return this.#request({
      verb: "delete",
      object,
      body: { propagationPolicy },
      status: 200,
      isCommitted: true,
      preconditions: preconditions ?? { uid, resourceVersion: `${this.#revision - 1}` },
    });
  }

  /** The server says to a dry run that a field cannot change. */
  refuses(object: KubeObject, message = "spec: field is immutable"): this {
    this.#refusals.push({ ref: refOf(object), message, seenAt: this.#revision });
    return this;
  }

  /** The agent creates what a person wanted back. */
  creates(object: KubeObject): this {
    const uid = `uid-${this.#revision}`;
    const stored = { ...object, metadata: { ...object.metadata, uid } };
    this.#events.push({ revision: ++this.#revision, ref: refOf(object), object: stored });
    return this.#request({ verb: "create", object, body: object, status: 201, isCommitted: true });
  }

  /** A finalizer is pending: the object is still there. */
  terminates(object: KubeObject): this {
    const live = this.#live(refOf(object));
    if (live === undefined) throw new Error("nothing to terminate");
    const metadata = { ...live.metadata, deletionTimestamp: "2026-11-21T00:00:00Z" };
    const stored = { ...live, metadata };
    this.#events.push({ revision: ++this.#revision, ref: refOf(object), object: stored });
    return this;
  }

  /** After everything is still: the dry run of a declared object, and what it would leave behind. */
  dryRun(app: string, object: KubeObject, predicted: KubeObject | undefined): this {
    const ref = refOf(object);
    this.#dryRuns.push({ app, ref, live: this.#live(ref), predicted });
    return this;
  }

  /** As `dryRun`, with nothing to change. */
  isEqual(app: string, ...objects: readonly KubeObject[]): this {
    for (const object of objects) this.dryRun(app, object, this.#live(refOf(object)));
    return this;
  }

  end(): History {
    const units = [...this.#declared].map(
      ([app, declared]): UnitCase => ({
        app,
        declared,
        onRemove: this.#removal.get(app) ?? "hold",
        expectHeld: false,
      }),
    );
    return {
      namespace: "holdfast-system",
      commits: this.#commits,
      units,
      acceptances: this.#acceptances,
      events: this.#events,
      inventories: this.#inventories,
      requests: this.#requests,
      refusals: this.#refusals,
      dryRuns: this.#dryRuns,
    };
  }

  #live(ref: ObjectRef): KubeObject | undefined {
    return this.#events.findLast((event) => refId(event.ref) === refId(ref))?.object;
  }

  #request({
    verb,
    object,
    body,
    status,
    isCommitted = false,
    preconditions = {},
  }: {
    readonly verb: ApiWrite["verb"];
    readonly object: KubeObject;
    readonly body: unknown;
    readonly status: number;
    readonly isCommitted?: boolean;
    readonly preconditions?: ApiWrite["preconditions"];
  }): this {
    this.#requests.push({
      verb,
      ref: refOf(object),
      subresource: "",
      status,
      body,
      preconditions,
      revision: isCommitted ? this.#revision : undefined,
      seenAt: this.#revision,
    });
    return this;
  }
}

function entryOf(object: KubeObject): InventoryEntry {
  return { ref: refOf(object), version: "v1", plural: "", state: "applied", since: "" };
}

/** The object as the agent sends it. */
export function marked(app: string, object: KubeObject): KubeObject {
  const { labels, annotations } = object.metadata;
  return {
    ...object,
    metadata: {
      ...object.metadata,
      labels: { ...labels, [installationLabel]: installation },
      annotations: {
        [ownerAnnotation]: ownerMark(installation, app, refOf(object)),
        ...annotations,
      },
    },
  };
}

export function configMap(name: string, data: Readonly<Record<string, string>> = {}): KubeObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "shop" }, data };
}

export function deployment(name: string, configMapName?: string): KubeObject {
  const volumes =
    configMapName === undefined ? [] : [{ name: "config", configMap: { name: configMapName } }];
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace: "shop" },
    spec: { template: { spec: { volumes } } },
  };
}

/** Ten objects that stay, so that dropping one more trips no guard. */
export const tenMaps: readonly KubeObject[] = Array.from({ length: 10 }, (_, index) =>
  configMap(`stays-${index}`),
);

function runOf(hook: KubeObject): HookRun {
  const since = "2026-11-21T09:00:00Z";
  return { ref: refOf(hook), phase: "pre", version: "v1", digest: "d", state: "running", since };
}
