/** Paths inside the repository: relative, with `/`; `.` is its root. */

export function folderOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash === -1 ? "." : path.slice(0, slash);
}

export function fileNameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Whether the path is the folder or lies below it. */
export function isInside(path: string, folder: string): boolean {
  return folder === "." || path === folder || path.startsWith(`${folder}/`);
}

/** `apps/shop` and `../lib/web` → `apps/lib/web`; undefined when it leaves the repository. */
export function joinPath(folder: string, relative: string): string | undefined {
  const parts = folder === "." ? [] : folder.split("/");
  for (const part of relative.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.length === 0 ? "." : parts.join("/");
}

/** Names that Holdfast passes over: hidden ones, and those put aside with an underscore. */
export function isPassedOver(path: string): boolean {
  return path.split("/").some((name) => name.startsWith(".") || name.startsWith("_"));
}
