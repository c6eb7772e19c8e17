import { Document, isMap, parseAllDocuments } from "yaml";
import { documentApiVersion } from "../../agent/model/names.ts";

export interface ClusterFile {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, unknown>>;
}

/** The file of a new cluster. */
export function clusterYaml({ name, labels, values }: ClusterFile): string {
  const hasLabels = Object.keys(labels).length > 0;
  const hasValues = Object.keys(values).length > 0;
  const document = new Document({
    apiVersion: documentApiVersion,
    kind: "Cluster",
    metadata: { name, ...(hasLabels ? { labels } : {}) },
    spec: hasValues ? { values } : {},
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

/** What happens to labels; `undefined` takes one off. */
export type LabelEdits = ReadonlyMap<string, string | undefined>;

/** A file with the labels of one cluster changed; comments, order, other documents and everything else stay (cli.md §1). */
export function withLabels(file: string, name: string, edits: LabelEdits): string {
  const documents = parseAllDocuments(file);
  if (!Array.isArray(documents)) return file;
  for (const document of documents) {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    const isMeant =
      document.get("kind") === "Cluster" && document.getIn(["metadata", "name"]) === name;
    if (isMeant) edit(document, edits);
  }
  const format = { lineWidth: 0, flowCollectionPadding: true };
  return documents.map((document) => document.toString(format)).join("");
}

function edit(document: Document, edits: LabelEdits): void {
  const path = ["metadata", "labels"];
  for (const [key, value] of edits) {
    if (value === undefined) document.deleteIn([...path, key]);
    else document.setIn([...path, key], value);
  }
  const labels = document.getIn(path);
  if (isMap(labels) && labels.items.length === 0) document.deleteIn(path);
}
