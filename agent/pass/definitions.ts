import { servedKind } from "../cluster/client.ts";
import type { ChangeResult } from "../model/change.ts";
import { isJsonObject } from "../model/json.ts";
import type { GroupKind, KubeObject } from "../model/object.ts";
import type { PassInput, PassPorts } from "./pass.ts";

const limitMs = 60_000;
const pauseMs = 200;

interface Applied {
  readonly input: Pick<PassInput, "isSuperseded">;
  readonly results: readonly ChangeResult[];
}

/**
 * Stage 1 is the only one that is awaited: a CRD is Established when discovery serves its kind, which costs one
 * small request where reading large CRDs back would cost many big ones. In time or not, the rest goes on; at once
 * when there is something newer to apply (H-3). One that is as it was is asked about once.
 */
export async function definitionsReady(
  ports: Pick<PassPorts, "clock" | "discovery" | "refreshDiscovery">,
  { input, results }: Applied,
  signal: AbortSignal,
): Promise<void> {
  const kinds = results.filter(isDefinition).flatMap(({ live }) => kindOf(live) ?? []);
  const isUnknown = kinds.some((kind) => servedKind(ports.discovery(), kind) === undefined);
  const isAwaited = results.some(isFresh);
  if (!isAwaited && !isUnknown) return;
  const deadline = ports.clock.monotonic() + (isAwaited ? limitMs : 0);
  for (;;) {
    const discovery = await ports.refreshDiscovery(signal);
    const isServed = kinds.every((kind) => servedKind(discovery, kind) !== undefined);
    if (isServed || ports.clock.monotonic() >= deadline || input.isSuperseded?.()) return;
    await ports.clock.sleep(pauseMs, signal);
  }
}

function isDefinition({ change }: ChangeResult): boolean {
  return change.ref.kind === "CustomResourceDefinition";
}

function isFresh(result: ChangeResult): boolean {
  return isDefinition(result) && result.outcome !== "unchanged";
}

/** Whether a CRD is the one of this kind. */
export function defines(crd: KubeObject, { group, kind }: GroupKind): boolean {
  if (crd.kind !== "CustomResourceDefinition") return false;
  const defined = kindOf(crd);
  return defined?.group === group && defined.kind === kind;
}

function kindOf(crd: KubeObject | undefined): GroupKind | undefined {
  const spec = crd?.["spec"];
  if (!isJsonObject(spec) || !isJsonObject(spec["names"])) return undefined;
  return { group: String(spec["group"]), kind: String(spec["names"]["kind"]) };
}
