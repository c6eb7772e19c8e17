import { spawn } from "node:child_process";
import { join } from "node:path";
import { argv, env, execPath } from "node:process";
import { root } from "../tree.ts";

/** Flags of ours, and the variable that the suite reads. */
const variables: Readonly<Record<string, string>> = {
  "--histories": "HOLDFAST_HISTORIES",
  "--seed": "HOLDFAST_SEED",
};

/** `npm run test:contract -- --histories 5000 --seed 7`: our flags become variables, all others are vitest's. */
function split(args: readonly string[]): {
  readonly own: Readonly<Record<string, string>>;
  readonly rest: readonly string[];
} {
  const own: Record<string, string> = {};
  const rest: string[] = [];
  for (let at = 0; at < args.length; at += 1) {
    const [flag = "", value] = (args[at] ?? "").split("=", 2);
    const variable = Object.hasOwn(variables, flag) ? variables[flag] : undefined;
    if (variable === undefined) rest.push(args[at] ?? "");
    else own[variable] = value ?? args[(at += 1)] ?? "";
  }
  return { own, rest };
}

const { own, rest } = split(argv.slice(2));
for (const [name, value] of Object.entries(own)) {
  if (!/^[0-9]+$/.test(value)) throw new Error(`${name} must be a number, not "${value}"`);
}
const vitest = join(root, "node_modules/vitest/vitest.mjs");
const child = spawn(execPath, [vitest, "run", "--project", "contract", ...rest], {
  cwd: root,
  env: { ...env, ...own },
  stdio: "inherit",
});
child.on("exit", (code) => {
  process.exitCode = code ?? 1;
});
