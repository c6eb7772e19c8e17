import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { binaryPath } from "./binaries.ts";
import type { ControlPlaneOptions, Started, TestCluster } from "./control-plane.ts";
import { writeKubeconfig } from "./kubeconfig.ts";

const run = promisify(execFile);
const account = "holdfast-e2e";

interface Given {
  readonly folder: string;
  readonly kubeconfig: string;
  /** Context names, separated by commas: only these are touched. */
  readonly confirmed: string;
}

/** Clusters that exist already. The tests create and delete on them, so the caller names each context a second time. */
export async function useGivenClusters(
  { folder, kubeconfig, confirmed }: Given,
  options: ControlPlaneOptions,
): Promise<Started> {
  const contexts = confirmed.split(",").filter((context) => context !== "");
  if (contexts.length < options.clusters) {
    throw new Error(
      `HOLDFAST_E2E_KUBECONFIG is set: confirm ${options.clusters} of its contexts by HOLDFAST_E2E_CONFIRM=a,b,c; the tests create and delete objects there`,
    );
  }
  const clusters: TestCluster[] = [];
  for (const context of contexts.slice(0, options.clusters)) {
    clusters.push(await describeCluster({ folder, kubeconfig, context }));
  }
  return { clusters, etcd: undefined, stop: () => forget(clusters) };
}

interface Context {
  readonly folder: string;
  readonly kubeconfig: string;
  readonly context: string;
}

/** A token for a service account that may do everything, so that tests speak to every cluster in the same way. */
export async function describeCluster({
  folder,
  kubeconfig,
  context,
}: Context): Promise<TestCluster> {
  const kubectl = async (...args: string[]) => {
    const all = ["--kubeconfig", kubeconfig, "--context", context, ...args];
    return (await run(binaryPath("kubectl"), all)).stdout.trim();
  };
  const view = (path: string) =>
    kubectl("config", "view", "--raw", "--minify", "-o", `jsonpath=${path}`);
  const url = await view("{.clusters[0].cluster.server}");
  const ca = Buffer.from(
    await view("{.clusters[0].cluster.certificate-authority-data}"),
    "base64",
  ).toString("utf8");
  const caPath = join(folder, `${context}.crt`);
  await writeFile(caPath, ca);
  await kubectl("create", "namespace", account).catch(ignoreExisting);
  const tokens: string[] = [];
  for (const name of ["admin", "holdfast"]) {
    await kubectl("-n", account, "create", "serviceaccount", name).catch(ignoreExisting);
    await kubectl(
      "create",
      "clusterrolebinding",
      `${account}-${name}`,
      "--clusterrole=cluster-admin",
      `--serviceaccount=${account}:${name}`,
    ).catch(ignoreExisting);
    tokens.push(await kubectl("-n", account, "create", "token", name, "--duration=12h"));
  }
  const [token = "", agentToken = ""] = tokens;
  const own = join(folder, `${context}.kubeconfig`);
  const agentKubeconfig = join(folder, `${context}.agent.kubeconfig`);
  await writeKubeconfig(own, { name: context, url, ca, token });
  await writeKubeconfig(agentKubeconfig, { name: context, url, ca, token: agentToken });
  return {
    name: context,
    url,
    token,
    agentToken,
    caPath,
    ca,
    kubeconfig: own,
    agentKubeconfig,
    auditLog: "",
  };
}

function ignoreExisting(error: unknown): string {
  if (error instanceof Error && error.message.includes("AlreadyExists")) return "";
  throw error;
}

async function forget(clusters: readonly TestCluster[]): Promise<void> {
  for (const { kubeconfig } of clusters) {
    const remove = (...what: string[]) =>
      run(binaryPath("kubectl"), ["--kubeconfig", kubeconfig, "delete", "--wait=false", ...what]);
    // The bindings and the account that is asking go last.
    await remove("namespace", account);
    await remove("clusterrolebinding", `${account}-holdfast`);
    await remove("clusterrolebinding", `${account}-admin`);
  }
}
