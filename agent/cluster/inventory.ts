import type { Inventory } from "../model/inventory.ts";
import { inventoryName } from "../model/names.ts";
import { type KubeObject, kindId } from "../model/object.ts";
import { ReconcileError } from "../model/reason.ts";
import { describeWentBack } from "../model/went-back.ts";
import type { Lister, Owner, Reader, Writer } from "./client.ts";
import { ApiError } from "./errors.ts";
import { applySetId } from "./installation.ts";
import { decodeInventory, encodeInventory, inventoryCapBytes } from "./inventory-format.ts";
import { type Stored, store, versionedAt } from "./stored.ts";
import type { Timeline } from "./timeline.ts";

/** One ConfigMap for each app, in the agent's namespace, always with the agent's identity (P-5, P-13). */
export interface InventoryStore {
  /** Undefined: it does not exist. Throws ReconcileError `InventoryLost` when it cannot be read. */
  read(app: string, signal: AbortSignal): Promise<Stored<Inventory> | undefined>;
  /** Without `over` it must not exist yet. Throws ReconcileError `InventoryTooLarge` before sending; an ApiError 409 means: restart the pass. */
  write(
    inventory: Inventory,
    over: string | undefined,
    signal: AbortSignal,
  ): Promise<Stored<Inventory>>;
  /** All there are; one that cannot be read hides no other. */
  list(signal: AbortSignal): Promise<readonly ListedInventory[]>;
  remove(app: string, signal: AbortSignal): Promise<void>;
  /** Every installation that keeps an inventory anywhere on this cluster; undefined: we may not look (P-60). */
  installations(signal: AbortSignal): Promise<ReadonlySet<string> | undefined>;
}

export type ListedInventory =
  | { readonly app: string; readonly stored: Stored<Inventory> }
  | { readonly app: string; readonly unreadable: ReconcileError };

const key = "inventory.json.gz";
const idLabel = "applyset.kubernetes.io/id";
const namePrefix = inventoryName("");

export interface InventoryStoreOptions {
  readonly client: Reader & Owner & Lister & Pick<Writer, "delete">;
  readonly namespace: string;
  readonly timeline?: Timeline;
}

export function createInventoryStore(options: InventoryStoreOptions): InventoryStore {
  const { client, namespace, timeline } = options;
  const refOf = (app: string) => {
    return { group: "", version: "v1", kind: "ConfigMap", namespace, name: inventoryName(app) };
  };
  /** What was read or written last: equal bytes are not unpacked and parsed again in every pass. */
  const last = new Map<string, { readonly bytes: unknown; readonly value: Inventory }>();
  const keep = (object: KubeObject, value: Inventory): void => {
    last.set(value.app, { bytes: bytesOf(object), value });
  };
  /** C-18: a pass that opens an older inventory than it knew believes in objects that are no more. */
  const see = (object: KubeObject): void => {
    timeline?.saw(`ConfigMap ${object.metadata.name}`, versionedAt(object));
    const back = timeline?.wentBack();
    if (back !== undefined) throw new ReconcileError("ClusterRestored", describeWentBack(back));
  };
  return {
    read: async (app, signal) => {
      const found = await client.get(refOf(app), signal);
      if (found === undefined) return undefined;
      see(found);
      const known = last.get(app);
      const bytes = bytesOf(found);
      if (known !== undefined && bytes !== undefined && known.bytes === bytes) {
        return { value: known.value, resourceVersion: versionedAt(found) };
      }
      const stored = inventoryOf(found);
      keep(found, stored.value);
      return stored;
    },
    write: async (inventory, over, signal) => {
      const object = inventoryObject(inventory, namespace);
      const answer = await store(client, { object, over }, signal);
      see(answer);
      keep(object, inventory);
      return { value: inventory, resourceVersion: versionedAt(answer) };
    },
    list: async (signal) => {
      const selection = { group: "", kind: "ConfigMap", namespace, labelSelector: idLabel };
      const found: ListedInventory[] = [];
      for await (const { items } of client.list(selection, signal)) {
        found.push(
          ...items.filter(({ metadata }) => metadata.name.startsWith(namePrefix)).map(listed),
        );
      }
      return found;
    },
    installations: (signal) => installationsOf(client, signal),
    remove: async (app, signal) => {
      last.delete(app);
      const found = await client.get(refOf(app), signal);
      const { uid, resourceVersion } = found?.metadata ?? {};
      if (uid === undefined || resourceVersion === undefined) return;
      const over = { uid, resourceVersion };
      await client.delete(refOf(app), over, { propagation: "Background" }, signal);
    },
  };
}

/** The ConfigMap to write, an ApplySet parent that kubectl understands (4.3). */
export function inventoryObject(inventory: Inventory, namespace: string): KubeObject {
  const bytes = encodeInventory(inventory);
  if (bytes.length > inventoryCapBytes) {
    const size = `${inventory.entries.size} objects, ${Math.ceil(bytes.length / 1024)} KiB`;
    throw new ReconcileError(
      "InventoryTooLarge",
      `${inventory.app}: ${size} compressed, above ${inventoryCapBytes / 1024} KiB. Split the app.`,
    );
  }
  const refs = [...inventory.entries.values()].map(({ ref }) => ref);
  const namespaces = refs.map((ref) => ref.namespace).filter((name) => name !== "");
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: inventoryName(inventory.app),
      namespace,
      labels: { [idLabel]: applySetId(inventory.app, namespace) },
      annotations: {
        "applyset.kubernetes.io/tooling": "holdfast/v1",
        "applyset.kubernetes.io/contains-group-kinds": joined(refs.map(kindId)),
        "applyset.kubernetes.io/additional-namespaces": joined(
          namespaces.filter((name) => name !== namespace),
        ),
      },
    },
    binaryData: { [key]: Buffer.from(bytes).toString("base64") },
  };
}

/** Of a ConfigMap as read. Throws ReconcileError `InventoryLost`. */
export function inventoryOf(object: KubeObject): Stored<Inventory> {
  const content = bytesOf(object);
  if (typeof content !== "string") {
    throw new ReconcileError(
      "InventoryLost",
      `${object.metadata.name} holds no ${key}; its objects are looked for by their marks.`,
    );
  }
  const value = decodeInventory(Buffer.from(content, "base64"));
  if (inventoryName(value.app) !== object.metadata.name) {
    throw new ReconcileError(
      "InventoryLost",
      `${object.metadata.name} holds the inventory of ${value.app}.`,
    );
  }
  return { value, resourceVersion: versionedAt(object) };
}

async function installationsOf(
  client: Lister,
  signal: AbortSignal,
): Promise<ReadonlySet<string> | undefined> {
  const selection = { group: "", kind: "ConfigMap", labelSelector: idLabel };
  const found: string[] = [];
  try {
    for await (const { items } of client.list(selection, signal)) {
      found.push(...items.flatMap(installationIn));
    }
  } catch (error) {
    if (error instanceof ApiError) return undefined;
    throw error;
  }
  return new Set(found);
}

/** Of an ApplySet parent that is an inventory of ours, or of another installation. One that cannot be read is no proof. */
function installationIn(object: KubeObject): readonly string[] {
  if (!object.metadata.name.startsWith(namePrefix)) return [];
  const found = listed(object);
  return "stored" in found ? [found.stored.value.installation] : [];
}

function bytesOf({ binaryData: data }: KubeObject): unknown {
  return typeof data === "object" && data !== null && key in data
    ? Reflect.get(data, key)
    : undefined;
}

function listed(object: KubeObject): ListedInventory {
  const app = object.metadata.name.slice(namePrefix.length);
  try {
    return { app, stored: inventoryOf(object) };
  } catch (error) {
    if (error instanceof ReconcileError) return { app, unreadable: error };
    throw error;
  }
}

function joined(texts: readonly string[]): string {
  return [...new Set(texts)].sort().join(",");
}
