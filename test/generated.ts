import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { chartCases, helm, renderFile } from "./helm.ts";
import { root } from "./tree.ts";

interface Generator {
  /** What it writes, from the root. */
  readonly files: readonly string[];
  /** A script of ours and its arguments, run in a copy of the tree. */
  readonly run: readonly string[];
  /** Why it cannot run here; undefined: it can. */
  readonly missing: () => Promise<string | undefined>;
}

const kubernetes = "test/e2e/kubernetes";

/** Every file of the tree that a script writes: run again, it must write the same. */
const generators: readonly Generator[] = [
  {
    files: ["cli/sandbox/schema/types.json"],
    run: ["cli/sandbox/schema/generate.ts", kubernetes],
    missing: goModulesMissing,
  },
  {
    files: [
      "charts/holdfast/values.yaml",
      "charts/holdfast/values.schema.json",
      "charts/holdfast/README.md",
      "charts/holdfast/templates/_settings.tpl",
      "charts/holdfast/templates/crd.yaml",
    ],
    run: ["charts/generate.ts"],
    missing: async () => undefined,
  },
  {
    files: ["charts/holdfast/dashboards/holdfast-fleet.json"],
    run: ["charts/holdfast/dashboards/build.ts"],
    missing: async () => undefined,
  },
  {
    files: chartCases.map((name) => relative(root, renderFile(name))),
    run: ["test/chart-renders.ts"],
    missing: async () => (helm === undefined ? "needs helm" : undefined),
  },
];

async function goModulesMissing(): Promise<string | undefined> {
  try {
    const args = ["list", "-m", "-f", "{{.Dir}}", "k8s.io/kubernetes"];
    const { stdout } = await promisify(execFile)("go", args, { cwd: join(root, kubernetes) });
    return stdout.trim() === "" ? "k8s.io/kubernetes is not in Go's module cache" : undefined;
  } catch {
    return "needs Go and the modules of test/e2e/kubernetes (`node test/e2e/build.ts` brings them)";
  }
}

async function compare({ files, run }: Generator): Promise<readonly string[]> {
  const copy = await mkdtemp(join(tmpdir(), "holdfast-generated-"));
  try {
    for (const name of ["agent", "cli", "charts", "test", "package.json"]) {
      await cp(join(root, name), join(copy, name), { recursive: true });
    }
    await symlink(join(root, "node_modules"), join(copy, "node_modules"));
    await promisify(execFile)(process.execPath, [...run], { cwd: copy, maxBuffer: 1 << 26 });
    const stale: string[] = [];
    for (const file of files) {
      const [before, after] = await Promise.all(
        [root, copy].map((folder) => readFile(join(folder, file), "utf8")),
      );
      if (before !== after) stale.push(file);
    }
    return stale;
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

let failures = 0;
for (const generator of generators) {
  const missing = await generator.missing();
  const names = generator.files.join(", ");
  if (missing !== undefined) {
    console.log(`not compared: ${names}: ${missing}`);
    continue;
  }
  const stale = await compare(generator);
  failures += stale.length;
  for (const file of stale) console.log(`stale: ${file}; run node ${generator.run.join(" ")}`);
  if (stale.length === 0) console.log(`equal: ${names}`);
}
process.exitCode = failures === 0 ? 0 : 1;
