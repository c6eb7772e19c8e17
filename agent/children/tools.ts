import { access, constants } from "node:fs/promises";
import { tmpdir, totalmem } from "node:os";
import { delimiter, isAbsolute, join } from "node:path";
import type { RenderTool, RenderTools } from "../render/tool.ts";
import type { Clock } from "../schedule/clock.ts";
import { createHelm } from "./helm.ts";
import { createKustomize } from "./kustomize.ts";
import { createSlots, shareMemory } from "./slots.ts";
import type { ToolSettings } from "./tool.ts";
import { sweepWorkspaces } from "./workspace.ts";

export interface ToolPlaces {
  /** Where the settings say they are. */
  readonly helm?: string | undefined;
  readonly kustomize?: string | undefined;
  /** The PATH to look in for what the settings leave open. */
  readonly path: string;
}

/** Helm and kustomize of this machine, sharing a quarter of its memory. Looked for when the first unit needs one. */
export function createRenderTools(places: ToolPlaces, clock: Clock): RenderTools {
  const { count, memoryBytes } = shareMemory(memoryHere());
  const parent = tmpdir();
  const shared = { clock, slots: createSlots(count), limits: { memoryBytes }, parent };
  let swept: Promise<void> | undefined;
  const later = (name: "helm" | "kustomize", create: (settings: ToolSettings) => RenderTool) => {
    let made: Promise<RenderTool> | undefined;
    const tool = async (): Promise<RenderTool> => {
      swept ??= sweepWorkspaces(parent);
      await swept;
      const path = places[name] ?? (await findInPath(name, places.path));
      // Looked for anew while there is none: it may be installed under a running agent.
      if (path === undefined) return create({ ...shared, path });
      made ??= Promise.resolve(create({ ...shared, path }));
      return made;
    };
    return {
      version: async (signal) => (await tool()).version(signal),
      render: async (job, signal) => (await tool()).render(job, signal),
    } satisfies RenderTool;
  };
  return { helm: later("helm", createHelm), kustomize: later("kustomize", createKustomize) };
}

/** Of the container, where it has a limit. */
function memoryHere(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

/** Absolute path of a program that may be run; undefined: no folder of the PATH has it. */
export async function findInPath(name: string, path: string): Promise<string | undefined> {
  for (const folder of path.split(delimiter).filter((item) => isAbsolute(item))) {
    const file = join(folder, name);
    const isThere = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return file;
  }
  return undefined;
}
