import type { Unit } from "../../agent/model/unit.ts";

/** A unit with every field filled in; `more` says what the test is about. */
export function unitOf(more: Partial<Unit> = {}): Unit {
  return {
    app: "shop",
    cluster: { name: "eu", labels: { env: "prod" }, values: { domain: "eu.example.com", size: 3 } },
    file: "apps/shop/app.yaml",
    folder: "apps/shop",
    path: "apps/shop",
    shared: [],
    namespace: "shop",
    changeId: "c",
    renderer: { kind: "auto" },
    values: { host: "shop.eu.example.com", replicas: 2, tags: ["a", "b"], nothing: null },
    mode: "enforce",
    prune: { enabled: true, maxShare: 0.2 },
    drift: { mode: "heal", graceMs: 0, ignore: [] },
    health: { timeoutMs: 300_000, rules: [] },
    onFailure: "keep",
    onRemove: "hold",
    dependsOn: [],
    protect: [],
    holdUntilMaxMs: 14_400_000,
    ...more,
  };
}
