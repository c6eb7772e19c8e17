/** One thing that somebody may do, as RBAC asks about it. */
export interface Right {
  /** `get`, `patch`, `escalate`, … */
  readonly verb: string;
  readonly group: string;
  /** Plural; `apps/status` for a subresource. */
  readonly resource: string;
  /** `""`: in the whole cluster. */
  readonly namespace: string;
  /** `""`: whatever its name. */
  readonly name: string;
}

/** A rule as Role and ClusterRole write it, with where it holds; also an item of the chart's `rbac.rules`. */
export interface Rule {
  /** Absent: in the whole cluster. */
  readonly namespace?: string;
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  /** Absent: all names. */
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

/** Whether one of the rules grants it; as the API server's RBAC reads them, wildcards included. */
export function isGranted(right: Right, rules: readonly Rule[]): boolean {
  return rules.some((rule) => grants(rule, right));
}

function grants(rule: Rule, { verb, group, resource, namespace, name }: Right): boolean {
  return (
    (rule.namespace === undefined || (namespace !== "" && rule.namespace === namespace)) &&
    has(rule.verbs, verb) &&
    has(rule.apiGroups, group) &&
    hasResource(rule.resources, resource) &&
    (rule.resourceNames === undefined || (name !== "" && rule.resourceNames.includes(name)))
  );
}

function has(list: readonly string[], word: string): boolean {
  return list.includes(word) || list.includes("*");
}

/** `*` grants all, `*` + `/scale` the subresource of all. */
function hasResource(list: readonly string[], resource: string): boolean {
  const slash = resource.indexOf("/");
  return has(list, resource) || (slash > 0 && list.includes(`*${resource.slice(slash)}`));
}

const verbOrder = "get list watch create update patch delete escalate bind".split(" ");

/** The fewest rules that grant exactly these rights, in an order of their own: no wildcards, names wherever a right has one. */
export function rulesOf(rights: readonly Right[]): readonly Rule[] {
  const byResource = Map.groupBy(rights, ({ namespace, group, resource }) =>
    JSON.stringify([namespace, group, resource]),
  );
  const single = [...byResource.values()].flatMap(rulesOfResource);
  const alike = Map.groupBy(single, ({ resources: _each, ...rest }) => JSON.stringify(rest));
  return [...alike.values()]
    .flatMap((rules) => {
      const [first] = rules;
      return first === undefined
        ? []
        : { ...first, resources: sorted(rules.flatMap((r) => r.resources)) };
    })
    .sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
}

/** Rules of one resource in one place: one without names, and one for each set of verbs that some names share. */
function rulesOfResource(rights: readonly Right[]): readonly Rule[] {
  const [first] = rights;
  if (first === undefined) return [];
  const { namespace, group, resource } = first;
  const where = namespace === "" ? {} : { namespace };
  const base = { ...where, apiGroups: [group], resources: [resource] };
  const unnamed = sortedVerbs(rights.filter(({ name }) => name === ""));
  const byVerbs = Map.groupBy(namedVerbs(rights, unnamed), ({ verbs }) => verbs.join());
  const named = [...byVerbs.values()].map((alike) => ({
    ...base,
    resourceNames: sorted(alike.map(({ name }) => name)),
    verbs: alike[0]?.verbs ?? [],
  }));
  return unnamed.length === 0 ? named : [{ ...base, verbs: unnamed }, ...named];
}

/** What each name has beyond what all have. */
function namedVerbs(rights: readonly Right[], unnamed: readonly string[]) {
  const own = rights.filter(({ name, verb }) => name !== "" && !unnamed.includes(verb));
  return [...Map.groupBy(own, ({ name }) => name)].map(([name, some]) => ({
    name,
    verbs: sortedVerbs(some),
  }));
}

/** Cluster-wide ones first. */
function orderOf({ namespace = "", apiGroups, resources, resourceNames = [] }: Rule): string {
  return JSON.stringify([namespace, apiGroups, resources, resourceNames]);
}

function sorted(words: readonly string[]): readonly string[] {
  return [...new Set(words)].sort();
}

function sortedVerbs(rights: readonly Right[]): readonly string[] {
  const verbs = new Set(rights.map(({ verb }) => verb));
  return [...verbs].sort((a, b) => verbOrder.indexOf(a) - verbOrder.indexOf(b));
}

/** Every single right that a rule gives, wildcards as they stand. */
export function rightsIn({
  namespace = "",
  apiGroups,
  resources,
  resourceNames = [""],
  verbs,
}: Rule): readonly Right[] {
  return apiGroups.flatMap((group) =>
    resources.flatMap((resource) =>
      resourceNames.flatMap((name) =>
        verbs.map((verb) => ({ verb, group, resource, namespace, name })),
      ),
    ),
  );
}

/** One line of YAML, as `rbac.rules` of the chart takes it. */
export function ruleLine({ namespace, apiGroups, resources, resourceNames, verbs }: Rule): string {
  const parts = [
    ...(namespace === undefined ? [] : [`namespace: ${namespace}`]),
    `apiGroups: ${flow(apiGroups)}`,
    `resources: ${flow(resources)}`,
    ...(resourceNames === undefined ? [] : [`resourceNames: ${flow(resourceNames)}`]),
    `verbs: ${flow(verbs)}`,
  ];
  return `{ ${parts.join(", ")} }`;
}

function flow(words: readonly string[]): string {
  return `[${words.map(quoted).join(", ")}]`;
}

/** Plain where no reader of YAML takes it for anything but text. */
function quoted(word: string): string {
  return /^[a-z][a-z0-9./-]*$/.test(word) && !/^(true|false|null|yes|no|on|off|y|n)$/.test(word)
    ? word
    : JSON.stringify(word);
}
