import { parseDocument } from "yaml";

export interface AcceptEdit {
  readonly plan: string;
  readonly max: number | undefined;
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
