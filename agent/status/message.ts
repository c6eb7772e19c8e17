import { reasonInfo } from "../model/reason.ts";
import type { Finding } from "./finding.ts";

const maxBytes = 1024;
const maxParts = 5;

/** Who the next step is about. */
export interface Whose {
  readonly app: string;
  readonly cluster: string;
}

/** What the worst finding says, with others of the same reason, at most 1 KiB, ending with the next step. */
export function composeMessage(worst: Finding, all: readonly Finding[], whose: Whose): string {
  if (worst.isComposed === true) return cut(worst.message, maxBytes);
  const same = all.filter(({ state, reason }) => state === worst.state && reason === worst.reason);
  const texts = [...new Set([worst.message, ...same.map(({ message }) => message)])];
  const shown = texts.slice(0, maxParts);
  const rest = texts.length - shown.length;
  const parts = rest > 0 ? [...shown, `and ${rest} more`] : shown;
  const next = nextStep(worst, whose);
  const what = cut(endSentence(parts.join("; ")), maxBytes - bytesOf(next) - 1);
  return next === "" ? what : `${what} ${next}`;
}

function nextStep({ reason, next }: Finding, { app, cluster }: Whose): string {
  const text = next ?? reasonInfo(reason).next;
  if (reason === "InSync") return "";
  return cut(exact(text, `${app} --cluster ${cluster}`), maxBytes / 2);
}

/** The table's general words become the very command; `accept --tip` is about the branch, not the app. */
function exact(text: string, about: string): string {
  return text.includes("holdfast accept --tip")
    ? text
    : text.replace(/holdfast (accept|resume)(?! [a-z])/, (command) => `${command} ${about}`);
}

function endSentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** At most that many bytes of UTF-8, cut between characters. */
export function cut(text: string, bytes: number): string {
  if (bytesOf(text) <= bytes) return text;
  const characters = [...text.slice(0, bytes).toWellFormed()];
  while (characters.length > 0 && bytesOf(characters.join("")) > bytes - 3) {
    characters.splice(Math.floor(characters.length * 0.9));
  }
  return `${characters.join("")}…`;
}
