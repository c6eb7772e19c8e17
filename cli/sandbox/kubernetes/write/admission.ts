import { type Admission, aboutOf, type Target, type WriteOptions } from "../cluster.ts";
import { Fault, forbidden } from "../http/fault.ts";
import { type Json, textAt } from "../json.ts";

type Subject = Pick<Admission, "operation" | "object" | "old">;

/** Asks the hook; returns the object as it lets it through. Throws the Fault of a denial. */
export function admitted(
  target: Target,
  options: WriteOptions,
  subject: Subject,
): Json | undefined {
  const { resource } = target.served;
  const verdict = target.cluster.admit({
    ...subject,
    group: resource.group,
    kind: resource.kind,
    plural: resource.plural,
    namespace: target.namespace,
    name: target.name,
    subresource: target.subresource,
    dryRun: options.dryRun,
    user: options.user,
  });
  if (verdict === undefined) return subject.object;
  if ("object" in verdict) return verdict.object;
  if ("warning" in verdict) {
    options.warnings.push(verdict.warning);
    return subject.object;
  }
  const { code = 403, reason = "Forbidden", deny } = verdict;
  throw new Fault(code, reason, { message: deny });
}

/** New content needs a namespace that exists and is not going away. */
export function requireNamespace(target: Target): void {
  const { cluster, served, namespace } = target;
  if (!served.resource.namespaced) return;
  const found = cluster.store.get("/namespaces", `/${namespace}`);
  if (found === undefined) {
    const message = `namespaces "${namespace}" not found`;
    throw new Fault(404, "NotFound", { message, details: { name: namespace, kind: "namespaces" } });
  }
  if (textAt(found, "status", "phase") !== "Terminating") return;
  throw forbidden(
    aboutOf(target),
    `unable to create new content in namespace ${namespace} because it is being terminated`,
    [
      {
        reason: "NamespaceTerminating",
        message: `namespace ${namespace} is being terminated`,
        field: "metadata.namespace",
      },
    ],
  );
}
