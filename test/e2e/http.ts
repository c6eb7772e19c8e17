import { Agent, request as send } from "node:https";

export interface Request {
  readonly url: string;
  readonly ca: string;
  readonly token: string;
  readonly method?: string;
  /** Body. */
  readonly text?: string;
  readonly contentType?: string;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

const agent = new Agent({ keepAlive: true, maxSockets: 16 });

/** One request to an API server by the tests themselves: nothing of the product is in between. */
export function request({
  url,
  ca,
  token,
  method = "GET",
  text,
  contentType,
}: Request): Promise<Answer> {
  const data = text === undefined ? undefined : Buffer.from(text);
  return new Promise((resolve, reject) => {
    const headers: Record<string, string> = {
      authorization: `Bearer ${token}`,
      accept: "application/json",
    };
    if (data !== undefined) {
      headers["content-type"] = contentType ?? "application/json";
      // Node frames the body of a DELETE only if it is told its length.
      headers["content-length"] = `${data.length}`;
    }
    const sent = send(url, { method, headers, ca, agent, timeout: 30_000 }, (answer) => {
      const parts: Buffer[] = [];
      answer.on("data", (part: Buffer) => parts.push(part));
      answer.on("error", reject);
      answer.on("end", () =>
        resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(parts).toString("utf8") }),
      );
    });
    sent.on("error", reject);
    sent.on("timeout", () => sent.destroy(new Error(`no answer from ${url}`)));
    sent.end(data);
  });
}
