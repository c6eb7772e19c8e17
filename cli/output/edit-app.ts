import { parseDocument } from "yaml";

export interface AcceptEdit {
  readonly plan: string;
  readonly max: number | undefined;
}

export interface IgnoreEdit {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  readonly fields: readonly string[];
}

/** The same with more rules at the end of `spec.drift.ignore`. */
export function withIgnore(appFile: string, rules: readonly IgnoreEdit[]): string {
  const document = parseDocument(appFile);
  const [error] = document.errors;
  if (error !== undefined) throw error;
  const path = ["spec", "drift", "ignore"];
  const nodes = rules.map((rule) => document.createNode(rule, { flow: true }));
  if (document.hasIn(path)) for (const node of nodes) document.addIn(path, node);
  else document.setIn(path, document.createNode(nodes));
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

/** An app.yaml with `spec.prune.accept` set; comments, order and everything else stay (cli.md §1). */
export function withAccept(appFile: string, { plan, max }: AcceptEdit): string {
  const document = parseDocument(appFile);
  const [error] = document.errors;
  if (error !== undefined) throw error;
  const accept = { plan, ...(max === undefined ? {} : { max }) };
  document.setIn(["spec", "prune", "accept"], document.createNode(accept, { flow: true }));
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}
