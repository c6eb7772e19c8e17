import type { Cause } from "../http/fault.ts";
import { type Json, listAt, textAt, valueAt } from "../json.ts";

/** A pod runs something; `path` leads to its spec. */
export function podCauses(object: Json, path: readonly string[]): Cause[] {
  const place = path.join(".");
  const required = (field: string): Cause => ({
    reason: "FieldValueRequired",
    message: "Required value",
    field,
  });
  const containers = listAt(object, ...path, "containers");
  if (containers.length === 0) return [required(`${place}.containers`)];
  const causes = containers.flatMap((container, index) => {
    const own = `${place}.containers[${index}]`;
    const image = textAt(container, "image") === "" ? [required(`${own}.image`)] : [];
    return [...image, ...portCauses(container, own)];
  });
  return [...causes, ...spreadCauses(object, path)];
}

/** A skew whose last owner dropped it is 0 to Go, and nothing may be spread like that. */
function spreadCauses(object: Json, path: readonly string[]): Cause[] {
  return listAt(object, ...path, "topologySpreadConstraints").flatMap((constraint, index) => {
    const skew = valueAt(constraint, "maxSkew") ?? 0;
    if (typeof skew === "number" && skew > 0) return [];
    const field = `${path.join(".")}.topologySpreadConstraints[${index}].maxSkew`;
    const message = `Invalid value: ${skew}: must be greater than zero`;
    return [{ reason: "FieldValueInvalid", message, field }];
  });
}

/** Names of a container's ports are unique. */
function portCauses(container: unknown, place: string): Cause[] {
  const names = listAt(container, "ports").map((port) => textAt(port, "name"));
  return names.flatMap((name, index) =>
    name === "" || names.indexOf(name) === index
      ? []
      : [
          {
            reason: "FieldValueDuplicate",
            message: `Duplicate value: ${JSON.stringify(name)}`,
            field: `${place}.ports[${index}].name`,
          },
        ],
  );
}
