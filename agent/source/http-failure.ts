import type { Address } from "./address.ts";
import { errorCode, invalid, SourceError } from "./errors.ts";

/** What an answer's head tells. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

const untrusted =
  /^(CERT_|ERR_TLS_|ERR_SSL_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|HOSTNAME_MISMATCH|EPROTO)/;

/** An answer that is not 200: which reason it is, in words that hold nothing from the answer but its number. */
export function statusFailure(head: AnswerHead, address: Address, now: number): SourceError {
  const { status } = head;
  const said = `The Git host answered ${status} for ${address.url}`;
  const retryAfterSeconds = retryAfter(head, now);
  const isThrottled = status === 403 && retryAfterSeconds !== undefined; // a forge that is asked too often
  if (status === 401 || status === 203 || (status === 403 && !isThrottled)) {
    return new SourceError(
      "SourceAuthFailed",
      `${said}: it refuses the credential, or asks for one. Renew the credential in the agent's settings.`,
    );
  }
  if (status >= 300 && status < 400) {
    return invalid(
      `${said}, a redirect${redirectHost(head)}; redirects are not followed, so that no credential goes elsewhere. Put the final address into the agent's settings.`,
    );
  }
  if (isThrottled || status === 429 || status >= 500 || status === 408) {
    const wait = retryAfterSeconds === undefined ? "" : ` It asks to wait ${retryAfterSeconds} s.`;
    return new SourceError(
      "SourceUnreachable",
      `${said}.${wait} What runs stays as it is; it is tried again.`,
      { retryAfterSeconds },
    );
  }
  return invalid(
    `${said}: there is no Git repository for this credential. Check the address; private repositories can answer 404 without a credential.`,
  );
}

function redirectHost(head: AnswerHead): string {
  const location = single(head.headers.location);
  if (location === undefined || !URL.canParse(location)) return "";
  return ` to ${new URL(location).host}`;
}

export function single(value: string | string[] | undefined): string | undefined {
  return typeof value === "string" ? value : value?.[0];
}

/** `Retry-After` in seconds or as a date; at most a day. */
export function retryAfter(head: AnswerHead, now: number): number | undefined {
  const text = single(head.headers["retry-after"]);
  if (text === undefined) return undefined;
  const seconds = /^\d+$/.test(text) ? Number(text) : Math.ceil((Date.parse(text) - now) / 1000);
  return Number.isFinite(seconds) ? Math.min(86_400, Math.max(0, seconds)) : undefined;
}

/** An exchange that failed below HTTP. */
export function connectionFailure(error: unknown, address: Address): unknown {
  if (error instanceof SourceError) return error;
  if (error instanceof Error && error.name === "AbortError") return error;
  const code = errorCode(error) ?? "failed";
  if (untrusted.test(code)) {
    return new SourceError(
      "SourceUntrusted",
      `The certificate of ${address.origin} is not trusted (${code}). Check the host, then give the agent its CA.`,
      { cause: error },
    );
  }
  return new SourceError(
    "SourceUnreachable",
    `${address.url} does not answer (${code}). Check the network and the Git host; what runs stays as it is.`,
    { cause: error },
  );
}
