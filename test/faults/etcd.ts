import { isJsonObject } from "../../agent/model/json.ts";

/** One key of etcd as one revision left it. */
export interface KeyEvent {
  readonly revision: number;
  readonly key: string;
  /** Undefined: deleted. */
  readonly value: string | undefined;
}

/** etcd by its JSON gateway: the API server's own revision log, from the first write on. */
export class Etcd {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  /** A moment in the log: every later write has a higher revision. */
  async mark(): Promise<number> {
    const answer = await this.#post("/v3/kv/put", { key: encode("/holdfast-mark"), value: "" });
    const header: unknown = await answer.json();
    return revisionOf(header);
  }

  /** Every write below a prefix, in commit order, from a revision up to now. */
  async log(prefix: string, from = 1): Promise<readonly KeyEvent[]> {
    const sentinel = `${prefix}/holdfast-sentinel`;
    const put = await this.#post("/v3/kv/put", { key: encode(sentinel), value: "" });
    const end = revisionOf(await put.json());
    const stop = new AbortController();
    const answer = await this.#post(
      "/v3/watch",
      {
        create_request: {
          key: encode(`${prefix}/`),
          range_end: encode(`${prefix}0`),
          start_revision: from,
        },
      },
      stop.signal,
    );
    const events: KeyEvent[] = [];
    for await (const line of lines(answer)) {
      events.push(...eventsOf(JSON.parse(line)));
      if ((events.at(-1)?.revision ?? 0) >= end) break;
    }
    stop.abort();
    return events.filter(({ key }) => key !== sentinel);
  }

  async #post(path: string, body: unknown, signal?: AbortSignal): Promise<Response> {
    const answer = await fetch(`${this.#url}${path}`, {
      method: "POST",
      body: JSON.stringify(body),
      signal: signal ?? null,
    });
    if (!answer.ok) throw new Error(`etcd answered ${answer.status} to ${path}`);
    return answer;
  }
}

async function* lines(answer: Response): AsyncIterable<string> {
  if (answer.body === null) return;
  const decoder = new TextDecoder();
  let parts: string[] = [];
  for await (const chunk of answer.body) {
    const pieces = decoder.decode(chunk, { stream: true }).split("\n");
    const last = pieces.pop() ?? "";
    for (const piece of pieces) {
      yield [...parts, piece].join("");
      parts = [];
    }
    parts.push(last);
  }
}

function revisionOf(answer: unknown): number {
  const header = isJsonObject(answer) ? answer.header : undefined;
  return isJsonObject(header) ? Number(header.revision) : Number.NaN;
}

function eventsOf(message: unknown): readonly KeyEvent[] {
  const result = isJsonObject(message) ? message.result : undefined;
  if (!isJsonObject(result)) throw new Error(`etcd's watch failed: ${JSON.stringify(message)}`);
  if (result.canceled === true) throw new Error(`etcd ended the watch: ${JSON.stringify(result)}`);
  const events = result.events;
  if (!Array.isArray(events)) return [];
  return events.map((event: unknown): KeyEvent => {
    const kv = isJsonObject(event) ? event.kv : undefined;
    if (!isJsonObject(event) || !isJsonObject(kv)) throw new Error("an etcd event without a key");
    const value = typeof kv.value === "string" ? decode(kv.value) : "";
    return {
      revision: Number(kv.mod_revision),
      key: decode(String(kv.key)),
      value: event.type === "DELETE" ? undefined : value,
    };
  });
}

function encode(text: string): string {
  return Buffer.from(text).toString("base64");
}

function decode(text: string): string {
  return Buffer.from(text, "base64").toString("utf8");
}
