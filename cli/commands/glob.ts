/** Whether a name is meant by `*` and `?` patterns; without any it must be equal. */
export function matchesGlob(name: string, pattern: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "u").test(name);
}

export function isGlob(pattern: string): boolean {
  return /[*?]/.test(pattern);
}
