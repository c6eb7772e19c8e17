import { isJsonObject, parseJson, writeJson } from "../../agent/model/json.ts";
import { groupOf, type KubeObject } from "../../agent/model/object.ts";
import { request } from "../e2e/http.ts";

/** One API server as the tests ask it, without any of the product's own client in between. */
export interface ApiTarget {
  readonly url: string;
  readonly ca: string;
  readonly token: string;
}

export interface ApiAnswer {
  readonly status: number;
  readonly body: unknown;
}

export class Api {
  readonly #target: ApiTarget;
  /** By `apiVersion`. */
  readonly #kinds = new Map<string, Promise<unknown>>();

  constructor(target: ApiTarget) {
    this.#target = target;
  }

  async ask(
    method: string,
    path: string,
    { body, contentType }: { readonly body?: unknown; readonly contentType?: string } = {},
  ): Promise<ApiAnswer> {
    const { url, ca, token } = this.#target;
    const answer = await request({
      url: `${url}${path}`,
      ca,
      token,
      method,
      ...(body === undefined ? {} : { text: writeJson(body) }),
      ...(contentType === undefined ? {} : { contentType }),
    });
    return { status: answer.status, body: parseBody(answer.text) };
  }

  /** Undefined: it does not exist, or its kind is not served. */
  async get(object: KubeObject): Promise<KubeObject | undefined> {
    const path = await this.pathOf(object);
    if (path === undefined) return undefined;
    const { status, body } = await this.ask("GET", path);
    if (status === 404) return undefined;
    if (status !== 200 || !isKubeObject(body)) throw new Error(`GET ${path} answered ${status}`);
    return body;
  }

  /** What a forced apply as `holdfast` would leave behind, or the server's refusal. */
  async dryRun(object: KubeObject): Promise<KubeObject | undefined> {
    const path = await this.pathOf(object);
    if (path === undefined) return undefined;
    const query = "fieldManager=holdfast&force=true&fieldValidation=Strict&dryRun=All";
    const contentType = "application/apply-patch+yaml";
    const { status, body } = await this.ask("PATCH", `${path}?${query}`, {
      body: object,
      contentType,
    });
    return status < 300 && isKubeObject(body) ? body : undefined;
  }

  async items(path: string): Promise<readonly KubeObject[]> {
    const { status, body } = await this.ask("GET", path);
    if (status !== 200 || !isJsonObject(body) || !Array.isArray(body.items))
      throw new Error(`GET ${path} answered ${status}`);
    // Items of built-in lists leave out what the list says already.
    const kind = String(body.kind).replace(/List$/, "");
    const common = { apiVersion: body.apiVersion, kind };
    return body.items
      .map((item: unknown) => (isJsonObject(item) ? { ...common, ...item } : item))
      .filter(isKubeObject);
  }

  /** URL path of one object; undefined where its kind is not served. */
  async pathOf({ apiVersion, kind, metadata }: KubeObject): Promise<string | undefined> {
    const base = groupOf(apiVersion) === "" ? `/api/${apiVersion}` : `/apis/${apiVersion}`;
    const list = await this.#listKinds(base);
    const found = list.find((one) => one.kind === kind && !String(one.name).includes("/"));
    if (found === undefined) {
      this.#kinds.delete(base);
      return undefined;
    }
    const scope = found.namespaced === true ? `/namespaces/${metadata.namespace ?? "default"}` : "";
    return `${base}${scope}/${found.name}/${encodeURIComponent(metadata.name)}`;
  }

  async #listKinds(base: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const known = this.#kinds.get(base) ?? this.ask("GET", base).then(({ body }) => body);
    this.#kinds.set(base, known);
    const body = await known;
    const resources = isJsonObject(body) ? body.resources : undefined;
    return Array.isArray(resources) ? resources.filter(isJsonObject) : [];
  }
}

function parseBody(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}

export function isKubeObject(value: unknown): value is KubeObject {
  return (
    isJsonObject(value) &&
    typeof value.kind === "string" &&
    isJsonObject(value.metadata) &&
    typeof value.metadata.name === "string"
  );
}
