import { createHash } from "node:crypto";
import { appPage } from "./app-page.ts";
import { inertJson } from "./escape.ts";
import { fleetPage } from "./fleet-page.ts";
import {
  type Answer,
  type Asked,
  type Handler,
  notFound,
  plainAnswer,
  plainHeaders,
} from "./listen.ts";
import type { StatusReport } from "./report-types.ts";
import type { FleetSnapshot } from "./snapshot.ts";
import { statusReport } from "./status-report.ts";
import { icon, stylesheet } from "./style.ts";

interface PageSources {
  readonly snapshot: () => FleetSnapshot;
  readonly allowedHosts: readonly string[];
  readonly redact?: (text: string) => string;
}

/** Without script a page can only reload itself; how often is in the address, and it can be turned off there. */
const refreshes: ReadonlyMap<string, number> = new Map([
  ["", 0],
  ["refresh=10", 10],
  ["refresh=30", 30],
]);

const appPath = /^\/apps\/([a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?)$/;

/** The read-only page and its API; assets are a fixed map (NEG-07), every other address is the same 404. */
export function createPageHandler(sources: PageSources): Handler {
  const { snapshot, redact } = sources;
  const hosts = new Set(["localhost", "127.0.0.1", "[::1]", ...sources.allowedHosts]);
  const report = (): StatusReport => statusReport(snapshot(), redact);
  const assets: ReadonlyMap<string, readonly [type: string, body: string]> = new Map([
    ["/style.css", ["text/css; charset=utf-8", stylesheet]],
    ["/icon.svg", ["image/svg+xml", icon]],
  ]);
  return (asked) => {
    if (!hosts.has(hostname(asked.host))) return plainAnswer(421, "this host name is not allowed");
    const asset = assets.get(asked.target);
    if (asset !== undefined) return tagged(asked, asset[0], asset[1]);
    if (asked.target === "/api/v1/status") return apiAnswer(asked, report());
    return htmlAnswer(asked, report);
  };
}

function htmlAnswer(asked: Asked, report: () => StatusReport): Answer {
  const [path = "", query = "", ...rest] = asked.target.split("?");
  const refreshSeconds = refreshes.get(query);
  if (refreshSeconds === undefined || rest.length > 0) return notFound;
  const type = "text/html; charset=utf-8";
  if (path === "/") return tagged(asked, type, fleetPage(report(), refreshSeconds));
  const app = appPath.exec(path)?.[1];
  const page = app === undefined ? undefined : appPage(report(), app, refreshSeconds);
  return page === undefined ? notFound : tagged(asked, type, page);
}

/** Two answers that differ only in the moment they were made have one tag. */
function apiAnswer(asked: Asked, report: StatusReport): Answer {
  const body = `${inertJson(report)}\n`;
  const { generatedAt: _, ...lasting } = report;
  const clusters = report.clusters.map(({ asOf: __, ...cluster }) => cluster);
  const tag = `W/"${digest(JSON.stringify({ ...lasting, clusters }))}"`;
  return withTag(asked, { type: "application/json; charset=utf-8", body, tag });
}

function tagged(asked: Asked, type: string, body: string): Answer {
  return withTag(asked, { type, body, tag: `"${digest(body)}"` });
}

function withTag(
  { ifNoneMatch = "" }: Asked,
  { type, body, tag }: { readonly type: string; readonly body: string; readonly tag: string },
): Answer {
  const headers = { ...plainHeaders, "Content-Type": type, ETag: tag };
  const known = ifNoneMatch.split(",").map((part) => part.trim().replace(/^W\//, ""));
  if (known.includes(tag.replace(/^W\//, ""))) return { status: 304, headers, body: "" };
  return { status: 200, headers, body };
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

/** `prod.example:8081` → `prod.example`; anything that is no host is itself and matches nothing. */
function hostname(host: string): string {
  return host.toLowerCase().replace(/:\d{1,5}$/, "");
}
