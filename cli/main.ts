#!/usr/bin/env node
import { homedir } from "node:os";
import packageJson from "../package.json" with { type: "json" };
import type { Stream } from "./host.ts";
import { createCliPorts } from "./ports.ts";
import { run } from "./run.ts";

/** A reader that has gone (`| head`) is not an error: the rest is not written, and the process ends quietly. */
function endQuietlyWithReader(stream: NodeJS.WriteStream): void {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
}

function streamOf(stream: NodeJS.WriteStream): Stream {
  return {
    isTty: stream.isTTY === true,
    get columns() {
      return stream.columns;
    },
    write: (text) => {
      if (text !== "") stream.write(text);
    },
  };
}

async function prompt(question: string): Promise<string> {
  const { createInterface } = await import("node:readline/promises");
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  // Raw mode takes Ctrl-C from the kernel; it is the process that is meant.
  lines.once("SIGINT", () => process.kill(process.pid, "SIGINT"));
  const ended = new Promise<string>((done) => lines.once("close", () => done("")));
  try {
    return await Promise.race([lines.question(question), ended]);
  } finally {
    lines.close();
  }
}

function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => controller.abort(new Error(`interrupted by ${signal}`)));
  }
  return controller.signal;
}

/** Everything that was written reaches its reader before the process ends. */
async function flushed(stream: NodeJS.WriteStream): Promise<void> {
  await new Promise<void>((resolve) => stream.write("", () => resolve()));
}

endQuietlyWithReader(process.stdout);
endQuietlyWithReader(process.stderr);
const exitCode = await run({
  args: process.argv.slice(2),
  env: process.env,
  cwd: process.cwd(),
  home: homedir(),
  version: packageJson.version,
  stdin: { isTty: process.stdin.isTTY === true },
  stdout: streamOf(process.stdout),
  stderr: streamOf(process.stderr),
  interrupted: interruption(),
  ports: createCliPorts({
    kubeconfig: process.env.KUBECONFIG,
    tlsRejectUnauthorized: process.env.NODE_TLS_REJECT_UNAUTHORIZED,
    forgeToken: process.env.HOLDFAST_FORGE_TOKEN,
    tools: {
      helm: process.env.HOLDFAST_HELM_PATH,
      kustomize: process.env.HOLDFAST_KUSTOMIZE_PATH,
      path: process.env.PATH ?? "",
    },
  }),
  prompt,
});
await flushed(process.stdout);
await flushed(process.stderr);
process.exit(exitCode);
