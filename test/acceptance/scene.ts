import { ApiError } from "../../agent/cluster/errors.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import type { Reconciled } from "../../agent/reconcile.ts";
import { type Bench, configMap, obj, within } from "../pass/bench.ts";

/** What a case does not touch, so that no guard counts its deletions as many. */
export const rest: readonly KubeObject[] = Array.from({ length: 8 }, (_none, index) =>
  configMap(`rest${index}`),
);

/** A person accepts the plan that was held. */
export function accepting({ pass }: Reconciled) {
  const plan = pass.held?.plan ?? "";
  return async () => [{ by: "plan", key: `request:${plan}`, plan } as const];
}

/** Names of all that was deleted since, in order. */
export function deletesSince(bench: Bench, from: number): readonly string[] {
  return bench
    .writesSince(from)
    .filter((one) => one.startsWith("DELETE"))
    .map((one) => one.split("/").at(-1) ?? "");
}

export function withAnnotations(object: KubeObject, annotations: Record<string, string>) {
  return { ...object, metadata: { ...object.metadata, annotations } };
}

/** An answer of the API server that is none. */
export function refusal(
  status: number,
  message: string,
  causes: readonly { readonly field: string; readonly message: string }[] = [],
): ApiError {
  const reason = status === 422 ? "Invalid" : "Forbidden";
  const told = causes.map((cause) => ({ ...cause, reason: "FieldValueInvalid" }));
  return new ApiError({ status, reason, message, causes: told, indeterminate: false });
}

/** Time flies while somebody waits. */
export function impatient(bench: Bench) {
  const sleep = async () => {
    bench.laterMs += 30_000;
  };
  return { ...bench.world.ports.clock, sleep };
}

/** Which of them are alive in the app's namespace. */
export async function alive(bench: Bench, app: string, objects: readonly KubeObject[]) {
  const found = await Promise.all(objects.map((object) => bench.get(within(app, object))));
  return found.flatMap((object) => object?.metadata.name ?? []);
}

export async function uidOf(bench: Bench, app: string, object: KubeObject) {
  return (await bench.get(within(app, object)))?.metadata.uid;
}

/** A namespace that a person made. */
export async function makeNamespace(bench: Bench, name: string): Promise<void> {
  await bench.hand(obj("Namespace", name), { method: "POST" });
}
