import { chmod, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ChildLimits } from "../../agent/children/child.ts";
import { createHelm } from "../../agent/children/helm.ts";
import { fakeTool, jobOf, settingsFor, temporaryFolder } from "./fakes.ts";

const signal = new AbortController().signal;
const job = jobOf({ "apps/shop/Chart.yaml": "name: shop\nversion: 1.0.0\n" });

/** One render by a script in helm's place, and what it left behind. */
async function renderBy(body: string, limits: Partial<ChildLimits> = {}) {
  const settings = await settingsFor(await fakeTool(body), limits);
  const rendered = await createHelm(settings).render(job, signal);
  return { rendered, left: await readdir(settings.parent) };
}

async function isRunning(pid: string): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return status !== "" && !/^State:\s+[ZX]/m.test(status);
}

describe("a child that does its work", () => {
  it("gives its text, and what it said besides", async () => {
    const { rendered, left } = await renderBy('echo "a: 1"; echo "level=WARN be careful" >&2');
    expect(rendered).toEqual({
      ok: true,
      value: { text: "a: 1\n", warnings: ["level=WARN be careful"] },
    });
    expect(left).toEqual([]);
  });

  it("has nothing of ours in its environment, and a private folder (NEG-24, NEG-50)", async () => {
    const { rendered } = await renderBy('env; ls -ld "$HOME/.." | cut -c1-10');
    const text = rendered.ok ? rendered.value.text : "";
    const names = text.split("\n").flatMap((line) => /^([A-Za-z_]+)=/.exec(line)?.[1] ?? []);
    const known =
      /^(PATH|HOME|TMPDIR|XDG_(CACHE|CONFIG|DATA)_HOME|HELM_(CACHE_HOME|CONFIG_HOME|DATA_HOME|PLUGINS)|KUSTOMIZE_PLUGIN_HOME|KUBECONFIG|https?_proxy|HTTPS?_PROXY|NO_PROXY|TZ|GOMEMLIMIT|GOMAXPROCS|PWD|OLDPWD|SHLVL|_)$/;
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => !known.test(name))).toEqual([]);
    expect(text).toContain("KUBECONFIG=/dev/null\n");
    expect(text).toContain("drwx------");
  });

  it("finds no program by name", async () => {
    const settings = await settingsFor(await fakeTool("true"));
    const path = join(await temporaryFolder(), "t");
    await writeFile(path, '#!/bin/sh\ncase "$1" in version) echo v4.1;; *) env;; esac\n');
    await chmod(path, 0o755);
    const rendered = await createHelm({ ...settings, path }).render(job, signal);
    expect(rendered).toMatchObject({ ok: false, problems: [{ reason: "RenderFailed" }] });
  });
});

describe("a child is complete or nothing (R12)", () => {
  it.each([
    ["an exit code", 'echo "a: 1"; exit 3', "RenderFailed"],
    ["text that is no UTF-8", "printf 'a: \\377\\n'", "RenderFailed"],
    // These are tried again: the kernel ends processes for reasons that pass.
    ["a signal", 'echo "a: 1"; kill -9 $$', "RenderLimit"],
    ["something left that holds the pipe", 'echo "a: 1"; sleep 30 & exit 0', "RenderLimit"],
  ])("%s", async (_what, body, reason) => {
    const { rendered, left } = await renderBy(body);
    expect(rendered).toMatchObject({ ok: false, problems: [{ reason }] });
    expect(left).toEqual([]);
  });

  it("says the error that it said, at the place it named, without colours and machine paths", async () => {
    const { rendered } = await renderBy(
      'printf "\\033[31mwarning\\033[0m\\n" >&2; echo "Error: $HOME/../tree/apps/shop/Chart.yaml:2:3: broken" >&2; exit 1',
    );
    expect(rendered).toMatchObject({
      ok: false,
      problems: [{ message: expect.stringContaining("broken") }],
    });
    expect(JSON.stringify(rendered)).not.toContain("\\u001b");
  });

  it("never quotes a secret value", async () => {
    const settings = await settingsFor(
      await fakeTool(
        'echo "Error: password is hunter2-hunter2 of https://me:geheim@x.org/a" >&2; exit 1',
      ),
    );
    const secret = jobOf(
      { "apps/shop/Chart.yaml": "name: shop" },
      { values: { db: { adminPassword: "hunter2-hunter2" } } },
    );
    const text = JSON.stringify(await createHelm(settings).render(secret, signal));
    expect(text).toContain("password is ***");
    expect(text).not.toMatch(/hunter2|geheim/);
  });
});

describe("limits (R11, C19, NEG-13)", () => {
  it("of time, for a child that ignores SIGTERM and whoever it started", async () => {
    const folder = await temporaryFolder();
    const pids = join(folder, "pids");
    const { rendered, left } = await renderBy(
      `trap '' TERM; sleep 60 & echo "$$ $!" > ${pids}; while :; do sleep 1; done`,
      { timeMs: 500 },
    );
    expect(rendered).toMatchObject({
      ok: false,
      problems: [{ reason: "RenderLimit", message: expect.stringContaining("0.5 s") }],
    });
    const started = (await readFile(pids, "utf8")).trim().split(" ");
    expect(started).toHaveLength(2);
    expect(await Promise.all(started.map(isRunning))).toEqual([false, false]);
    expect(left).toEqual([]);
  });

  it("of output, for a gigabyte of it", async () => {
    const { rendered, left } = await renderBy("head -c 1000000000 /dev/zero", {
      stdoutBytes: 1024 * 1024,
    });
    expect(rendered).toMatchObject({
      problems: [{ reason: "RenderLimit", message: expect.stringContaining("1 MiB") }],
    });
    expect(left).toEqual([]);
  });

  it("of what it complains: capped, and not held against it (R13)", async () => {
    const { rendered } = await renderBy("head -c 20000000 /dev/zero | tr '\\0' x >&2; echo 'a: 1'");
    expect(rendered.ok && rendered.value.text).toBe("a: 1\n");
    expect(rendered.ok && rendered.value.warnings.join("").length).toBeLessThanOrEqual(64 * 1024);
  });

  it.runIf(process.platform === "linux")("of memory, over all that it started", async () => {
    // `tail` keeps everything up to the first line end, and there is none.
    const { rendered } = await renderBy("head -c 400000000 /dev/zero | tail | cat; sleep 5", {
      memoryBytes: 64 * 1024 * 1024,
    });
    expect(rendered).toMatchObject({
      problems: [{ reason: "RenderLimit", message: expect.stringContaining("64 MiB of memory") }],
    });
  });

  it.runIf(process.platform === "linux")("of processes, for one that forks and forks", async () => {
    const folder = await temporaryFolder();
    const pids = join(folder, "pids");
    const bomb = `i=0; while [ $i -lt 60 ]; do sleep 60 & echo $! >> ${pids}; i=$((i+1)); done; wait`;
    const { rendered } = await renderBy(bomb, { processes: 16 });
    expect(rendered).toMatchObject({
      problems: [{ reason: "RenderLimit", message: expect.stringContaining("16 processes") }],
    });
    const started = (await readFile(pids, "utf8")).trim().split("\n");
    expect(await Promise.all(started.map(isRunning))).not.toContain(true);
  });

  it("of patience: a stop ends the child, and the folder goes", async () => {
    const folder = await temporaryFolder();
    const settings = await settingsFor(await fakeTool(`touch ${folder}/started; sleep 60`));
    const stop = new AbortController();
    const rendering = createHelm(settings).render(job, stop.signal);
    await expect.poll(() => readdir(folder)).toEqual(["started"]);
    stop.abort(new Error("enough"));
    await expect(rendering).rejects.toThrow("enough");
    expect(await readdir(settings.parent)).toEqual([]);
  });
});

/** Neither a script nor a program. */
async function brokenBinary(mode: number): Promise<string> {
  const path = join(await temporaryFolder(), "helm");
  await writeFile(path, Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2, 3]));
  await chmod(path, mode);
  return path;
}

describe("the tool itself (R22)", () => {
  const cases: readonly (readonly [string, () => Promise<string | undefined>, string])[] = [
    ["is not in PATH", async () => undefined, "helm is not in PATH; this agent needs helm 4.x"],
    ["is gone", async () => "/nowhere/helm", "there is no helm at /nowhere/helm"],
    [
      "is of another version",
      () => fakeTool("true", "v3.14.2"),
      "v3.14.2; this agent needs helm 4.x",
    ],
    ["says nothing", () => fakeTool("true", "hello"), "does not tell its version"],
    ["is of another machine", () => brokenBinary(0o755), "does not tell its version"],
    ["may not be run", () => brokenBinary(0o644), "cannot be started"],
    ["is named relatively", async () => "bin/helm", "no absolute path"],
  ];
  it.each(cases)("%s", async (_what, path, message) => {
    const helm = createHelm(await settingsFor(await path()));
    const refused = { ok: false, problems: [{ reason: "ToolMissing" }] };
    const rendered = await helm.render(job, signal);
    expect(rendered).toMatchObject(refused);
    expect(rendered).toMatchObject({ problems: [{ message: expect.stringContaining(message) }] });
    expect(await helm.version(signal)).toMatchObject(refused);
  });

  it("is asked for its version once", async () => {
    const folder = await temporaryFolder();
    const path = await fakeTool("echo 'a: 1'", `v4.2.0$(echo x >> ${folder}/asked)`);
    const helm = createHelm(await settingsFor(path));
    expect(await helm.version(signal)).toEqual({ ok: true, value: "v4.2.0" });
    await helm.render(job, signal);
    await helm.render(job, signal);
    expect(await readFile(join(folder, "asked"), "utf8")).toBe("x\n");
  });
});
