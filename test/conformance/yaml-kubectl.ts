import { execFile } from "node:child_process";
import { parseJson } from "../../agent/model/json.ts";

/** What real kubectl makes of a text: its objects as JSON values, or its words of refusal. */
export type Reading =
  | { readonly kind: "read"; readonly objects: readonly unknown[] }
  | { readonly kind: "refused"; readonly why: string };

const label = "holdfast-conformance";

/** Asks `kubectl label --local`, which reads as `kubectl apply` does and needs no cluster; the label it sets is taken off again. */
export async function askKubectl(kubectl: string, text: string | Uint8Array): Promise<Reading> {
  const { code, out, err } = await run(kubectl, text);
  if (code !== 0) return { kind: "refused", why: err.trim() };
  return { kind: "read", objects: topLevelValues(out).map((part) => unlabelled(parseJson(part))) };
}

interface Answer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function run(kubectl: string, text: string | Uint8Array): Promise<Answer> {
  const args = ["label", "--local", "--overwrite", "-o", "json", "-f", "-", `${label}=x`];
  const env = { HOME: "/nonexistent", KUBECONFIG: "/dev/null" };
  return new Promise((resolve, reject) => {
    const options = { env, maxBuffer: 1 << 28, timeout: 60_000 };
    const child = execFile(kubectl, args, options, (error, out, err) => {
      if (error !== null && typeof error.code !== "number") reject(error);
      else resolve({ code: error === null ? 0 : 1, out, err });
    });
    child.stdin?.on("error", () => {});
    child.stdin?.end(text);
  });
}

/** kubectl prints one indented object after another; each ends at a `}` that begins its line. */
function topLevelValues(out: string): readonly string[] {
  return out.split(/(?<=^\})$/m).filter((part) => part.trim() !== "");
}

function unlabelled(value: unknown): unknown {
  const { metadata, ...rest } = value as { metadata: Record<string, unknown> };
  const { labels, ...others } = metadata;
  const { [label]: _ours, ...kept } = labels as Record<string, unknown>;
  return { ...rest, metadata: { ...others, labels: kept } };
}
