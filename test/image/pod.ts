import { chmod, chown, mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isJsonObject, type JsonObject } from "../../agent/model/json.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import type { TestCluster } from "../e2e/control-plane.ts";
import { Api } from "../faults/api.ts";
import { Container, type ContainerWish, type Mount } from "./container.ts";
import type { ImageConfig } from "./store.ts";

export interface PodWish {
  readonly cluster: TestCluster;
  readonly namespace: string;
  readonly image: ImageConfig;
  /** Of the image, on this machine. */
  readonly root: string;
  /** Volumes and log go here. */
  readonly folder: string;
}

/**
 * The agent's pod as the kubelet would run it, for kwok's pods only say that they run: the Deployment is read from the API
 * server, and its user, read-only root, variables and volumes are obeyed, the token asked for by TokenRequest.
 */
export async function runPod(wish: PodWish): Promise<Container> {
  return await Container.start(await containerOf(wish));
}

/** The container that `runPod` starts; another command may be run in it. */
export async function containerOf(wish: PodWish): Promise<ContainerWish> {
  const { cluster, namespace, image, root } = wish;
  const api = new Api(cluster);
  const pod = await podSpec(api, namespace);
  const [container = {}] = list(pod.containers);
  const security = object(pod.securityContext);
  const folder = await mkdtemp(join(wish.folder, "pod-"));
  await chmod(folder, 0o755);
  const { hostname, port } = new URL(cluster.url);
  return {
    root,
    image,
    user: Number(security.runAsUser),
    group: Number(security.runAsGroup),
    isRootReadOnly: object(container.securityContext).readOnlyRootFilesystem === true,
    env: {
      HOSTNAME: "holdfast-0",
      KUBERNETES_SERVICE_HOST: hostname,
      KUBERNETES_SERVICE_PORT: port,
      ...Object.fromEntries(list(container.env).map(({ name, value }) => [`${name}`, `${value}`])),
    },
    mounts: await mountsOf({ api, namespace, pod, container }, folder),
    logPath: join(folder, "agent.log"),
  };
}

async function podSpec(api: Api, namespace: string): Promise<JsonObject> {
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/holdfast`;
  const { status, body } = await api.ask("GET", path);
  if (status !== 200) throw new Error(`GET ${path} answered ${status}`);
  return object(object(object(object(body).spec).template).spec);
}

interface Pod {
  readonly api: Api;
  readonly namespace: string;
  readonly pod: JsonObject;
  readonly container: JsonObject;
}

async function mountsOf(given: Pod, folder: string): Promise<readonly Mount[]> {
  const group = Number(object(given.pod.securityContext).fsGroup);
  const mounts: Mount[] = [];
  for (const { name, mountPath, readOnly } of list(given.container.volumeMounts)) {
    const volume = list(given.pod.volumes).find((one) => one.name === name) ?? {};
    const source = join(folder, String(name));
    await mkdir(source);
    if (isJsonObject(volume.projected)) await project(given, volume.projected, source);
    else if (!isJsonObject(volume.emptyDir)) throw new Error(`volume ${name} is of no known kind`);
    await chown(source, 0, group);
    await chmod(source, isJsonObject(volume.emptyDir) ? 0o2777 : 0o755);
    mounts.push({ path: String(mountPath), source, isReadOnly: readOnly === true });
  }
  return mounts;
}

/** Files as the volume says: a token of the pod's account, keys of ConfigMaps, facts of the pod. */
async function project(given: Pod, { sources }: JsonObject, folder: string): Promise<void> {
  const group = Number(object(given.pod.securityContext).fsGroup);
  for (const source of list(sources)) {
    for (const [path, text] of await projected(given, source)) {
      await writeFile(join(folder, path), text);
      await chown(join(folder, path), 0, group);
      await chmod(join(folder, path), 0o440);
    }
  }
}

async function projected(given: Pod, source: JsonObject): Promise<readonly [string, string][]> {
  const { serviceAccountToken, configMap, downwardAPI } = source;
  if (isJsonObject(serviceAccountToken)) {
    const { path, expirationSeconds } = serviceAccountToken;
    return [[String(path), await requestToken(given, Number(expirationSeconds))]];
  }
  if (isJsonObject(configMap)) {
    const found = await given.api.get(configMapRef(given.namespace, String(configMap.name)));
    const data = object(found?.data);
    return list(configMap.items).map(({ key, path }) => [String(path), String(data[String(key)])]);
  }
  return list(object(downwardAPI).items).map(({ path }) => [String(path), given.namespace]);
}

function configMapRef(namespace: string, name: string): KubeObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace } };
}

async function requestToken(given: Pod, expirationSeconds: number): Promise<string> {
  const account = String(given.pod.serviceAccountName);
  const path = `/api/v1/namespaces/${given.namespace}/serviceaccounts/${account}/token`;
  const body = {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: { expirationSeconds },
  };
  const answer = await given.api.ask("POST", path, { body });
  const { token } = object(object(answer.body).status);
  if (typeof token !== "string") throw new Error(`POST ${path} answered ${answer.status}`);
  return token;
}

function object(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

function list(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
