import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isJsonObject } from "../../agent/model/json.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import { haveControlPlane } from "./binaries.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { appFiles, deployment, fleetFiles } from "./documents.ts";
import { Repository } from "./repository.ts";
import { Site, until } from "./site.ts";

const have = haveControlPlane();

/** No node takes its pod, so no node touches what the test writes as its kubelet. */
function homeless({ spec, ...object }: KubeObject): KubeObject {
  const template = isJsonObject(spec) && isJsonObject(spec.template) ? spec.template : {};
  const inside = isJsonObject(template.spec) ? template.spec : {};
  const placed = { ...template, spec: { ...inside, nodeSelector: { disk: "gold" } } };
  return { ...object, spec: { ...(isJsonObject(spec) ? spec : {}), template: placed } };
}

describe.skipIf(!have.ok)(`a workload whose pods break (${have.why})`, () => {
  let plane: ControlPlane;
  let repository: Repository;
  let site: Site;

  beforeAll(async () => {
    plane = await startControlPlane({ clusters: 1 });
    repository = await Repository.create(plane.folder);
    const [cluster] = plane.clusters;
    if (cluster === undefined) throw new Error("no cluster");
    site = new Site({ plane, cluster, name: "dev", repository });
    await repository.write({
      ...fleetFiles(["dev"]),
      ...appFiles("shop", [homeless(deployment("shop", "web"))]),
    });
    await repository.push("a shop");
    await site.install();
    await site.start();
  });

  afterAll(async () => {
    await site?.stop();
    await repository?.stop();
    await plane?.stop();
  });

  it("is Degraded within two minutes, by the pod and in the kubelet's words (§5.2)", async () => {
    const pods = ["get", "pods", "-n", "shop", "-o", "jsonpath={.items[*].metadata.name}"] as const;
    let pod = "";
    await until("the pod", async () => {
      pod = (await site.kubectl(...pods)).trim();
      return pod !== "";
    });
    const state = { waiting: { reason: "ImagePullBackOff", message: "Back-off pulling web:1" } };
    const container = { name: "web", image: "web:1", imageID: "", ready: false, restartCount: 0 };
    const status = { containerStatuses: [{ ...container, state }] };
    await site.kubectl(
      ...["patch", "pod", pod, "-n", "shop", "--subresource=status", "--type=merge"],
      ...["-p", JSON.stringify({ status })],
    );
    const told = await site.untilApp("shop", ({ state: now }) => now === "Degraded", {
      what: "Degraded",
      timeoutMs: 120_000,
    });
    expect(told).toMatchObject({ state: "Degraded", reason: "ImagePullFailed" });
    expect(told.message).toContain(`Pod ${pod}: container web: ImagePullBackOff`);
  }, 150_000);
});
