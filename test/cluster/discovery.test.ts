import { describe, expect, it } from "vitest";
import { servedKind } from "../../agent/cluster/client.ts";
import { discoverKinds } from "../../agent/cluster/discovery.ts";
import { ApiError } from "../../agent/cluster/errors.ts";

type Answers = Readonly<Record<string, unknown>>;

function refused(status: number): ApiError {
  const reason = status === 0 ? "Reset" : "ServiceUnavailable";
  return new ApiError({ status, reason, message: "no", causes: [], indeterminate: false });
}

function discover(answers: Answers) {
  return discoverKinds(async ({ path }) => {
    const body = answers[path];
    if (body instanceof Error) throw body;
    if (body === undefined) throw refused(404);
    return { status: 200, headers: {}, body };
  });
}

function aggregated(items: readonly unknown[]) {
  return { kind: "APIGroupDiscoveryList", apiVersion: "apidiscovery.k8s.io/v2", items };
}

function resource(kind: string, scope = "Namespaced") {
  const plural = `${kind.toLowerCase()}s`;
  return {
    resource: plural,
    responseKind: { group: "", version: "", kind },
    scope,
    verbs: ["get"],
  };
}

const version = { gitVersion: "v1.36.3" };
const core = aggregated([
  { metadata: {}, versions: [{ version: "v1", resources: [resource("Pod")] }] },
]);
const registration = {
  metadata: { name: "apiregistration.k8s.io" },
  versions: [
    { version: "v1", freshness: "Current", resources: [resource("APIService", "Cluster")] },
  ],
};
const servicesPath = "/apis/apiregistration.k8s.io/v1/apiservices";
const services = (...named: readonly (readonly [string, string, boolean])[]) => ({
  kind: "APIServiceList",
  items: named.map(([group, at, remote]) => ({
    spec: { group, version: at, ...(remote && { service: { name: "s" } }) },
  })),
});

describe("discovery", () => {
  it("keeps the server's order of versions, and finds kinds at any of them", async () => {
    const found = await discover({
      "/version": version,
      "/api": core,
      "/apis": aggregated([
        {
          metadata: { name: "autoscaling" },
          versions: [
            { version: "v2", freshness: "Current", resources: [resource("HPA")] },
            { version: "v1", freshness: "Current", resources: [resource("HPA"), resource("Old")] },
          ],
        },
      ]),
    });
    expect(found.kubernetes).toBe("v1.36.3");
    expect(found.versions.get("autoscaling/HPA")).toEqual(["v2", "v1"]);
    expect(servedKind(found, { group: "autoscaling", kind: "HPA" })?.version).toBe("v2");
    expect(servedKind(found, { group: "autoscaling", kind: "HPA" }, "v1")?.version).toBe("v1");
    expect(servedKind(found, { group: "autoscaling", kind: "Old" })?.version).toBe("v1");
    expect(servedKind(found, { group: "", kind: "Pod" })?.plural).toBe("pods");
  });

  it("calls stale groups unknown, and those that an APIService names in vain (A-111)", async () => {
    const found = await discover({
      "/version": version,
      "/api": core,
      "/apis": aggregated([
        registration,
        { metadata: { name: "stale.io" }, versions: [{ version: "v1", freshness: "Stale" }] },
      ]),
      [servicesPath]: services(
        ["", "v1", false],
        ["gone.io", "v1", true],
        ["stale.io", "v1", true],
      ),
    });
    expect([...found.unknownGroups].sort()).toEqual(["gone.io", "stale.io"]);
    expect([...(found.aggregatedGroups ?? [])].sort()).toEqual(["gone.io", "stale.io"]);
  });

  it("fails whole when the server cannot be asked, or is something else", async () => {
    const parts: Answers = {
      "/version": version,
      "/api": core,
      "/apis": aggregated([registration]),
      [servicesPath]: services(),
    };
    await discover(parts);
    for (const path of Object.keys(parts)) {
      await expect(discover({ ...parts, [path]: refused(0) })).rejects.toThrow();
      await expect(discover({ ...parts, [path]: refused(503) })).rejects.toThrow();
    }
    await expect(discover({ ...parts, "/version": { kind: "Status" } })).rejects.toThrow(
      "Kubernetes",
    );
  });

  it("asks old servers group by group; one that does not answer is unknown, not absent", async () => {
    const list = (...resources: readonly unknown[]) => ({ kind: "APIResourceList", resources });
    const found = await discover({
      "/version": version,
      "/api": { kind: "APIVersions", versions: ["v1"] },
      "/apis": {
        kind: "APIGroupList",
        groups: [
          {
            name: "apps",
            versions: [{ version: "v1beta1" }, { version: "v1" }],
            preferredVersion: { version: "v1" },
          },
          { name: "broken.io", versions: [{ version: "v1" }], preferredVersion: { version: "v1" } },
        ],
      },
      "/api/v1": list(
        { name: "pods", kind: "Pod", namespaced: true, verbs: ["get"] },
        { name: "pods/log", kind: "Pod", namespaced: true, verbs: ["get"] },
      ),
      "/apis/apps/v1": list({
        name: "deployments",
        kind: "Deployment",
        namespaced: true,
        verbs: [],
      }),
      "/apis/apps/v1beta1": list({ name: "deployments", kind: "Deployment", namespaced: true }),
      "/apis/broken.io/v1": refused(503),
    });
    expect(found.versions.get("apps/Deployment")).toEqual(["v1", "v1beta1"]);
    expect(found.kinds.get("/v1/Pod")?.plural).toBe("pods");
    expect([...found.unknownGroups]).toEqual(["broken.io"]);
  });
});
