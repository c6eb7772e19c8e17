import {
  bytes,
  durationMs,
  isDnsLabel,
  isLabelKey,
  isLabelValue,
  isRepositoryPath,
  share,
  timeMs,
} from "./text.ts";

interface Format {
  readonly isValid: (text: string) => boolean;
  /** Completes "must be …". */
  readonly says: string;
}

/** What a string of a document may look like; no expression from a user ever becomes one here (NEG-16). */
export const formats = {
  duration: {
    isValid: (text) => durationMs(text) !== undefined,
    says: "a duration like 5m or 1h30m",
  },
  percent: { isValid: (text) => share(text) !== undefined, says: "a share from 0% to 100%" },
  time: {
    isValid: (text) => timeMs(text) !== undefined,
    says: "a time like 2027-01-02T06:00:00Z",
  },
  "dns-label": {
    isValid: isDnsLabel,
    says: "lower-case letters, digits and dashes, at most 63, with a letter or digit at both ends",
  },
  "label-key": { isValid: isLabelKey, says: "a label key like env or example.com/env" },
  "label-value": {
    isValid: isLabelValue,
    says: "a label value: letters, digits, '-', '_' and '.', at most 63",
  },
  path: { isValid: isRepositoryPath, says: "a relative path with '/' inside the repository" },
  pointer: {
    isValid: (text) => text.startsWith("/"),
    says: "a JSON pointer like /spec/replicas",
  },
  "kind-pattern": {
    isValid: (text) => /^(?:\*|[A-Za-z0-9.-]+)(?:\/\*)?$/.test(text),
    says: "a kind like StatefulSet or Kind.group, or a group like example.com/*",
  },
  "oci-url": { isValid: (text) => /^oci:\/\/[^\s/]+\/\S+$/.test(text), says: "oci://host/path" },
  "https-url": { isValid: (text) => isUrl(text, ["https:"]), says: "an https address" },
  "http-url": { isValid: (text) => isUrl(text, ["https:", "http:"]), says: "an http(s) address" },
  "kubernetes-version": {
    isValid: (text) => /^v?[0-9]{1,3}\.[0-9]{1,3}(?:\.[0-9]{1,4})?$/.test(text),
    says: 'a version like "1.36"',
  },
  quantity: { isValid: (text) => bytes(text) !== undefined, says: "a size like 512Mi or 2Gi" },
  "git-url": {
    isValid: isGitUrl,
    says: "an https or ssh address without a credential (http only to this machine)",
  },
  "remote-url": {
    isValid: (text) => /^(?:oci|https):\/\/[^\s/@]+\/\S*$/.test(text),
    says: "an address prefix like oci://ghcr.io/acme/charts/",
  },
  cron: {
    isValid: (text) => /^[0-9*/,A-Za-z?#-]+(?: [0-9*/,A-Za-z?#-]+){4}$/.test(text),
    says: 'five cron fields like "0 8 * * 1-5"',
  },
  "change-id": {
    isValid: (text) => /^[0-9a-f]{8,64}$/.test(text),
    says: "a change id: 8 to 64 hex digits",
  },
} as const satisfies Readonly<Record<string, Format>>;

/** Completes "must be …" for a format's name. */
export function formatSays(name: string): string {
  return name in formats ? formats[name as keyof typeof formats].says : name;
}

function isUrl(text: string, protocols: readonly string[]): boolean {
  const url = URL.parse(text);
  return (
    url !== null && protocols.includes(url.protocol) && url.username === "" && url.password === ""
  );
}

const loopback = ["localhost", "127.0.0.1", "[::1]"];

/** A credential in an address would end up in logs and in Git; it comes from a file (NEG-30). */
function isGitUrl(text: string): boolean {
  if (isUrl(text, ["https:"])) return true;
  const url = URL.parse(text);
  if (url === null || url.password !== "") return false;
  if (url.protocol === "ssh:") return true;
  return url.protocol === "http:" && url.username === "" && loopback.includes(url.hostname);
}
