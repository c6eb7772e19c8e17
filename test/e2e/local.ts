import { generateKeyPairSync, randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Backups, createBackups } from "./backup.ts";
import { binaryPath, stagesPath } from "./binaries.ts";
import type { ControlPlaneOptions, Started, TestCluster } from "./control-plane.ts";
import type { Crew } from "./crew.ts";
import { request } from "./http.ts";
import { writeKubeconfig } from "./kubeconfig.ts";
import { findPorts } from "./ports.ts";

const portsPerCluster = 4;

/** Everyone who talks to the API servers, each by a name of its own, so that the audit log tells them apart. */
const users = ["admin", "holdfast", "kube-controller-manager", "kube-scheduler", "kwok"] as const;
type User = (typeof users)[number];
type Tokens = Readonly<Record<User, string>>;

interface Site {
  readonly crew: Crew;
  readonly folder: string;
  readonly base: number;
  readonly tokens: Tokens;
  readonly options: ControlPlaneOptions;
}

/** N clusters as plain processes on loopback, on one etcd. */
export async function startLocal(crew: Crew, options: ControlPlaneOptions): Promise<Started> {
  const base = options.basePort ?? (await findPorts(2 + portsPerCluster * options.clusters));
  const tokens = newTokens();
  const site: Site = { crew, folder: crew.folder, base, tokens, options };
  await writeFiles(site);
  const etcd = await startEtcd(site);
  const numbers = Array.from({ length: options.clusters }, (_, index) => index + 1);
  for (const number of numbers) startApiServer(site, number);
  const clusters = await Promise.all(numbers.map((number) => whenReady(site, number)));
  if (options.controllers ?? true) {
    await Promise.all(clusters.map((cluster, index) => startControllers(site, cluster, index + 1)));
  }
  return { clusters, etcd: { url: etcd, ...backupsOf(site) }, stop: () => Promise.resolve() };
}

/** Of all clusters at once, as they share one etcd. */
function backupsOf(site: Site): Backups {
  const { crew, folder, options } = site;
  const numbers = Array.from({ length: options.clusters }, (_, index) => index + 1);
  return createBackups(crew, {
    data: join(folder, "etcd"),
    auditLogs: numbers.map((number) => auditPath(site, number)).filter((path) => path !== ""),
    apiServers: numbers.map((number) => `kube-apiserver-${number}`),
    startEtcd: () => startEtcd(site),
    startApiServers: async () => {
      for (const number of numbers) startApiServer(site, number);
      await Promise.all(numbers.map((number) => whenReady(site, number)));
    },
  });
}

function newTokens(): Tokens {
  const token = () => randomBytes(16).toString("hex");
  return {
    admin: token(),
    holdfast: token(),
    "kube-controller-manager": token(),
    "kube-scheduler": token(),
    kwok: token(),
  };
}

async function writeFiles({ folder, tokens }: Site): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  await writeFile(join(folder, "sa.key"), privateKey.export({ type: "pkcs1", format: "pem" }), {
    mode: 0o600,
  });
  await writeFile(join(folder, "sa.pub"), publicKey.export({ type: "spki", format: "pem" }));
  const lines = users.map((user) => `${tokens[user]},${user},${user},"system:masters"`);
  await writeFile(join(folder, "tokens.csv"), `${lines.join("\n")}\n`, { mode: 0o600 });
}

async function startEtcd({ crew, folder, base }: Site): Promise<string> {
  const url = `http://127.0.0.1:${base}`;
  const peer = `http://127.0.0.1:${base + 1}`;
  crew.start("etcd", binaryPath("etcd"), [
    `--data-dir=${join(folder, "etcd")}`,
    "--unsafe-no-fsync",
    "--log-level=error",
    `--listen-client-urls=${url}`,
    `--advertise-client-urls=${url}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
  ]);
  await crew.until("etcd", async () =>
    (await (await fetch(`${url}/health`)).text()).includes("true"),
  );
  return url;
}

function apiPort({ base }: Site, number: number): number {
  return base + 2 + portsPerCluster * (number - 1);
}

function startApiServer(site: Site, number: number): void {
  const { crew, folder, base } = site;
  crew.start(`kube-apiserver-${number}`, binaryPath("kube-apiserver"), [
    `--etcd-servers=http://127.0.0.1:${base}`,
    `--etcd-prefix=/cluster-${number}`,
    "--bind-address=127.0.0.1",
    `--secure-port=${apiPort(site, number)}`,
    `--cert-dir=${certificates(site, number)}`,
    `--token-auth-file=${join(folder, "tokens.csv")}`,
    "--authorization-mode=RBAC",
    "--allow-privileged=true",
    "--service-cluster-ip-range=10.96.0.0/16",
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${join(folder, "sa.pub")}`,
    `--service-account-signing-key-file=${join(folder, "sa.key")}`,
    "--endpoint-reconciler-type=none",
    ...auditFlags(site, number),
  ]);
}

function auditFlags(site: Site, number: number): readonly string[] {
  const { audit } = site.options;
  if (!audit) return [];
  const policy = audit === "requests" ? "audit-requests.yaml" : "audit-policy.yaml";
  const common = [
    `--audit-policy-file=${join(import.meta.dirname, policy)}`,
    `--audit-log-path=${auditPath(site, number)}`,
    // Nothing is buffered or dropped: the line follows its answer within moments.
    "--audit-log-mode=blocking-strict",
    "--audit-log-maxsize=4000",
  ];
  if (audit === "requests") return common;
  // The oracle reads the revision log from etcd: as JSON, and from its beginning.
  return [...common, "--storage-media-type=application/json", "--etcd-compaction-interval=0"];
}

function certificates({ folder }: Site, number: number): string {
  return join(folder, `certificates-${number}`);
}

function auditPath({ folder, options }: Site, number: number): string {
  return options.audit ? join(folder, `audit-${number}.log`) : "";
}

async function whenReady(site: Site, number: number): Promise<TestCluster> {
  const { crew, folder, tokens } = site;
  const name = `cluster-${number}`;
  const url = `https://127.0.0.1:${apiPort(site, number)}`;
  const caPath = join(certificates(site, number), "apiserver.crt");
  await crew.until(`${name}'s API server`, async () => {
    const ca = await readFile(caPath, "utf8");
    return (await request({ url: `${url}/readyz`, ca, token: tokens.admin })).status === 200;
  });
  const ca = await readFile(caPath, "utf8");
  const kubeconfig = join(folder, `${name}.kubeconfig`);
  const agentKubeconfig = join(folder, `${name}.agent.kubeconfig`);
  await writeKubeconfig(kubeconfig, { name, url, ca, token: tokens.admin });
  await writeKubeconfig(agentKubeconfig, { name, url, ca, token: tokens.holdfast });
  return {
    name,
    url,
    token: tokens.admin,
    agentToken: tokens.holdfast,
    caPath,
    ca,
    kubeconfig,
    agentKubeconfig,
    auditLog: auditPath(site, number),
  };
}

async function startControllers(site: Site, cluster: TestCluster, number: number): Promise<void> {
  const { crew, folder, tokens } = site;
  const port = apiPort(site, number);
  const configFor = async (user: User) => {
    const path = join(folder, `${cluster.name}.${user}.kubeconfig`);
    await writeKubeconfig(path, { ...cluster, token: tokens[user] });
    return path;
  };
  crew.start(`kube-controller-manager-${number}`, binaryPath("kube-controller-manager"), [
    `--kubeconfig=${await configFor("kube-controller-manager")}`,
    "--leader-elect=false",
    `--service-account-private-key-file=${join(folder, "sa.key")}`,
    `--root-ca-file=${cluster.caPath}`,
    "--bind-address=127.0.0.1",
    `--secure-port=${port + 1}`,
    `--cert-dir=${join(folder, `kcm-certificates-${number}`)}`,
  ]);
  crew.start(`kube-scheduler-${number}`, binaryPath("kube-scheduler"), [
    `--kubeconfig=${await configFor("kube-scheduler")}`,
    "--leader-elect=false",
    "--bind-address=127.0.0.1",
    `--secure-port=${port + 2}`,
    `--cert-dir=${join(folder, `scheduler-certificates-${number}`)}`,
  ]);
  crew.start(`kwok-${number}`, binaryPath("kwok"), [
    `--kubeconfig=${await configFor("kwok")}`,
    "--manage-all-nodes=true",
    `--config=${stagesPath()}`,
    "--server-address=",
    "--node-lease-duration-seconds=40",
  ]);
  await addNode(site, cluster);
}

async function addNode({ crew }: Site, { name, url, ca, token }: TestCluster): Promise<void> {
  const resources = { cpu: "1000", memory: "1Ti", pods: "10000" };
  const node = {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name: "node-1",
      // Real manifests select these.
      labels: {
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": "node-1",
      },
    },
    status: { allocatable: resources, capacity: resources },
  };
  await request({
    url: `${url}/api/v1/nodes`,
    ca,
    token,
    method: "POST",
    text: JSON.stringify(node),
  });
  await crew.until(`${name}'s node`, async () => {
    const answer = await request({ url: `${url}/api/v1/nodes/node-1`, ca, token });
    return answer.text.includes('"KubeletReady"');
  });
}
