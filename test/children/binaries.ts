import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { binaryPath } from "../e2e/binaries.ts";

/** The real helm or kustomize: of HOLDFAST_TEST_BIN, of the control plane's cache, or in PATH. */
export function realTool(name: "helm" | "kustomize"): string | undefined {
  const { HOLDFAST_TEST_BIN: folder, PATH = "" } = process.env;
  const places = [
    ...(folder === undefined ? [] : [join(folder, name)]),
    binaryPath(name),
    ...PATH.split(delimiter).map((path) => join(path, name)),
  ];
  return places.find((path) => existsSync(path));
}
