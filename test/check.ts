import { spawn } from "node:child_process";
import { join } from "node:path";
import { root } from "./tree.ts";

/** Everything that a tool can judge without running the product; all of it is run, so that all is seen at once. */
const steps: Readonly<Record<string, readonly string[]>> = {
  types: ["tsc", "-p", "tsconfig.json"],
  lint: ["biome", "ci", "."],
  "dead code": ["knip"],
  "generated files": ["node", "test/generated.ts"],
  "imports and hygiene": ["vitest", "run", "--project", "unit", "test/imports", "test/hygiene"],
};

function run([program = "", ...args]: readonly string[]): Promise<number> {
  const path = program === "node" ? process.execPath : join(root, "node_modules/.bin", program);
  const child = spawn(path, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 1));
  });
}

const results: [string, number][] = [];
for (const [name, command] of Object.entries(steps)) {
  console.log(`\n── ${name}: ${command.join(" ")}`);
  results.push([name, await run(command)]);
}
console.log("");
for (const [name, code] of results) console.log(`${code === 0 ? "ok    " : "FAILED"} ${name}`);
process.exitCode = results.every(([, code]) => code === 0) ? 0 : 1;
