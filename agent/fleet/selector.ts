export type Labels = Readonly<Record<string, string>>;

/** A Kubernetes label selector: all terms must hold, and without terms it selects everything. */
export interface Selector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly SelectorTerm[];
}

export interface SelectorTerm {
  readonly key: string;
  readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
  readonly values?: readonly string[];
}

export function selects(selector: Selector, labels: Labels): boolean {
  return failingTerm(selector, labels) === undefined;
}

/** The first term that does not hold, in words, with what the labels say; undefined when all hold. */
export function failingTerm(selector: Selector, labels: Labels): string | undefined {
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    if (labelOf(labels, key) !== value) return `${key}=${value}; ${has(labels, key)}`;
  }
  const failing = selector.matchExpressions?.find((term) => !holds(term, labels));
  return failing === undefined ? undefined : `${describe(failing)}; ${has(labels, failing.key)}`;
}

/** A label that is absent is not in any list: NotIn holds for it. */
function holds({ key, operator, values = [] }: SelectorTerm, labels: Labels): boolean {
  const value = labelOf(labels, key);
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
  }
}

function labelOf(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

function describe({ key, operator, values = [] }: SelectorTerm): string {
  const list = values.length === 0 ? "" : ` (${values.join(", ")})`;
  return `${key} ${operator}${list}`;
}

function has(labels: Labels, key: string): string {
  const value = labelOf(labels, key);
  return value === undefined
    ? `the cluster has no label ${key}`
    : `the cluster has ${key}=${value}`;
}
