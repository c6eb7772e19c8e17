import { readdirSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isJsonObject, parseJson } from "../../agent/model/json.ts";
import { run } from "./machine.ts";

/** What of an image's configuration a runtime obeys. */
export interface ImageConfig {
  readonly entrypoint: readonly string[];
  readonly env: readonly string[];
  readonly user: string;
  readonly folder: string;
  readonly labels: Readonly<Record<string, string>>;
}

const prefix = "holdfast-image-";

/** Images and containers of one test run, in a folder of their own that goes with it: vfs copies whole layers. */
export class ImageStore {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async open(): Promise<ImageStore> {
    await sweep();
    const store = new ImageStore(await mkdtemp(join(tmpdir(), prefix)));
    await writeFile(join(store.folder, "pid"), `${process.pid}`);
    return store;
  }

  /** What buildah prints; rejects with the end of what it says. */
  async buildah(...args: readonly string[]): Promise<string> {
    try {
      const options = { env: { ...process.env, BUILDAH_ISOLATION: "chroot" }, maxBuffer: 1 << 26 };
      const { stdout } = await run("buildah", [...placed(this.folder), ...args], options);
      return stdout.trim();
    } catch (error) {
      const said =
        isJsonObject(error) || error instanceof Error ? Reflect.get(error, "stdout") : "";
      throw new Error(`buildah ${args[0]}: ${error}\n${String(said).slice(-3000)}`);
    }
  }

  /** An image of archives and files: source → place. An archive is unpacked. */
  async image(name: string, content: readonly (readonly [string, string])[]): Promise<void> {
    const container = await this.buildah("from", "scratch");
    for (const [source, place] of content) {
      await this.buildah(source.endsWith(".tar") ? "add" : "copy", container, source, place);
    }
    await this.buildah("commit", "--rm", container, name);
  }

  async config(name: string): Promise<ImageConfig> {
    const said = parseJson(await this.buildah("inspect", "--type", "image", name));
    const oci = isJsonObject(said) && isJsonObject(said.OCIv1) ? said.OCIv1.config : undefined;
    if (!isJsonObject(oci)) throw new Error(`buildah inspect ${name} says nothing known`);
    return {
      entrypoint: texts(oci.Entrypoint),
      env: texts(oci.Env),
      user: String(oci.User),
      folder: String(oci.WorkingDir),
      labels: Object.fromEntries(
        Object.entries(isJsonObject(oci.Labels) ? oci.Labels : {}).map(([k, v]) => [k, String(v)]),
      ),
    };
  }

  /** The root of a new container of the image, as a folder. */
  async root(name: string): Promise<string> {
    return await this.buildah("mount", await this.buildah("from", "--pull-never", name));
  }

  async close(): Promise<void> {
    await remove(this.folder);
  }
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function placed(folder: string): readonly string[] {
  const at = ["--root", join(folder, "root"), "--runroot", join(folder, "run")];
  return [...at, "--storage-driver", "vfs"];
}

async function remove(folder: string): Promise<void> {
  await run("buildah", [...placed(folder), "umount", "--all"]).catch(() => undefined);
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}

/** What a run that was killed left behind. */
async function sweep(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((one) => one.startsWith(prefix))) {
    const folder = join(tmpdir(), name);
    const pid = Number(await readFile(join(folder, "pid"), "utf8").catch(() => "0"));
    if (pid > 0 && !isRunning(pid)) await remove(folder);
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
