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
 * when there is something newer to apply (H-3).
 */
export async function definitionsReady(
  ports: Pick<PassPorts, "clock" | "refreshDiscovery">,
  { input, results }: Applied,
  signal: AbortSignal,
): Promise<void> {
  const kinds = results.filter(isFresh).flatMap(({ live }) => kindOf(live) ?? []);
  if (kinds.length === 0) return;
  const deadline = ports.clock.monotonic() + limitMs;
  for (;;) {
    const discovery = await ports.refreshDiscovery(signal);
    const isServed = kinds.every((kind) => servedKind(discovery, kind) !== undefined);
    if (isServed || ports.clock.monotonic() >= deadline || input.isSuperseded?.()) return;
    await ports.clock.sleep(pauseMs, signal);
  }
}

function isFresh({ change, outcome }: ChangeResult): boolean {
  return change.ref.kind === "CustomResourceDefinition" && outcome !== "unchanged";
}

/** Whether a CRD is the one of this kind. */
export function defines(crd: KubeObject, { group, kind }: GroupKind): boolean {
  const defined = kindOf(crd);
  return defined?.group === group && defined.kind === kind;
}

function kindOf(crd: KubeObject | undefined): GroupKind | undefined {
  const spec = crd?.["spec"];
  if (!isJsonObject(spec) || !isJsonObject(spec["names"])) return undefined;
  return { group: String(spec["group"]), kind: String(spec["names"]["kind"]) };
}
