import type { ChangeResult } from "../model/change.ts";
import type { PassInput, PassPorts } from "./pass.ts";

/** Says what happened to one object; what did not change and what was let alone is not worth a word. */
export function tell(ports: PassPorts, { unit, manifests }: PassInput, result: ChangeResult): void {
  const { change, outcome } = result;
  if (outcome === "unchanged" || outcome === "skipped") return;
  tellDrift(ports, unit.app, result);
  if (outcome === "reported") return;
  const { id } = manifests.commit;
  ports.emit({ type: "change", app: unit.app, commit: id, action: change.action, result });
}

function tellDrift(ports: PassPorts, app: string, { change, outcome }: ChangeResult): void {
  const isDrift = outcome === "reported" || ("cause" in change && change.cause === "drift");
  if (!isDrift) return;
  const fields = "fields" in change ? change.fields : [];
  const managers = [...new Set(fields.flatMap(({ manager }) => manager ?? []))];
  const kind = change.action === "create" ? "missing" : "modified";
  ports.emit({ type: "drift", app, kind, ref: change.ref, managers });
}
