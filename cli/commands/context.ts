import type { AppObjects } from "../../agent/cluster/app-objects.ts";
import type { ClusterClient } from "../../agent/cluster/client.ts";
import type { InventoryStore } from "../../agent/cluster/inventory.ts";
import type { KeptStore } from "../../agent/cluster/kept.ts";
import type { StateStore } from "../../agent/cluster/state.ts";
import type { Commit, FileMode, Files, Tree } from "../../agent/model/artifact.ts";
import type { Hasher } from "../../agent/model/digest.ts";
import type { JsonObject } from "../../agent/model/json.ts";
import type { RenderTools } from "../../agent/render/tool.ts";
import { type Clock, isoTime, type Random } from "../../agent/schedule/clock.ts";
import type { RecordReader } from "../../agent/status/carrier.ts";
import type { GlobalOptions } from "./globals.ts";
import type { RecordsPlace } from "./records-place.ts";

/** One state of the config repository: a commit, or the work tree with everything uncommitted. */
export interface RepositoryView {
  /** Full id; undefined for the work tree. */
  readonly commit: string | undefined;
  /** First line of the message; for the work tree what it is. */
  readonly title: string;
  readonly author: string | undefined;
  /** Seconds since the epoch. */
  readonly committedAt: number | undefined;
  tree(signal: AbortSignal): Promise<Tree>;
  read(paths: readonly string[], signal: AbortSignal): Promise<Files>;
}

/** A commit to be made on a branch of its own. */
export interface NewBranch {
  readonly name: string;
  /** Full id of the commit it starts from. */
  readonly base: string;
  readonly message: string;
  /** Contents by path; `undefined` takes a file out. Nothing else changes. */
  readonly files: ReadonlyMap<string, NewFile | undefined>;
}

export interface NewFile {
  readonly content: Uint8Array;
  readonly mode: FileMode;
}

export interface MadeBranch {
  readonly commit: string;
  /** What its owner does, or has us do, to publish it. */
  readonly command: string;
  /** False: there is no `git` here to do it with; the branch is in the local repository only. */
  readonly isPushed: boolean;
}

export interface LogRange {
  readonly from?: string;
  readonly to: string;
  readonly limit: number;
}

/** The config repository: the enclosing work tree, or a clone of `--repo URL`. */
export interface Repository {
  /** For people: a path or a URL without credentials. */
  readonly place: string;
  /** Branch that is looked at, for people. */
  readonly ref: string;
  /** Folder of the work tree; undefined for a clone. */
  readonly folder: string | undefined;
  /** The commit that is checked out, or the tip of the branch; undefined before the first commit. */
  head(): Promise<RepositoryView | undefined>;
  /** What commands read when no revision is named: the work tree, or the tip of the branch. */
  newest(): Promise<RepositoryView>;
  /** A branch, tag or id; undefined when it names no commit. */
  at(revision: string): Promise<RepositoryView | undefined>;
  /** Whether a commit is or has the other as ancestor; undefined when the history at hand does not reach so far. Full ids. */
  contains(commit: string, ancestor: string): Promise<boolean | undefined>;
  /** Commits reachable from `to` and not from `from`, newest first. Full ids. */
  log(range: LogRange): Promise<readonly Commit[]>;
  /** Branches that are known here, as revisions. */
  branches(): Promise<readonly string[]>;
  /** Makes a new branch and pushes it as the user would; never an existing one, never what is checked out. */
  push(branch: NewBranch, signal: AbortSignal): Promise<MadeBranch>;
  close(): Promise<void>;
}

export interface Contexts {
  readonly names: readonly string[];
  readonly current: string | undefined;
}

export interface ConnectWish {
  readonly kubeconfig: string | undefined;
  readonly context: string;
  /** The agent's. */
  readonly namespace: string;
}

/** One cluster, and what the agent keeps there. */
export interface ConnectedCluster {
  readonly client: ClusterClient;
  readonly apps: Pick<AppObjects, "list">;
  readonly state: Pick<StateStore, "read">;
  readonly inventories: Pick<InventoryStore, "read" | "list" | "remove">;
  /** Copies of what was deleted; Secrets in them stay sealed here. */
  readonly kept: Pick<KeptStore, "list">;
  /** Of its kube-system namespace (NEG-72). */
  uid(signal: AbortSignal): Promise<string>;
  /** Id of the agent's installation there (P-3). */
  installation(signal: AbortSignal): Promise<string>;
}

/** A records cluster and how it is reached, for those who are to reach it, too. */
export interface RecordsCluster {
  readonly client: ClusterClient;
  readonly server: string;
  /** PEM; absent: the system's roots count. */
  readonly ca?: string;
}

/** What `helm template` is asked for. */
export interface ChartWish {
  readonly namespace: string;
  /** Paths, then values of ours, then `--set`: the later wins. */
  readonly files: readonly string[];
  readonly values: JsonObject;
  readonly sets: readonly string[];
  /** What the chart may know of the cluster; absent: what helm was built with. */
  readonly cluster:
    | { readonly kubernetes: string; readonly apiVersions: readonly string[] }
    | undefined;
}

/** The manifests, or what stands against them: `said` is helm's own word. */
export type ChartText =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly why: "no helm" | "no chart" }
  | { readonly ok: false; readonly why: "refused"; readonly said: string };

/** The outside world of a command; constructed once, in cli/main.ts. */
export interface CliPorts {
  readonly clock: Clock;
  readonly random: Random;
  hasher(): Promise<Hasher>;
  renderTools(): Promise<RenderTools>;
  /** undefined: no `--repo`, and no work tree with a fleet.yaml encloses the folder. */
  repository(
    wish: {
      readonly repo: string | undefined;
      readonly ref: string | undefined;
      readonly cwd: string;
    },
    signal: AbortSignal,
  ): Promise<Repository | undefined>;
  /** What the kubeconfig has; nothing where there is no such file. */
  contexts(kubeconfig: string | undefined): Promise<Contexts>;
  connect(wish: ConnectWish, signal: AbortSignal): Promise<ConnectedCluster>;
  /** Our own chart, rendered by the helm of this machine. */
  renderChart(wish: ChartWish, signal: AbortSignal): Promise<ChartText>;
  /** Where the status records of a fleet are; nothing is asked yet. */
  records(place: RecordsPlace, kubeconfig: string | undefined): Promise<RecordReader>;
  /** Annotation on `holdfast-state` by which a rewritten branch is accepted (P-52). */
  acceptTipAnnotation(): Promise<string>;
  /** For the forge: from the file, else from the environment; undefined: there is none. */
  forgeToken(file: string | undefined): Promise<string | undefined>;
  /** undefined: there is no such file. */
  readText(path: string): Promise<string | undefined>;
  /** The records cluster, to make a record in. */
  recordsCluster(
    place: Extract<RecordsPlace, { carrier: "kubernetes" }>,
    kubeconfig: string | undefined,
  ): Promise<RecordsCluster>;
  /** Makes the folders above it; `mode` counts also where the file is there already. */
  writeText(path: string, text: string, mode?: number): Promise<void>;
}

/** What a person sees and answers besides stdout. Nothing of it is data. */
export interface Terminal {
  /** Whether there is someone to ask. */
  readonly isInteractive: boolean;
  /** One line of progress on stderr; silent with `-q`. */
  progress(line: string): void;
  /** With `-v`: what is asked of whom, never bodies or headers. */
  detail(line: string): void;
  /** Text before a question, on stderr. */
  show(text: string): void;
  ask(question: string): Promise<boolean>;
  /** One of the keys, asked again until it is one; the last of them where nobody answers any more. */
  choose<const K extends string>(question: string, keys: readonly K[]): Promise<K>;
}

/** What every command gets. */
export interface CommandContext {
  readonly options: GlobalOptions;
  readonly ports: CliPorts;
  readonly terminal: Terminal;
  readonly cwd: string;
  readonly home: string;
  readonly version: string;
  /** Aborted by Ctrl-C and by `--timeout`. */
  readonly signal: AbortSignal;
}

/** ISO 8601, for `generatedAt`. */
export function nowText({ ports }: Pick<CommandContext, "ports">): string {
  return isoTime(ports.clock.now());
}
