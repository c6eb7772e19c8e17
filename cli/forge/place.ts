import type { ForgeKind, ForgePlace } from "./forge.ts";

/** What the user's configuration says of a forge, by host. */
export interface ForgeSetting {
  readonly kind: ForgeKind;
  /** Address of its REST API where it is not at the usual place. */
  readonly api?: string;
  /** File with the token for this host. */
  readonly tokenFile?: string;
}

interface Remote {
  /** Of its pages: ssh says nothing of them, https is assumed. */
  readonly origin: string;
  /** With the port, if there is one. */
  readonly host: string;
  readonly project: string;
}

/** `https://host/acme/fleet.git`, `ssh://git@host:22/acme/fleet` or `git@host:acme/fleet.git`; undefined for a folder. */
export function parseRemote(address: string): Remote | undefined {
  const scp = /^(?:[^@/\s]+@)?([A-Za-z0-9.-]{2,}):(?!\/\/)(.+)$/.exec(address);
  const [, host = "", path = ""] = scp ?? [];
  if (scp !== null) return remoteOf(`https://${host}`, path);
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  if (url.protocol === "ssh:") return remoteOf(`https://${url.hostname}`, url.pathname);
  if (!/^https?:$/.test(url.protocol)) return undefined;
  return remoteOf(url.origin, url.pathname);
}

function remoteOf(origin: string, path: string): Remote | undefined {
  const project = path.replace(/^\/+|\/+$/g, "").replace(/\.git$/, "");
  const isProject = /^[\w.~-]+(\/[\w.~-]+)+$/.test(project) && !project.includes("..");
  return isProject ? { origin, host: new URL(origin).host, project } : undefined;
}

/** Names that say by themselves what they are. */
const wellKnown: Readonly<Record<string, ForgeKind>> = {
  "github.com": "github",
  "gitlab.com": "gitlab",
  "gitea.com": "gitea",
  "codeberg.org": "gitea",
};

/** `gitlab.acme.com`, `git.github.acme.com`: a company's own forge mostly bears its name. */
function kindByName(host: string): ForgeKind | undefined {
  if (Object.hasOwn(wellKnown, host)) return wellKnown[host];
  const [, name] = /(?:^|[.-])(github|gitlab|gitea|forgejo)[.-]/.exec(host) ?? [];
  if (name === "github" || name === "gitlab" || name === "gitea") return name;
  return name === "forgejo" ? "gitea" : undefined;
}

/** Which forge has the repository, and where its API is; undefined when nobody can tell. */
export function forgePlace(
  address: string,
  settings: ReadonlyMap<string, ForgeSetting>,
): ForgePlace | undefined {
  const remote = parseRemote(address);
  if (remote === undefined) return undefined;
  const { origin, host, project } = remote;
  const setting = settings.get(host);
  const kind = setting?.kind ?? kindByName(host);
  if (kind === undefined) return undefined;
  const api = (setting?.api ?? usualApi(kind, origin)).replace(/\/+$/, "");
  return { kind, api, web: `${origin}/${project}`, project };
}

function usualApi(kind: ForgeKind, origin: string): string {
  if (origin === "https://github.com") return "https://api.github.com";
  return origin + { github: "/api/v3", gitlab: "/api/v4", gitea: "/api/v1" }[kind];
}
