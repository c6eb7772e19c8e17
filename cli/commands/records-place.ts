import { isJsonObject } from "../../agent/model/json.ts";

/** Where the status records of a fleet are (cli.md §1). */
export type RecordsPlace =
  | { readonly carrier: "git"; readonly url: string; readonly passwordFile: string | undefined }
  | { readonly carrier: "kubernetes"; readonly context: string; readonly namespace: string };

const defaultRecordsNamespace = "holdfast-records";

/** Of a flag: an address is a Git repository, anything else a kubeconfig context, with a namespace behind a slash. */
export function parsePlace(text: string): RecordsPlace {
  if (/^https?:\/\//.test(text)) return { carrier: "git", url: text, passwordFile: undefined };
  // Contexts may hold slashes themselves (cloud providers name them so): the last part is a namespace only if it can be one.
  const [, context, namespace] = /^(.+)\/([a-z0-9][a-z0-9-]*)$/.exec(text) ?? [];
  if (context !== undefined && namespace !== undefined) {
    return { carrier: "kubernetes", context, namespace };
  }
  return { carrier: "kubernetes", context: text, namespace: defaultRecordsNamespace };
}

/** `statusRecords` of the user's configuration. Throws an Error that says what is wrong. */
export function parseStatusRecords(value: unknown): RecordsPlace | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isJsonObject(value)) throw new Error("statusRecords must be a map with git or kubernetes");
  const { git, kubernetes, passwordFile, ...rest } = value;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw new Error(`statusRecords: unknown field ${unknown}`);
  if (typeof git === "string" && kubernetes === undefined) {
    return { carrier: "git", url: git, passwordFile: optionalText(passwordFile, "passwordFile") };
  }
  if (git === undefined && isJsonObject(kubernetes) && typeof kubernetes.context === "string") {
    const namespace = optionalText(kubernetes.namespace, "kubernetes.namespace");
    const { context } = kubernetes;
    return { carrier: "kubernetes", context, namespace: namespace ?? defaultRecordsNamespace };
  }
  throw new Error("statusRecords is { git: URL } or { kubernetes: { context, namespace } }");
}

function optionalText(value: unknown, name: string): string | undefined {
  if (value === undefined || typeof value === "string") return value;
  throw new Error(`statusRecords.${name} must be a text`);
}

/** For people. */
export function placeText(place: RecordsPlace): string {
  return place.carrier === "git"
    ? place.url
    : `kubeconfig context ${place.context}, namespace ${place.namespace}`;
}
