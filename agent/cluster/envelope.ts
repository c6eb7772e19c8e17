import { parseJson } from "../model/json.ts";
import type { ApiRequest } from "./requests.ts";

/** Headers of one request; impersonation that would fall back to ourselves is impossible (NEG-51). */
export function headersOf(
  request: ApiRequest,
  authorization: string | undefined,
  as: string | undefined,
): Record<string, string> {
  if (as !== undefined && !/^system:serviceaccount:[^:\s]+:[^:\s]+$/.test(as)) {
    throw new Error("An impersonating client needs a service account.");
  }
  return {
    accept: request.accept,
    "user-agent": "holdfast",
    ...(request.contentType !== undefined && { "content-type": request.contentType }),
    ...(authorization !== undefined && { authorization }),
    ...(as !== undefined && { "impersonate-user": as }),
  };
}

/** With A-16's `timeout`, which the server keeps even if we are gone. */
export function queryOf(request: ApiRequest, timeoutMs: number | undefined): string {
  const query = new URLSearchParams(request.query);
  if (timeoutMs !== undefined) query.set("timeout", `${timeoutMs}ms`);
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

/** `PATCH /api/v1/…`, for messages. */
export function nameOf({ method, path }: ApiRequest): string {
  return `${method} ${path}`;
}

/** Text that is no JSON comes back as it is: some servers refuse in plain words. */
export function parsed(bytes: Buffer): unknown {
  const text = bytes.toString("utf8");
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}
