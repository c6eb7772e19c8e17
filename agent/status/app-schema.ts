/**
 * The one schema of App objects (observability §3): the CRD serves it and `fromAppObject` judges by it. It stays
 * within what Kubernetes calls structural. Texts that are closed lists have no enum here, so that an older agent or
 * CLI can still read what a newer one wrote.
 */
const text = { type: "string" } as const;
const time = { type: "string", format: "date-time" } as const;
const count = { type: "integer", minimum: 0 } as const;
const texts = { type: "object", additionalProperties: text } as const;

const ref = {
  type: "object",
  required: ["group", "kind", "namespace", "name"],
  properties: { group: text, kind: text, namespace: text, name: text },
} as const;

const owner = { type: "object", properties: { team: text, contact: text } } as const;

const revision = {
  type: "object",
  required: ["commit", "committedAt", "at"],
  properties: { commit: text, committedAt: time, at: time },
} as const;

const problem = {
  type: "object",
  required: ["reason", "message"],
  properties: {
    reason: text,
    message: text,
    file: text,
    line: count,
    column: count,
    field: text,
    ref,
    next: text,
  },
} as const;

const driftField = {
  type: "object",
  required: ["path", "pointer"],
  properties: {
    path: text,
    pointer: text,
    manager: text,
    operation: text,
    subresource: text,
    time: text,
  },
} as const;

const drift = {
  type: "object",
  required: ["ref", "fields", "since", "action"],
  properties: {
    ref,
    fields: { type: "array", items: driftField },
    since: time,
    action: text,
    until: time,
  },
} as const;

const held = {
  type: "object",
  required: ["reason", "message", "deletions"],
  properties: {
    reason: text,
    message: text,
    plan: text,
    deletions: { type: "array", items: ref },
  },
} as const;

const leftover = {
  type: "object",
  required: ["ref", "manager", "fields"],
  properties: {
    ref,
    manager: text,
    fields: { type: "array", items: text },
    stays: { type: "array", items: text },
  },
} as const;

const history = {
  type: "object",
  required: ["change", "commit", "digest", "kind", "result", "reason", "fetchedAt"],
  properties: {
    change: text,
    commit: text,
    digest: text,
    kind: text,
    result: text,
    reason: text,
    fetchedAt: time,
    liveAt: time,
  },
} as const;

const condition = {
  type: "object",
  required: ["type", "status", "reason", "message", "lastTransitionTime"],
  properties: {
    type: text,
    status: { type: "string", enum: ["True", "False", "Unknown"] },
    reason: text,
    message: text,
    lastTransitionTime: time,
    observedGeneration: { type: "integer", format: "int64" },
  },
} as const;

const spec = {
  type: "object",
  description:
    "What the unit is. Written by the agent; a config document is refused for want of cluster.",
  required: ["cluster"],
  properties: {
    cluster: { type: "string", minLength: 1 },
    namespace: text,
    path: text,
    rollout: text,
    wave: text,
    desired: text,
    renderer: text,
    owner,
  },
} as const;

const status = {
  type: "object",
  properties: {
    observedGeneration: { type: "integer", format: "int64" },
    state: text,
    stage: text,
    reason: text,
    message: text,
    since: time,
    comparedAt: time,
    appliedAt: time,
    unhealthySince: time,
    change: text,
    short: { type: "object", properties: { live: text, want: text } },
    revisions: {
      type: "object",
      properties: { fetched: revision, attempted: revision, applied: revision, live: revision },
    },
    pending: {
      type: "object",
      required: ["count", "since"],
      properties: { count, since: time },
    },
    objects: {
      type: "object",
      required: ["managed", "drifted", "unhealthy", "heldDeletions"],
      properties: {
        managed: count,
        drifted: count,
        unhealthy: count,
        heldDeletions: count,
        digest: text,
      },
    },
    problems: { type: "array", items: problem },
    drift: { type: "array", items: drift },
    leftovers: {
      type: "object",
      required: ["count", "items"],
      properties: { count, plan: text, items: { type: "array", items: leftover } },
    },
    held,
    suspend: {
      type: "object",
      required: ["by", "reason", "until"],
      properties: { by: text, reason: text, until: text },
    },
    history: { type: "array", items: history },
    handled: texts,
    conditions: {
      type: "array",
      items: condition,
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["type"],
    },
  },
} as const;

/** The object as the API server checks it. */
export const appSchema = {
  type: "object",
  description: "One app on this cluster, as the Holdfast agent sees it. Read only.",
  required: ["spec"],
  properties: { apiVersion: text, kind: text, metadata: { type: "object" }, spec, status },
} as const;

/** What must be there besides for a status to be ours. */
export const requiredStatus = [
  "state",
  "stage",
  "reason",
  "message",
  "since",
  "revisions",
  "objects",
  "problems",
  "drift",
  "history",
  "handled",
  "conditions",
] as const;
