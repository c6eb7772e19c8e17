import { execFile } from "node:child_process";
import { access } from "node:fs/promises";
import { promisify } from "node:util";

/** Folders of the Go modules that hold Kubernetes' API description. */
export interface Modules {
  readonly kubernetes: string;
  readonly version: string;
  readonly api: string;
  readonly apimachinery: string;
  readonly apiextensions: string;
  readonly aggregator: string;
}

/** Finds the modules in Go's cache, as required by the go.mod in `folder`. Throws when Go or a module is missing. */
export async function findModules(folder: string): Promise<Modules> {
  const [kubernetes, version] = await locate(folder, "k8s.io/kubernetes");
  const [api] = await locate(folder, "k8s.io/api");
  const [apimachinery] = await locate(folder, "k8s.io/apimachinery");
  const [apiextensions] = await locate(folder, "k8s.io/apiextensions-apiserver");
  const [aggregator] = await locate(folder, "k8s.io/kube-aggregator");
  return { kubernetes, version, api, apimachinery, apiextensions, aggregator };
}

async function locate(folder: string, module: string): Promise<[string, string]> {
  const { stdout } = await promisify(execFile)(
    "go",
    ["list", "-m", "-f", "{{.Dir}}\n{{.Version}}", module],
    { cwd: folder },
  );
  const [dir = "", version = ""] = stdout.trim().split("\n");
  if (dir === "") throw new Error(`${module} is not in Go's module cache`);
  await access(dir);
  return [dir, version];
}
