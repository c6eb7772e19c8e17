import type { Commit } from "../../agent/model/artifact.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import type { Clock } from "../../agent/schedule/clock.ts";
import { objectId } from "../../agent/source/pack.ts";
import type { FoundRecord } from "../../agent/status/carrier.ts";
import type {
  ChartText,
  ChartWish,
  CliPorts,
  ConnectedCluster,
  NewBranch,
  RecordsCluster,
  Repository,
  RepositoryView,
} from "../../cli/commands/context.ts";
import type { Host } from "../../cli/host.ts";
import { run } from "../../cli/run.ts";
import { createManualClock, testHasher } from "../doubles/ports.ts";

export type FileTexts = Readonly<Record<string, string>>;

export interface Given {
  /** The work tree; absent: there is no repository. */
  readonly files?: FileTexts;
  /** Commits by revision. */
  /** One after the other, oldest first. */
  readonly commits?: Readonly<Record<string, FileTexts>>;
  /** The revision that is checked out. */
  readonly head?: string;
  readonly contexts?: readonly string[];
  readonly clusters?: Readonly<Record<string, ConnectedCluster>>;
  /** What lies where status records are. */
  readonly records?: readonly FoundRecord[];
  readonly recordsCluster?: RecordsCluster;
  readonly clock?: Clock;
  readonly chart?: (wish: ChartWish) => ChartText;
  readonly isTty?: boolean;
  /** To the one question; or lines that are typed. */
  readonly answer?: boolean | readonly string[];
  whileAsked?(): Promise<void>;
  readonly forgeToken?: string | undefined;
  /** `~/.config/holdfast/config.yaml` */
  readonly userConfig?: string | undefined;
  /** Address of the repository; default: its folder. */
  readonly place?: string;
  /** Of commits, where it is not just their title. */
  readonly messages?: Readonly<Record<string, string>>;
  /** Other names of revisions. */
  readonly alias?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Pushed extends Omit<NewBranch, "files"> {
  readonly files: Readonly<Record<string, string | undefined>>;
}

export interface Ran {
  /** Branches that were made. */
  readonly pushed: readonly Pushed[];
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly written: ReadonlyMap<string, string>;
  readonly questions: readonly string[];
}

/** One command against a repository and clusters that exist only here. */
export async function runWith(given: Given, ...args: readonly string[]): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  const written = new Map<string, string>();
  const questions: string[] = [];
  const pushed: Pushed[] = [];
  const isTty = given.isTty ?? false;
  const lines = typeof given.answer === "object" ? [...given.answer] : [given.answer ? "y" : "n"];
  const host: Host = {
    args,
    env: given.env ?? {},
    cwd: "/fleet",
    home: "/someone",
    version: "1.2.3",
    stdin: { isTty },
    stdout: { isTty, columns: 100, write: (text) => void out.push(text) },
    stderr: { isTty, columns: 100, write: (text) => void err.push(text) },
    interrupted: new AbortController().signal,
    ports: portsOf(given, { written, pushed }),
    prompt: async (question) => {
      questions.push(question);
      await given.whileAsked?.();
      return lines.shift() ?? "";
    },
  };
  const code = await run(host);
  return { code, stdout: out.join(""), stderr: err.join(""), written, questions, pushed };
}

interface Traces {
  readonly written: Map<string, string>;
  readonly pushed: Pushed[];
}

function portsOf(given: Given, { written, pushed }: Traces): CliPorts {
  let id = 0;
  return {
    clock: given.clock ?? createManualClock(),
    random: { next: () => 0.5, id: () => `id-${++id}` },
    hasher: async () => testHasher,
    renderTools: async () => ({}),
    renderChart: async (wish) => given.chart?.(wish) ?? { ok: false, why: "no helm" },
    repository: async () => repositoryOf(given, pushed),
    contexts: async () => ({ names: given.contexts ?? [], current: given.contexts?.[0] }),
    connect: async ({ context }) => {
      const cluster = given.clusters?.[context];
      if (cluster === undefined) throw new Error("connection refused");
      return cluster;
    },
    recordsCluster: async () => {
      const { recordsCluster } = given;
      if (recordsCluster === undefined) throw new Error("nobody expected a records cluster");
      return recordsCluster;
    },
    records: async () => {
      const { records } = given;
      if (records === undefined) throw new Error("nobody expected status records");
      return { read: async () => records, close: async () => {} };
    },
    acceptTipAnnotation: async () => "holdfast.dev/accept-tip",
    forgeToken: async (file) => (file === undefined ? given.forgeToken : `token of ${file}`),
    readText: async (path) => (path.endsWith("/config.yaml") ? given.userConfig : undefined),
    writeText: async (path, text) => void written.set(path, text),
  };
}

function repositoryOf(
  { files, commits = {}, head, place = "/fleet", alias = {}, messages = {} }: Given,
  pushed: Pushed[],
): Repository | undefined {
  if (files === undefined) return undefined;
  const views = Object.entries(commits).map(
    ([name, texts]) => [name, viewOf(texts, name)] as const,
  );
  const names = Object.keys(commits);
  return {
    place,
    ref: "main",
    folder: "/fleet",
    head: async () => (head === undefined ? undefined : new Map(views).get(head)),
    contains: async (commit, ancestor) =>
      names.includes(ancestor) && names.indexOf(ancestor) <= names.indexOf(commit),
    log: async ({ from, to, limit }) =>
      names
        .slice(from === undefined ? 0 : names.indexOf(from) + 1, names.indexOf(to) + 1)
        .reverse()
        .slice(0, limit)
        .map((id) => ({
          ...commitOf(id, names[names.indexOf(id) - 1]),
          ...(messages[id] === undefined ? {} : { message: messages[id] }),
        })),
    branches: async () => ["main", ...Object.keys(alias)],
    newest: async () => viewOf(files, undefined),
    at: async (revision) => new Map(views).get(alias[revision] ?? revision),
    push: async (branch) => {
      const texts = [...branch.files].map(([path, file]) => [
        path,
        file === undefined ? undefined : new TextDecoder().decode(file.content),
      ]);
      pushed.push({ ...branch, files: Object.fromEntries(texts) });
      const command = `git push origin ${branch.name}`;
      return { commit: "1".repeat(40), command, isPushed: true };
    },
    close: async () => {},
  };
}

function commitOf(id: string, parent: string | undefined): Commit {
  const title = `commit ${id.slice(0, 7)}`;
  return {
    id,
    parents: parent === undefined ? [] : [parent],
    title,
    message: title,
    author: "Ana <ana@acme.example>",
    authoredAt: 0,
    committedAt: 0,
  };
}

/** One state of a repository. */
export function viewOf(files: FileTexts, commit: string | undefined): RepositoryView {
  const contents = new Map(
    Object.entries(files).map(([path, text]) => [path, new TextEncoder().encode(text)]),
  );
  const tree = new Map(
    [...contents].sort().map(([path, content]) => {
      const id = objectId({ type: "blob", content });
      return [path, { mode: "100644", id }] as const;
    }),
  );
  return {
    commit,
    title: commit ?? "the work tree",
    author: undefined,
    committedAt: undefined,
    tree: async () => tree,
    read: async (paths) =>
      new Map(
        paths.flatMap((path) => {
          const content = contents.get(path);
          return content === undefined ? [] : [[path, content] as const];
        }),
      ),
  };
}

export interface Patched {
  readonly name: string;
  readonly operations: readonly unknown[];
}

/** A cluster with these App objects; patches are written down. Whatever else is asked of it is a mistake. */
export function clusterOf(
  objects: readonly KubeObject[],
  patched: Patched[] = [],
): ConnectedCluster {
  const refuse = (what: string) => () => {
    throw new Error(`nobody expected ${what}`);
  };
  return {
    apps: { list: async () => objects },
    state: { read: async () => undefined },
    inventories: { read: async () => undefined, list: async () => [], remove: async () => {} },
    kept: { list: async () => [] },
    uid: async () => "6f0c1a52-0000-4000-8000-000000000000",
    installation: async () => "aaaaaaaaaa",
    client: {
      discover: async () => ({
        kinds: new Map(),
        versions: new Map(),
        unknownGroups: new Set(),
        kubernetes: "v1.36.3",
      }),
      get: async ({ kind, name }) =>
        kind === "App" ? objects.find(({ metadata }) => metadata.name === name) : undefined,
      patch: async ({ name }, operations) => {
        patched.push({ name, operations });
        const object = objects.find(({ metadata }) => metadata.name === name);
        if (object === undefined) throw new Error("no such object");
        return { object, created: false, warnings: [] };
      },
      dryRun: refuse("a dry run"),
      list: refuse("a list"),
      watch: refuse("a watch"),
      apply: refuse("an apply"),
      delete: refuse("a delete"),
      create: refuse("a create"),
      replace: refuse("a replace"),
      impersonate: refuse("impersonation"),
      rules: refuse("a review of rules"),
      may: refuse("a review of access"),
      whoami: async () => "ana",
      close: async () => {},
    },
  };
}
