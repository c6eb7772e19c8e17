import { join } from "node:path";
import { readKustomization } from "../render/kustomization.ts";
import type { RenderTool } from "../render/tool.ts";
import { finder, versionOf } from "./binary.ts";
import { askTool, runOverFiles, type ToolSettings } from "./tool.ts";
import type { Workspace } from "./workspace.ts";

/** Kustomize as a child: local files only, none from outside its own folder, no plugins, no charts (security §12). */
export function createKustomize(settings: ToolSettings): RenderTool {
  const name = "kustomize";
  const find = finder({
    name,
    path: settings.path,
    major: 5,
    ask: (path, signal) => askTool(settings, { name, path, args: ["version"] }, signal),
  });
  return {
    version: async (signal) => versionOf(await find(signal)),
    async render(job, signal) {
      const { unit, files } = job;
      const kustomization = readKustomization(unit, files);
      if (!kustomization.ok) return kustomization;
      const found = await find(signal);
      if (!found.ok) return found;
      const args = async ({ tree }: Workspace) => [
        "build",
        "--load-restrictor",
        "LoadRestrictionsRootOnly",
        "--",
        join(tree, unit.path),
      ];
      const fileOf = (file: string) => (files.has(file) ? file : kustomization.value.file);
      return runOverFiles(settings, { name, path: found.value.path, job, args, fileOf }, signal);
    },
  };
}
