import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

export const root = join(import.meta.dirname, "..");

/** Files that git tracks, or would, as paths from the root with `/`; without git, all that is not plainly made or fetched. */
export function trackedFiles(): readonly string[] {
  const args = ["ls-files", "--cached", "--others", "--exclude-standard"];
  const { stdout, error } = spawnSync("git", args, { cwd: root, encoding: "utf8" });
  const listed = error === undefined ? stdout.split("\n") : walked();
  return listed.filter((path) => path !== "" && existsSync(join(root, path)));
}

const made = /^(node_modules|dist|coverage|\.git|\.cache)(\/|$)/;

function walked(): readonly string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll("\\", "/"))
    .filter((path) => !made.test(path));
}

export function readTracked(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** One import or re-export of a module. */
export interface ImportStatement {
  readonly file: string;
  /** Path from the root for a file of ours; the package's name else. */
  readonly target: string;
  readonly isOurs: boolean;
  /** Types only: nothing of it runs. */
  readonly isType: boolean;
}

const statement = /^\s*(import|export)\s+(type\s)?[^;]*?from\s+"([^"]+)"/gm;
const bare = /^\s*import\s+"([^"]+)"/gm;
const dynamic = /\bimport\(\s*"([^"]+)"\s*\)/g;

export function importsOf(file: string, text: string): readonly ImportStatement[] {
  const found: ImportStatement[] = [];
  const add = (specifier: string, isType: boolean) => {
    const isOurs = specifier.startsWith(".");
    const target = isOurs
      ? relative(root, join(root, dirname(file), specifier)).replaceAll("\\", "/")
      : specifier;
    found.push({ file, target, isOurs, isType });
  };
  for (const [whole, , type, specifier = ""] of text.matchAll(statement)) {
    add(specifier, type !== undefined || onlyInlineTypes(whole));
  }
  for (const [, specifier = ""] of text.matchAll(bare)) add(specifier, false);
  for (const [, specifier = ""] of text.matchAll(dynamic)) add(specifier, false);
  return found;
}

/** `import { type A, type B } from …` */
function onlyInlineTypes(text: string): boolean {
  const names = /\{([^}]*)\}/.exec(text)?.[1];
  if (names === undefined || /import\s+\w/.test(text)) return false;
  const all = names.split(",").map((name) => name.trim());
  return all.filter((name) => name !== "").every((name) => name.startsWith("type "));
}
