import { Document, isMap, parseAllDocuments } from "yaml";
import { documentApiVersion } from "../../agent/model/names.ts";

export interface ClusterFile {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, unknown>>;
  /** What the cluster says of itself, where it was asked. */
  readonly identity?: Identity | undefined;
}

interface Identity {
  readonly uid: string;
  /** `1.36` */
  readonly kubernetes: string;
}

/** The file of a new cluster. */
export function clusterYaml({ name, labels, values, identity }: ClusterFile): string {
  const hasLabels = Object.keys(labels).length > 0;
  const hasValues = Object.keys(values).length > 0;
  const document = new Document({
    apiVersion: documentApiVersion,
    kind: "Cluster",
    metadata: { name, ...(hasLabels ? { labels } : {}) },
    spec: { ...factsOf(identity), ...(hasValues ? { values } : {}) },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

/** A server that does not tell its version leaves that field as it is. */
function factsOf(identity: Identity | undefined): Readonly<Record<string, string>> {
  if (identity === undefined) return {};
  const { uid, kubernetes } = identity;
  return { uid, ...(kubernetes === "" ? {} : { kubernetes }) };
}

/** What happens to labels; `undefined` takes one off. */
export type LabelEdits = ReadonlyMap<string, string | undefined>;

/** A file with the labels of one cluster changed; comments, order, other documents and everything else stay (cli.md §1). */
export function withLabels(file: string, name: string, edits: LabelEdits): string {
  return edited(file, name, (document) => editLabels(document, edits));
}

/** The same with `spec.uid` and `spec.kubernetes` of a cluster that was rebuilt. */
export function withIdentity(file: string, name: string, identity: Identity): string {
  return edited(file, name, (document) => {
    if (document.get("spec") === null) document.delete("spec");
    for (const [key, value] of Object.entries(factsOf(identity))) {
      document.setIn(["spec", key], value);
    }
  });
}

/** The same with `spec.suspend` set, or taken out. */
export function withSuspend(
  file: string,
  name: string,
  suspend: { readonly reason: string; readonly until: string } | undefined,
): string {
  return edited(file, name, (document) => {
    if (document.get("spec") === null) document.delete("spec");
    if (suspend === undefined) document.deleteIn(["spec", "suspend"]);
    else document.setIn(["spec", "suspend"], document.createNode({ ...suspend }, { flow: true }));
  });
}

function edited(file: string, name: string, edit: (document: Document) => void): string {
  const documents = parseAllDocuments(file);
  if (!Array.isArray(documents)) return file;
  for (const document of documents) {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    const isMeant =
      document.get("kind") === "Cluster" && document.getIn(["metadata", "name"]) === name;
    if (isMeant) edit(document);
  }
  const format = { lineWidth: 0, flowCollectionPadding: true };
  return documents.map((document) => document.toString(format)).join("");
}

function editLabels(document: Document, edits: LabelEdits): void {
  const path = ["metadata", "labels"];
  for (const [key, value] of edits) {
    if (value === undefined) document.deleteIn([...path, key]);
    else document.setIn([...path, key], value);
  }
  const labels = document.getIn(path);
  if (isMap(labels) && labels.items.length === 0) document.deleteIn(path);
}
