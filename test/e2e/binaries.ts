import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

/** One Go module of tools: Kubernetes and what surrounds it need different versions of the same libraries. */
export interface ToolModule {
  readonly name: "kubernetes" | "tools";
  /** Names as tests use them, to what Go calls the binary. */
  readonly binaries: Readonly<Record<string, string>>;
}

export const toolModules: readonly ToolModule[] = [
  {
    name: "kubernetes",
    binaries: {
      // Go names a binary after its last import path element.
      etcd: "server",
      "kube-apiserver": "kube-apiserver",
      "kube-controller-manager": "kube-controller-manager",
      "kube-scheduler": "kube-scheduler",
      kubectl: "kubectl",
    },
  },
  {
    name: "tools",
    binaries: { helm: "helm", kustomize: "kustomize", kwok: "kwok", kind: "kind" },
  },
];

/** What kwok does with nodes and pods; lies beside its binary, so that a run needs no Go. */
export const stagesFile = "kwok-stages.yaml";

/** Small binaries that know their version: helm and people ask the API server for it. */
export function linkerFlags(module: ToolModule): string {
  const required = readFileSync(join(moduleFolder(module), "go.mod"), "utf8");
  const version = /k8s\.io\/kubernetes (v\d+\.\d+\.\d+)/.exec(required)?.[1];
  if (version === undefined) return "-s -w";
  const [major = "", minor = ""] = version.slice(1).split(".");
  const known = { gitVersion: version, gitMajor: major, gitMinor: minor };
  const sets = Object.entries(known).flatMap(([name, value]) =>
    ["component-base", "client-go/pkg"].map((at) => `-X k8s.io/${at}/version.${name}=${value}`),
  );
  return ["-s -w", ...sets].join(" ");
}

export function moduleFolder(module: ToolModule): string {
  return join(import.meta.dirname, module.name);
}

/** Where a module's binaries are kept: outside the tree, named after what they are built from. */
export function cacheFolder(module: ToolModule): string {
  const hash = createHash("sha256");
  for (const file of ["go.mod", "go.sum"])
    hash.update(readFileSync(join(moduleFolder(module), file)));
  hash.update(linkerFlags(module));
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  return join(cache, "holdfast", "control-plane", hash.digest("hex").slice(0, 16));
}

export function isBuilt(module: ToolModule): boolean {
  return existsSync(cacheFolder(module));
}

/** Path of a built binary, by the name that tests use. */
export function binaryPath(name: string): string {
  for (const module of toolModules) {
    const file = module.binaries[name];
    if (file !== undefined) return join(cacheFolder(module), file);
  }
  throw new Error(`no tool module builds ${name}`);
}

export function stagesPath(): string {
  const module = toolModules.find(({ binaries }) => "kwok" in binaries);
  if (module === undefined) throw new Error("no tool module builds kwok");
  return join(cacheFolder(module), stagesFile);
}

/** Where a program of this machine is, if it is there. */
export function findOnPath(program: string): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
}

/** Whether a control plane can be had here, and if not, what is missing and how to get it. */
export function haveControlPlane(): { readonly ok: boolean; readonly why: string } {
  if (process.env.HOLDFAST_E2E_KUBECONFIG)
    return { ok: true, why: "clusters given by HOLDFAST_E2E_KUBECONFIG" };
  if (toolModules.every(isBuilt)) return { ok: true, why: "binaries are cached" };
  if (findOnPath("go") !== undefined) return { ok: true, why: "Go builds the binaries first" };
  return {
    ok: false,
    why: "no control plane: needs Go 1.26 once (`node test/e2e/build.ts` builds it), or clusters named by HOLDFAST_E2E_KUBECONFIG",
  };
}
