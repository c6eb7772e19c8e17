import { isJsonObject, type JsonObject } from "../../agent/model/json.ts";
import type { Report } from "../output/error.ts";
import type { ForgePlace } from "./forge.ts";

export interface Refused {
  readonly status: number;
  readonly location: unknown;
  readonly json: JsonObject | undefined;
  readonly place: ForgePlace;
  readonly token: string | undefined;
  /** What was asked. */
  readonly where: string;
}

/** What the token must be allowed to do, in each forge's own words. */
const rights = {
  github: 'fine-grained: "Pull requests: read and write"; classic: repo',
  gitlab: "scope api",
  gitea: "repository: read and write",
} as const;

/** An answer that is a no, in four parts; the forge's own words, without our token should it repeat it. */
export function refusal(refused: Refused): Report {
  const { status, json, token, where } = refused;
  const said = wordsOf(json);
  const words = token === undefined ? said : said.replaceAll(token, "***");
  const why = [`HTTP ${status}`, words].filter((part) => part !== "").join(": ");
  return { where, why, ...told(refused) };
}

function told({ status, location, place, token }: Refused): Pick<Report, "what" | "next"> {
  const { kind, project, api } = place;
  const host = new URL(api).host;
  if (status >= 300 && status < 400) {
    const to = typeof location === "string" ? location : "another address";
    const next = "git remote set-url origin NEW-ADDRESS";
    return { what: `${project} is not there any more: ${host} points to ${to}`, next };
  }
  switch (status) {
    case 401:
      return {
        what: `${host} does not accept the token`,
        next: `a valid one needs ${rights[kind]}`,
      };
    case 403:
      return { what: `${host} does not let this token do that`, next: `it needs ${rights[kind]}` };
    case 404: {
      const next =
        token === undefined
          ? "if it is private, name a token: HOLDFAST_FORGE_TOKEN or --token-file FILE"
          : `look at git remote get-url origin; the token needs ${rights[kind]}`;
      return { what: `${host} shows nothing there of ${project} to this token`, next };
    }
    case 409:
    case 422:
      return {
        what: `${host} takes no such pull request`,
        next: "look at the pull requests of the branch",
      };
    case 429:
      return { what: `${host} asks to wait`, next: "try again in a minute" };
    default:
      return { what: `${host} answers with an error`, next: "try again later" };
  }
}

/** GitHub: message and errors[].message; GitLab: message as text, list or map, or error; Gitea: message. */
function wordsOf(json: JsonObject | undefined): string {
  if (json === undefined) return "";
  return [json.message, json.error_description ?? json.error, json.errors]
    .flatMap(textsOf)
    .slice(0, 5)
    .map((line) => line.slice(0, 300))
    .join("; ");
}

function textsOf(value: unknown): readonly string[] {
  if (typeof value === "string") return value === "" ? [] : [value];
  if (Array.isArray(value)) return value.flatMap(textsOf);
  if (!isJsonObject(value)) return [];
  if (typeof value.message === "string") return [value.message];
  return Object.entries(value).flatMap(([key, inside]) =>
    textsOf(inside).map((line) => `${key} ${line}`),
  );
}
