import { SourceError } from "./errors.ts";

/** Where the config repository is: what a credential is bound to (NEG-20). */
export interface Address {
  /** Without userinfo, query, fragment and trailing slash; safe to print. */
  readonly url: string;
  readonly origin: string;
  readonly path: string;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused (NEG-22)
const control = /[\u0000-\u0020\u007f]|%0[0-9a-f]|%1[0-9a-f]|%7f/i;

/** The address of a repository, or a SourceError: https, or http to loopback; no userinfo, no control characters. */
export function parseAddress(text: string): Address {
  if (control.test(text)) throw refused("it holds a control character or a space");
  if (!URL.canParse(text)) throw refused("it is not a URL");
  const url = new URL(text);
  if (url.username !== "" || url.password !== "" || text.includes("@")) {
    throw refused("a credential does not belong into it; give it in the agent's settings");
  }
  if (url.search !== "" || url.hash !== "") throw refused("it has a query or a fragment");
  if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    throw refused("plain http is for loopback only; use https");
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw refused("its scheme must be https");
  }
  const path = url.pathname.replace(/\/+$/, "");
  return { url: url.origin + path, origin: url.origin, path };
}

function refused(why: string): SourceError {
  return new SourceError(
    "SourceInvalid",
    `The address of the config repository is refused: ${why}.`,
  );
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** `main` → `refs/heads/main`; a full name stays. Refuses what Git's own grammar refuses (NEG-05, NEG-22). */
export function fullRef(ref: string): string {
  const full = ref.startsWith("refs/") ? ref : `refs/heads/${ref}`;
  const parts = full.split("/");
  const isWellFormed =
    full.length <= 255 &&
    !/[^\w./+@=#%&,!$'()-]|\.\.|@\{/.test(full) &&
    parts.every(isRefPart) &&
    !ref.startsWith("-");
  if (!isWellFormed) {
    throw new SourceError("SourceInvalid", "The name of the branch or tag is not a valid Git ref.");
  }
  return full;
}

function isRefPart(part: string): boolean {
  return part !== "" && !part.startsWith(".") && !part.endsWith(".lock") && !part.endsWith(".");
}
