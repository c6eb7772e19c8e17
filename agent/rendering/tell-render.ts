import type { AgentEvent, Emit } from "../model/event.ts";
import { describeRef } from "../model/object.ts";
import type { Slot } from "../slot.ts";

/** Says how a render ended, and what a person should know about it: files left out, chance in a chart (N-30). */
export function tellRender({ emit }: { readonly emit: Emit }, slot: Slot): void {
  const { app, manifests, problems } = slot;
  const renderer = manifests?.renderer ?? "plain";
  emit({ type: "rendered", app, renderer, result: resultOf(slot) });
  if (problems.length > 0) return;
  const unstable = (manifests?.desired ?? []).filter((item) => item.unstable !== undefined);
  if (unstable.length > 0) {
    const named = unstable.map((item) => `${describeRef(item.ref)} ${item.unstable?.join(", ")}`);
    const message = `differs from render to render, so what lives is kept: ${named.join("; ")}`;
    emit({ type: "warning", app, reason: "NonDeterministic", message });
  }
  const skipped = (manifests?.warnings ?? []).filter(({ reason }) => reason === "HookSkipped");
  if (skipped.length > 0) {
    const told = skipped.map(({ ref, message }) => `${ref ? describeRef(ref) : ""} ${message}`);
    const message = `hooks of a kind that is never run: ${told.join("; ")}`;
    emit({ type: "warning", app, reason: "HookSkipped", message });
  }
  const ignored = manifests?.ignored ?? [];
  if (ignored.length > 0) {
    const message = `${ignored.length} files are no manifests: ${ignored.slice(0, 3).join(", ")}`;
    emit({ type: "warning", app, reason: "FilesIgnored", message });
  }
}

type Rendered = Extract<AgentEvent, { type: "rendered" }>;

function resultOf({ manifests, problems }: Slot): Rendered["result"] {
  if (problems.some(({ reason }) => reason === "RenderLimit")) return "limit";
  if (problems.length > 0) return "error";
  return manifests?.isCached === true ? "cached" : "success";
}
