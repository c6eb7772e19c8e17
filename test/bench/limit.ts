import { Pool } from "undici";
import { applyRequest } from "../../agent/cluster/requests.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import type { TestCluster } from "../e2e/control-plane.ts";

/** As many as the agent. */
const inFlight = 32;
const configMaps = {
  group: "",
  version: "v1",
  kind: "ConfigMap",
  plural: "configmaps",
  namespaced: true,
  verbs: [],
};

/**
 * What nothing can beat: a bare keep-alive client that sends the same server-side applies, made ready beforehand, to the
 * same server, and looks at nothing but the status.
 */
export async function applyBare(
  { url, ca, token }: TestCluster,
  objects: readonly KubeObject[],
): Promise<void> {
  const pool = new Pool(url, { connections: inFlight, pipelining: 1, connect: { ca } });
  const headers = {
    authorization: `Bearer ${token}`,
    accept: "application/json",
    "content-type": "application/apply-patch+yaml",
  };
  const requests = objects.map((object) => {
    const { path, query, body } = applyRequest(configMaps, object, {
      over: undefined,
      dryRun: false,
    });
    return { path: `${path}?${new URLSearchParams(query)}`, body: body ?? "" };
  });
  const queue = requests.values();
  const send = async (): Promise<void> => {
    for (const { path, body } of queue) {
      const answer = await pool.request({ method: "PATCH", path, headers, body });
      await answer.body.dump();
      if (answer.statusCode !== 201) throw new Error(`apply answered ${answer.statusCode}`);
    }
  };
  try {
    await Promise.all(Array.from({ length: inFlight }, send));
  } finally {
    await pool.destroy();
  }
}
