import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { ChildLimits } from "../../agent/children/child.ts";
import { createSlots } from "../../agent/children/slots.ts";
import type { ToolSettings } from "../../agent/children/tool.ts";
import type { Unit } from "../../agent/model/unit.ts";
import type { ToolJob } from "../../agent/render/tool.ts";
import { realClock } from "../doubles/ports.ts";
import { unitOf } from "../render/unit-of.ts";

/** A folder that goes away with the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "holdfast-children-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A shell script in a tool's place. It answers for its version, and does `body` for everything else. */
export async function fakeTool(body: string, version = "v4.1.0"): Promise<string> {
  const path = join(await temporaryFolder(), "tool");
  const asked = `case "$1" in version) echo "${version}"; exit 0;; esac`;
  await writeFile(path, `#!/bin/sh\nPATH=/usr/bin:/bin\n${asked}\n${body}\n`);
  await chmod(path, 0o755);
  return path;
}

/** Settings under which children of a test run: short times, and folders that the test can look into. */
export async function settingsFor(
  path: string | undefined,
  limits: Partial<ChildLimits> = {},
): Promise<ToolSettings & { readonly parent: string }> {
  const parent = await temporaryFolder();
  const slots = createSlots(2);
  return { path, clock: realClock, slots, parent, limits: { graceMs: 300, ...limits } };
}

/** A job over a few files. */
export function jobOf(
  contents: Readonly<Record<string, string>>,
  unit: Partial<Unit> = {},
): ToolJob {
  const encoder = new TextEncoder();
  return {
    unit: unitOf(unit),
    files: new Map(Object.entries(contents).map(([path, text]) => [path, encoder.encode(text)])),
    capabilities: { kubernetes: "v1.36.0", apiVersions: ["apps/v1"] },
  };
}
