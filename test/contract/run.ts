import { spawn } from "node:child_process";
import { join } from "node:path";
import { argv, env, execPath, stderr } from "node:process";
import { root } from "../tree.ts";

/** Flags of ours, and the variable that the suite reads. */
const variables: Readonly<Record<string, string>> = {
  "--histories": "HOLDFAST_HISTORIES",
  "--seed": "HOLDFAST_SEED",
};

/** `npm run test:contract -- --histories 5000 --seed 7`: our flags become variables, all others are vitest's. */
function run(args: readonly string[]): void {
  const own: Record<string, string> = {};
  const rest: string[] = [];
  const left = args.values();
  for (const arg of left) {
    const [flag = "", value] = arg.split("=", 2);
    const variable = Object.hasOwn(variables, flag) ? variables[flag] : undefined;
    if (variable === undefined) rest.push(arg);
    else own[variable] = value ?? left.next().value ?? "";
  }
  const wrong = Object.values(own).find((value) => !/^[0-9]+$/.test(value));
  if (wrong !== undefined) {
    stderr.write(
      `error: "${wrong}" is no number\n  next  npm run test:contract -- --histories 5000 --seed 7\n`,
    );
    process.exitCode = 2;
    return;
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
}

run(argv.slice(2));
