import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { lstat, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { find } from "./machine.ts";
import type { ImageConfig } from "./store.ts";

export interface Mount {
  /** In the container. */
  readonly path: string;
  /** A folder of this machine. */
  readonly source: string;
  readonly isReadOnly: boolean;
}

export interface ContainerWish {
  /** The image's root on this machine. */
  readonly root: string;
  readonly image: ImageConfig;
  readonly user: number;
  readonly group: number;
  readonly isRootReadOnly: boolean;
  readonly env: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
  /** Where what it prints goes. */
  readonly logPath: string;
  /** Instead of the image's entrypoint. */
  readonly command?: readonly string[];
}

/**
 * One container without a container engine: buildah's chroot isolation knows no read-only root, so the kernel is asked for
 * the same things directly. `unshare` gives a mount and a process namespace; the root is bound onto itself and made
 * read-only (mount -o remount,bind,ro); /dev holds five devices; `setpriv` sets no_new_privs and empties the bounding set
 * but for what the change of root and user needs, which that change then takes away; the network is the host's.
 */
export class Container {
  readonly logPath: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;

  private constructor(child: ChildProcess, logPath: string) {
    this.#child = child;
    this.logPath = logPath;
    this.#ended = new Promise((resolve) => {
      child.on("error", () => resolve(null));
      child.on("exit", (code) => resolve(code));
    });
    running.add(child);
    child.on("exit", () => running.delete(child));
  }

  static async start(wish: ContainerWish): Promise<Container> {
    await makeMountPoints(wish);
    const log = openSync(wish.logPath, "a");
    const script = `${[...mountLines(wish), `exec ${startLine(wish)}`].join("\n")}\n`;
    const apart = ["--mount", "--pid", "--fork", "--kill-child=SIGKILL", "/bin/sh", "-ec", script];
    const child = spawn(program("unshare"), apart, {
      cwd: "/",
      env: { ...Object.fromEntries(wish.image.env.map(pair)), ...wish.env },
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    return new Container(child, wish.logPath);
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Of the container's first process, as this machine counts; undefined while it is being set up. */
  get pid(): number | undefined {
    const outer = this.#child.pid;
    const path = `/proc/${outer}/task/${outer}/children`;
    const [inner] = this.hasEnded ? [] : readFileSync(path, "utf8").trim().split(" ");
    return inner === undefined || inner === "" ? undefined : Number(inner);
  }

  /** What the kernel says of that process, by name: `Uid`, `CapEff`, `NoNewPrivs`. */
  status(): Readonly<Record<string, string>> {
    const text = readFileSync(`/proc/${this.pid}/status`, "utf8");
    return Object.fromEntries(
      text
        .split("\n")
        .map((line) => [line.split(":")[0] ?? "", line.split("\t").slice(1).join(" ")]),
    );
  }

  log(): string {
    return readFileSync(this.logPath, "utf8");
  }

  logTail(lines = 30): string {
    return this.log().trimEnd().split("\n").slice(-lines).join("\n");
  }

  /** As the kubelet: SIGTERM, SIGKILL when that was not heard; the exit code. */
  async stop(): Promise<number | null> {
    const { pid } = this;
    if (pid !== undefined) process.kill(pid, "SIGTERM");
    const late = setTimeout(() => this.#child.kill("SIGKILL"), 30_000);
    const code = await this.#ended;
    clearTimeout(late);
    return code;
  }

  async ended(): Promise<number | null> {
    return await this.#ended;
  }
}

/** A test runner that ends takes its containers along. */
const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

const devices = ["null", "zero", "full", "random", "urandom"];

/** A runtime makes the places of mounts in the container's layer before it seals the root. */
async function makeMountPoints({ root, mounts }: ContainerWish): Promise<void> {
  for (const path of ["/proc", "/dev", ...mounts.map((mount) => mount.path)]) {
    let folder = root;
    for (const part of path.split("/").filter((name) => name !== "")) {
      folder = join(folder, part);
      await mkdir(folder).catch(() => undefined);
      if (!(await lstat(folder)).isDirectory()) throw new Error(`${folder} would lead elsewhere`);
    }
  }
}

function mountLines({ root, mounts, isRootReadOnly }: ContainerWish): readonly string[] {
  const mount = program("mount");
  const bind = (source: string, target: string, isReadOnly: boolean): readonly string[] => [
    `${mount} --bind ${quoted(source)} ${quoted(target)}`,
    ...(isReadOnly ? [`${mount} -o remount,bind,ro ${quoted(target)}`] : []),
  ];
  const at = (path: string) => quoted(join(root, path));
  return [
    ...bind(root, root, false),
    ...mounts.flatMap(({ path, source, isReadOnly }) => bind(source, join(root, path), isReadOnly)),
    `${mount} -t tmpfs -o mode=755,nosuid,noexec tmpfs ${at("dev")}`,
    ...devices.flatMap((name) => [
      `: > ${at(`dev/${name}`)}`,
      ...bind(`/dev/${name}`, join(root, "dev", name), false),
    ]),
    `${mount} -o remount,ro ${at("dev")}`,
    `${mount} -t proc -o nosuid,nodev,noexec proc ${at("proc")}`,
    ...(isRootReadOnly ? [`${mount} -o remount,bind,ro ${quoted(root)}`] : []),
  ];
}

function startLine({ root, image, user, group, command }: ContainerWish): string {
  const least = "-all,+setuid,+setgid,+sys_chroot";
  const words = [
    ...[program("setpriv"), "--no-new-privs", `--bounding-set=${least}`, "--inh-caps=-all"],
    ...[program("unshare"), `--root=${root}`, `--wd=${image.folder}`],
    ...[`--setgid=${group}`, `--setuid=${user}`, "--"],
    ...(command ?? image.entrypoint),
  ];
  return words.map(quoted).join(" ");
}

function program(name: string): string {
  const path = find(name);
  if (path === undefined) throw new Error(`there is no ${name}`);
  return path;
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

function pair(text: string): readonly [string, string] {
  const at = text.indexOf("=");
  return [text.slice(0, at), text.slice(at + 1)];
}
