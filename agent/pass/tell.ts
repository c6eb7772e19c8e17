import type { ChangeResult } from "../model/change.ts";
import { describeRef, kindId } from "../model/object.ts";
import type { PassInput, PassPorts } from "./pass.ts";

const longestWarning = 500;

/** Says what happened to one object; what did not change and what was let alone is not worth a word. */
export function tell(ports: PassPorts, input: PassInput, result: ChangeResult): void {
  const { unit, manifests } = input;
  const { change, outcome } = result;
  tellWarnings(ports, input, result);
  if (outcome === "unchanged" || outcome === "skipped") return;
  tellDrift(ports, unit.app, result);
  if (outcome === "reported") return;
  const { id } = manifests.commit;
  ports.emit({ type: "change", app: unit.app, commit: id, action: change.action, result });
}

/** what the API server warns of, once for each kind and render. Of a Secret no word of the server is repeated (NEG-30). */
function tellWarnings(
  { emit }: PassPorts,
  { unit: { app }, manifests: { digest }, memory }: PassInput,
  { change: { ref }, warnings }: ChangeResult,
): void {
  if (warnings.length === 0 || (ref.kind === "Secret" && ref.group === "")) return;
  if (memory.warned?.digest !== digest) memory.warned = { digest, told: new Set() };
  const { told } = memory.warned;
  for (const text of warnings) {
    const key = `${kindId(ref)} ${text}`;
    if (told.has(key)) continue;
    told.add(key);
    const message = `${describeRef(ref)}: ${text.slice(0, longestWarning)}`;
    emit({ type: "warning", app, reason: "Deprecated", message });
  }
}

function tellDrift(ports: PassPorts, app: string, { change, outcome }: ChangeResult): void {
  const isDrift = outcome === "reported" || ("cause" in change && change.cause === "drift");
  if (!isDrift) return;
  const fields = "fields" in change ? change.fields : [];
  const managers = [...new Set(fields.flatMap(({ manager }) => manager ?? []))];
  const kind = change.action === "create" ? "missing" : "modified";
  ports.emit({ type: "drift", app, kind, ref: change.ref, managers });
}
