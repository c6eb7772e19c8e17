import { servedKind } from "../cluster/client.ts";
import { assessHealth } from "../health/assess.ts";
import type { ChangeResult } from "../model/change.ts";
import { isJsonObject } from "../model/json.ts";
import { type KubeObject, versionedRefOf } from "../model/object.ts";
import type { PassPorts } from "./pass.ts";

const limitMs = 60_000;
const pauseMs = 100;

/** Stage 1 is the only one that is awaited: CRDs Established and seen in discovery. In time or not, the rest goes on. */
export async function definitionsReady(
  ports: PassPorts,
  results: readonly ChangeResult[],
  signal: AbortSignal,
): Promise<void> {
  const fresh = results.filter(
    ({ change, outcome }) =>
      change.ref.kind === "CustomResourceDefinition" && outcome !== "unchanged",
  );
  const crds = fresh.flatMap(({ live }) => (live === undefined ? [] : [live]));
  if (crds.length === 0) return;
  const deadline = ports.clock.monotonic() + limitMs;
  let open: readonly KubeObject[] = crds;
  while (open.length > 0 && ports.clock.monotonic() < deadline) {
    open = await stillOpen(ports, open, signal);
    if (open.length > 0) await ports.clock.sleep(pauseMs, signal);
  }
  await untilDiscovered(ports, { crds, deadline }, signal);
}

async function stillOpen(
  ports: PassPorts,
  crds: readonly KubeObject[],
  signal: AbortSignal,
): Promise<readonly KubeObject[]> {
  const now = await Promise.all(crds.map((crd) => ports.client.get(versionedRefOf(crd), signal)));
  return now
    .filter((crd) => crd !== undefined)
    .filter((crd) => assessHealth(crd).status !== "Healthy");
}

async function untilDiscovered(
  ports: PassPorts,
  { crds, deadline }: { readonly crds: readonly KubeObject[]; readonly deadline: number },
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const discovery = await ports.refreshDiscovery(signal);
    const missing = crds
      .map(kindOf)
      .filter((kind) => kind !== undefined && servedKind(discovery, kind) === undefined);
    if (missing.length === 0 || ports.clock.monotonic() >= deadline) return;
    await ports.clock.sleep(pauseMs, signal);
  }
}

function kindOf(crd: KubeObject): { readonly group: string; readonly kind: string } | undefined {
  const spec = crd["spec"];
  if (!isJsonObject(spec) || !isJsonObject(spec["names"])) return undefined;
  const { group, names } = spec;
  return { group: String(group), kind: String(isJsonObject(names) ? names["kind"] : "") };
}
