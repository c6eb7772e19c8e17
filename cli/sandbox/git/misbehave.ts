import type { IncomingMessage, ServerResponse } from "node:http";

/** Ways to be a bad Git host, for tests and for the demo. */
export type Misbehaviour =
  | {
      readonly kind: "status";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly kind: "html" }
  | { readonly kind: "hang" }
  | { readonly kind: "delay"; readonly until: () => Promise<void> }
  /** The answer to the fetch ends after that many bytes. */
  | { readonly kind: "truncate"; readonly bytes: number }
  /** The same, as a share of the whole. */
  | { readonly kind: "cut"; readonly share: number }
  /** One bit of the answer to the fetch is another. */
  | { readonly kind: "flip"; readonly at: number }
  /** Bytes without end. */
  | { readonly kind: "endless" }
  /** What a fetch answers, whole. */
  | { readonly kind: "answer"; readonly body: Uint8Array };

/** Answers in place of the server; false when the true answer is to be sent (perhaps changed by `spoil`). */
export async function misbehave(
  behaviour: Misbehaviour,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  switch (behaviour.kind) {
    case "status":
      response.writeHead(behaviour.status, behaviour.headers).end("no");
      return true;
    case "html":
      response.writeHead(200, { "content-type": "text/html" }).end("<html>Please log in</html>");
      return true;
    case "hang":
      return true;
    case "delay":
      await behaviour.until();
      return false;
    case "endless":
      pour(request, response);
      return true;
    case "truncate":
    case "cut":
    case "flip":
    case "answer":
      return false;
  }
}

function pour(request: IncomingMessage, response: ServerResponse): void {
  const kind = request.method === "POST" ? "result" : "advertisement";
  response.writeHead(200, { "content-type": `application/x-git-upload-pack-${kind}` });
  const line = Buffer.from(`003d${"a".repeat(40)} refs/heads/endless`.padEnd(60, "x").concat("\n"));
  const block = Buffer.concat(Array.from({ length: 1000 }, () => line));
  const more = (): void => {
    while (!response.destroyed && response.write(block));
    if (!response.destroyed) response.once("drain", more);
  };
  more();
}

/** The body as this behaviour leaves it; only answers to a fetch are touched. */
export function spoil(behaviour: Misbehaviour | undefined, body: Buffer): Buffer {
  if (behaviour?.kind === "truncate") return body.subarray(0, behaviour.bytes);
  if (behaviour?.kind === "cut") return body.subarray(0, Math.floor(body.length * behaviour.share));
  if (behaviour?.kind === "answer") return Buffer.from(behaviour.body);
  if (behaviour?.kind !== "flip") return body;
  const copy = Buffer.from(body);
  const at = behaviour.at % copy.length;
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}
