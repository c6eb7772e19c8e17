import { Agent, request } from "undici";

/** How to reach one API server. */
export interface Connection {
  readonly url: string;
  readonly token: string;
  /** PEM. */
  readonly ca?: string;
}

// biome-ignore lint/suspicious/noExplicitAny: answers of two servers are compared as they are
export type Body = any;

export interface Reply {
  readonly code: number;
  readonly body: Body;
  readonly warnings: readonly string[];
}

export interface Sent {
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
  readonly userAgent?: string;
  /** Default: the connection's. */
  readonly token?: string;
}

/** A thin client: one request, its answer, no opinion. */
export class Wire {
  readonly #connection: Connection;
  readonly #agent: Agent;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#agent = new Agent({
      connect: connection.ca === undefined ? {} : { ca: connection.ca },
      bodyTimeout: 0,
    });
  }

  async send(method: string, path: string, sent: Sent = {}): Promise<Reply> {
    const { statusCode, headers, body } = await this.#request(method, path, sent);
    const text = await body.text();
    const warning = headers.warning ?? [];
    return {
      code: statusCode,
      body: text.startsWith("{") ? JSON.parse(text) : text,
      // HTTP/2 joins what HTTP/1.1 sends line by line.
      warnings: [warning].flat().flatMap((text) => text.split(/, (?=299 - )/)),
    };
  }

  /** Frames of a watch until it ends or `count` have come. */
  async watch(path: string, count: number, accept?: string): Promise<Body[]> {
    const sent = accept === undefined ? {} : { accept };
    const { body, statusCode } = await this.#request("GET", path, sent);
    const frames: Body[] = [];
    let rest = "";
    for await (const chunk of body) {
      const lines = (rest + Buffer.from(chunk).toString()).split("\n");
      rest = lines.pop() ?? "";
      frames.push(...lines.filter((line) => line !== "").map((line) => JSON.parse(line)));
      if (frames.length >= count) break;
    }
    if (statusCode !== 200 && rest !== "") frames.push(JSON.parse(rest));
    return frames.slice(0, count);
  }

  #request(method: string, path: string, sent: Sent) {
    const { body, contentType = "application/json", accept = "application/json" } = sent;
    return request(this.#connection.url + path, {
      method: method as "GET",
      dispatcher: this.#agent,
      headers: {
        authorization: `Bearer ${sent.token ?? this.#connection.token}`,
        accept,
        "user-agent": sent.userAgent ?? "contract/1",
        ...(body === undefined ? {} : { "content-type": contentType }),
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }
}
