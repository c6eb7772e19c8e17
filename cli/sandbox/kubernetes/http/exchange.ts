import type { IncomingMessage, ServerResponse } from "node:http";
import { parseJson, writeJson } from "../../../../agent/model/json.ts";
import { isMap, type Json } from "../json.ts";
import { badRequest, Fault, unsupported } from "./fault.ts";
import { PageNotFound } from "./paths.ts";

const bodyLimit = 3 * 1024 * 1024;

/** One request, read. */
export interface Call {
  readonly method: string;
  readonly url: URL;
  readonly accept: string;
  readonly contentType: string;
  readonly userAgent: string;
  readonly user: string;
  readonly body: string;
}

/** What is answered; a stream is written by its own code. */
export interface Answer {
  readonly code: number;
  readonly body: Json | string;
  readonly contentType?: string;
  readonly warnings?: readonly string[];
}

/** Reads a request to its end. Throws a 413 above the server's limit. */
export async function readCall(request: IncomingMessage, user: string): Promise<Call> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes: Buffer = chunk;
    size += bytes.length;
    if (size > bodyLimit) {
      const message = `Request entity is too large: limit is ${bodyLimit}`;
      throw new Fault(413, "RequestEntityTooLarge", { message, details: {} });
    }
    chunks.push(bytes);
  }
  const { headers, method = "GET", url = "/" } = request;
  return {
    method,
    url: new URL(url, "http://sandbox"),
    accept: headers.accept ?? "",
    contentType: (headers["content-type"] ?? "").split(";")[0]?.trim() ?? "",
    userAgent: headers["user-agent"] ?? "",
    user,
    body: Buffer.concat(chunks).toString(),
  };
}

/** The JSON of a body; undefined for none. Throws a 400. */
export function jsonBody({ body, contentType }: Call): unknown {
  if (contentType === "application/vnd.kubernetes.protobuf") {
    throw unsupported("the sandbox reads JSON only: use kubectl apply, which sends that");
  }
  if (body.trim() === "") return undefined;
  try {
    return parseJson(body);
  } catch (error) {
    const why = error instanceof Error ? error.message : "not JSON";
    throw badRequest(`couldn't get version/kind; json parse error: ${why}`);
  }
}

export function writeAnswer(response: ServerResponse, answer: Answer): void {
  const isText = typeof answer.body === "string";
  const text = typeof answer.body === "string" ? answer.body : `${writeJson(answer.body)}\n`;
  const warnings = (answer.warnings ?? []).map((warning) => `299 - ${JSON.stringify(warning)}`);
  if (warnings.length > 0) response.setHeader("warning", warnings);
  response.setHeader(
    "content-type",
    answer.contentType ?? (isText ? "text/plain" : "application/json"),
  );
  response.writeHead(answer.code, { "content-length": Buffer.byteLength(text) });
  response.end(text);
}

/** The answer to whatever was thrown. A bug is a 500 that says so. */
export function faultAnswer(error: unknown): Answer {
  if (error instanceof Fault) return { code: error.code, body: error.status };
  if (error instanceof PageNotFound) return { code: 404, body: "404 page not found\n" };
  const message = error instanceof Error ? (error.stack ?? error.message) : "unknown error";
  return {
    code: 500,
    body: new Fault(500, "InternalError", { message: `sandbox bug: ${message}` }).status,
  };
}

/** Media types of an Accept header, in its order. */
export function mediaTypes(accept: string): string[] {
  return accept.split(",").map((type) => type.trim().replaceAll(" ", ""));
}

export function wantsPartial(accept: string): boolean {
  return mediaTypes(accept).some((type) => /as=PartialObjectMetadata(List)?(;|$)/.test(type));
}

export function asPartial(object: Json): Json {
  return {
    kind: "PartialObjectMetadata",
    apiVersion: "meta.k8s.io/v1",
    metadata: isMap(object.metadata) ? object.metadata : {},
  };
}
