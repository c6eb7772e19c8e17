const context = 3;

/** A unified diff of one file with one hunk, as `git apply` takes it; empty when nothing differs. */
export function filePatch(path: string, before: string, after: string): string {
  if (before === after) return "";
  const old = linesOf(before);
  const fresh = linesOf(after);
  const start = commonLength(old, fresh);
  const end = commonLength(old.slice(start).reverse(), fresh.slice(start).reverse());
  const from = Math.max(0, start - context);
  const head = old.slice(from, start);
  const tail = old.slice(old.length - end, old.length - end + context);
  const minus = old.slice(start, old.length - end);
  const plus = fresh.slice(start, fresh.length - end);
  const size = head.length + tail.length;
  const range = `@@ -${from + 1},${size + minus.length} +${from + 1},${size + plus.length} @@`;
  const lines = [
    ...head.map((line) => ` ${line}`),
    ...minus.map((line) => `-${line}`),
    ...plus.map((line) => `+${line}`),
    ...tail.map((line) => ` ${line}`),
  ];
  const names = [`diff --git a/${path} b/${path}`, `--- a/${path}`, `+++ b/${path}`];
  return `${[...names, range].join("\n")}\n${lines.join("")}`;
}

export interface FileChange {
  readonly path: string;
  /** undefined: the file comes new. */
  readonly before: string | undefined;
  /** undefined: the file goes. */
  readonly after: string | undefined;
  /** Git's mode of a file that comes or goes. */
  readonly mode?: string;
}

/** Patches of files that change, come and go, one after the other. */
export function filePatches(changes: readonly FileChange[]): string {
  return changes.map(changePatch).join("");
}

function changePatch({ path, before, after, mode = "100644" }: FileChange): string {
  if (before !== undefined && after !== undefined) return filePatch(path, before, after);
  const isNew = before === undefined;
  const lines = linesOf(before ?? after ?? "");
  const head = `diff --git a/${path} b/${path}\n${isNew ? "new" : "deleted"} file mode ${mode}\n`;
  if (lines.length === 0) return head;
  const names = isNew ? `--- /dev/null\n+++ b/${path}\n` : `--- a/${path}\n+++ /dev/null\n`;
  const range = isNew ? `@@ -0,0 +1,${lines.length} @@` : `@@ -1,${lines.length} +0,0 @@`;
  const body = lines.map((line) => `${isNew ? "+" : "-"}${line}`).join("");
  return `${head}${names}${range}\n${body}`;
}

/** Each with its line break; a last line without one says so, as Git does. */
function linesOf(text: string): readonly string[] {
  const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  return lines.map((line) =>
    line.endsWith("\n") ? line : `${line}\n\\ No newline at end of file\n`,
  );
}

function commonLength(a: readonly string[], b: readonly string[]): number {
  const differs = a.findIndex((line, index) => line !== b[index]);
  return differs === -1 ? Math.min(a.length, b.length) : differs;
}
