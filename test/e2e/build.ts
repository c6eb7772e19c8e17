import { execFile, spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import {
  cacheFolder,
  isBuilt,
  linkerFlags,
  moduleFolder,
  stagesFile,
  type ToolModule,
  toolModules,
} from "./binaries.ts";

type Say = (line: string) => void;

/** Builds what the cache lacks (some six minutes from nothing on two cores, seconds with Go's own cache). */
export async function ensureBinaries(say: Say): Promise<void> {
  for (const module of toolModules) {
    if (!isBuilt(module)) await buildModule(module, say);
  }
}

async function buildModule(module: ToolModule, say: Say): Promise<void> {
  const names = Object.keys(module.binaries).join(", ");
  const started = Date.now();
  say(`building ${names} from test/e2e/${module.name}/go.mod`);
  const ticking = setInterval(() => say(`still building ${names}, ${seconds(started)}`), 30_000);
  const target = cacheFolder(module);
  await mkdir(dirname(target), { recursive: true });
  // Built beside and renamed: a killed build leaves nothing that looks like a whole one.
  const folder = await mkdtemp(`${target}.building-`);
  try {
    await goBuild(module, folder);
    if ("kwok" in module.binaries) await writeStages(module, folder);
    await publish(folder, target);
  } finally {
    clearInterval(ticking);
    await rm(folder, { recursive: true, force: true });
  }
  say(`built ${names} in ${seconds(started)}`);
}

/** Another run may have finished the same build meanwhile; its result is as good. */
async function publish(folder: string, target: string): Promise<void> {
  try {
    await rename(folder, target);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code !== "ENOTEMPTY" && code !== "EEXIST") throw error;
  }
}

async function goBuild(module: ToolModule, folder: string): Promise<void> {
  const child = spawn(
    "go",
    ["build", `-ldflags=${linkerFlags(module)}`, "-o", `${folder}/`, "tool"],
    {
      cwd: moduleFolder(module),
      stdio: ["ignore", "inherit", "inherit"],
    },
  );
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", resolve);
  });
  if (code !== 0) throw new Error(`go build in test/e2e/${module.name} ended with ${code}`);
}

/** Nodes become Ready and pods run, as kwok's own repository describes it. */
async function writeStages(module: ToolModule, folder: string): Promise<void> {
  const options = { cwd: moduleFolder(module) };
  const found = await promisify(execFile)(
    "go",
    ["list", "-m", "-f", "{{.Dir}}", "sigs.k8s.io/kwok"],
    options,
  );
  const texts: string[] = [];
  for (const kind of ["node", "pod"]) {
    const stages = join(found.stdout.trim(), "kustomize", "stage", kind, "fast");
    const files = (await readdir(stages)).filter(
      (name) => name.endsWith(".yaml") && !name.startsWith("kustomization"),
    );
    for (const name of files.sort()) texts.push(await readFile(join(stages, name), "utf8"));
  }
  await writeFile(join(folder, stagesFile), texts.join("\n---\n"));
}

function seconds(since: number): string {
  return `${Math.round((Date.now() - since) / 1000)} s`;
}

if (import.meta.main) {
  await ensureBinaries((line) => console.error(line));
}
