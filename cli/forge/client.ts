import { Agent, type Dispatcher, request } from "undici";
import { isJsonObject, type JsonObject } from "../../agent/model/json.ts";
import { CliError } from "../commands/result.ts";
import { dialects } from "./dialects.ts";
import { refusal } from "./failure.ts";
import type { Forge, ForgePlace, PullState } from "./forge.ts";

export interface ForgeOptions {
  readonly place: ForgePlace;
  /** Undefined: only what everybody may see. */
  readonly token: string | undefined;
  readonly version: string;
  readonly timeoutMs?: number;
}

const answerBytes = 4 * 1024 * 1024;
const usualTimeoutMs = 15_000;

/** The forge behind a repository. Redirects are not followed, so that the token stays with the host it is for. */
export function createForge(options: ForgeOptions): Forge {
  const { place } = options;
  const { api, kind, project } = place;
  checkAddress(options);
  const dialect = dialects[kind];
  const url = `${api}${dialect.path(project)}`;
  const ask = async (asked: Asked, signal: AbortSignal): Promise<PullState> => {
    const answer = await exchange(options, asked, signal);
    const pull = dialect.read(answer);
    if (pull !== undefined) return pull;
    throw new CliError({ ...at(asked), why: `that is no answer of the API of ${kind}` });
  };
  return {
    open: (pull, signal) => ask({ method: "POST", url, body: dialect.body(pull) }, signal),
    pull: (number, signal) => ask({ method: "GET", url: `${url}/${number}` }, signal),
  };
}

interface Asked {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly body?: JsonObject;
}

function at({ method, url }: Asked) {
  return {
    what: `${new URL(url).host} gave no answer that can be used`,
    where: `${method} ${url}`,
  };
}

/** A token goes through TLS, or to this machine. */
function checkAddress({ place: { api }, token }: ForgeOptions): void {
  const { protocol, hostname } = new URL(api);
  const isHere = ["127.0.0.1", "[::1]", "localhost"].includes(hostname);
  if (protocol === "https:" || token === undefined || (protocol === "http:" && isHere)) return;
  throw new CliError({
    what: "the token is not sent without TLS",
    where: api,
    next: "use the https address of the forge: git remote set-url origin https://…",
  });
}

async function exchange(
  options: ForgeOptions,
  asked: Asked,
  signal: AbortSignal,
): Promise<JsonObject> {
  const { timeoutMs = usualTimeoutMs } = options;
  const dispatcher = new Agent({
    connect: { timeout: timeoutMs },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });
  try {
    return await judged(options, asked, await send(options, asked, { dispatcher, signal }));
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (error instanceof CliError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new CliError({
      what: `${new URL(asked.url).host} cannot be reached`,
      where: at(asked).where,
      why,
    });
  } finally {
    await dispatcher.destroy();
  }
}

async function judged(
  { place, token }: ForgeOptions,
  asked: Asked,
  { statusCode: status, headers, body }: Dispatcher.ResponseData,
): Promise<JsonObject> {
  const json = parsed(await bounded(body));
  if (status < 200 || status >= 300) {
    const { where } = at(asked);
    throw new CliError(refusal({ status, location: headers.location, json, place, token, where }));
  }
  if (json !== undefined) return json;
  throw new CliError({ ...at(asked), why: "it is no JSON object" });
}

async function send(
  { place, token, version }: ForgeOptions,
  { method, url, body }: Asked,
  via: { readonly dispatcher: Dispatcher; readonly signal: AbortSignal },
): Promise<Dispatcher.ResponseData> {
  const headers = {
    "user-agent": `holdfast/${version}`,
    ...(body === undefined ? {} : { "content-type": "application/json" }),
    ...dialects[place.kind].headers(token),
  };
  const sent = body === undefined ? null : JSON.stringify(body);
  const answer = await request(url, { method, headers, body: sent, ...via });
  // A body that is let go reports so as an error; unheard, that would end the process.
  answer.body.on("error", () => undefined);
  return answer;
}

async function bounded(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > answerBytes) throw new Error(`the answer is larger than ${answerBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parsed(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
