import { readdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type CliAnswer, holdfast } from "../e2e/cli.ts";
import { type ControlPlane, startControlPlane, type TestCluster } from "../e2e/control-plane.ts";
import { findPorts } from "../e2e/ports.ts";
import { Repository } from "../e2e/repository.ts";
import { agentNamespace, pause, until } from "../e2e/site.ts";
import { Api } from "../faults/api.ts";
import { chart } from "../helm.ts";
import { root } from "../tree.ts";
import { buildImage, imageName } from "./build.ts";
import type { Container } from "./container.ts";
import { run } from "./machine.ts";
import { type PodWish, runPod } from "./pod.ts";
import { type ImageConfig, ImageStore } from "./store.ts";

/** One real cluster, and an example in a repository of its own behind a real Git server. */
export class Place {
  readonly example: string;
  /** In Git. */
  readonly name: string;
  readonly cluster: TestCluster;
  readonly repository: Repository;
  readonly api: Api;
  readonly ports: readonly [number, number];
  readonly #scene: Scene;
  #agent: Container | undefined;

  constructor(
    scene: Scene,
    given: Pick<Place, "example" | "name" | "cluster" | "repository" | "ports">,
  ) {
    this.#scene = scene;
    this.example = given.example;
    this.name = given.name;
    this.cluster = given.cluster;
    this.repository = given.repository;
    this.ports = given.ports;
    this.api = new Api(given.cluster);
  }

  /** The examples deploy every app of theirs to the clusters that are used here. */
  get apps(): readonly string[] {
    return readdirSync(join(root, "examples", this.example, "apps")).sort();
  }

  get agent(): Container {
    if (this.#agent === undefined) throw new Error(`no agent was started for ${this.example}`);
    return this.#agent;
  }

  get pod(): PodWish {
    const { image, root: imageRoot, plane } = this.#scene;
    const { cluster } = this;
    return { cluster, namespace: agentNamespace, image, root: imageRoot, folder: plane.folder };
  }

  async startAgent(): Promise<void> {
    this.#agent = await runPod(this.pod);
  }

  async stopAgent(): Promise<number | null | undefined> {
    const code = await this.#agent?.stop();
    this.#agent = undefined;
    return code;
  }

  /** Does what the kubelet would for as long as `work` takes: the pod runs while its Deployment is there. */
  async asKubelet<T>(work: Promise<T>): Promise<T> {
    let isWorking = true;
    const watch = async () => {
      while (isWorking) {
        const isWanted = await this.hasDeployment();
        if (isWanted && this.#agent === undefined) await this.startAgent();
        if (!isWanted && this.#agent !== undefined) await this.stopAgent();
        await pause(200);
      }
    };
    const [result] = await Promise.all([work.finally(() => (isWorking = false)), watch()]);
    return result;
  }

  async hasDeployment(): Promise<boolean> {
    const path = `/apis/apps/v1/namespaces/${agentNamespace}/deployments/holdfast`;
    return (await this.api.ask("GET", path)).status === 200;
  }

  /** What is this place's own in the chart's values; the host's network has each port once. */
  get settings(): readonly string[] {
    const [metrics, page] = this.ports;
    return [`metrics.port=${metrics}`, `statusPage.port=${page}`, "source.interval=1s"];
  }

  async cli(...args: readonly string[]): Promise<CliAnswer> {
    const { plane } = this.#scene;
    const tools = {
      HOLDFAST_HELM_PATH: plane.bin("helm"),
      HOLDFAST_KUSTOMIZE_PATH: plane.bin("kustomize"),
    };
    return await holdfast(this.repository.folder, [...args, "--cluster", this.name], tools);
  }

  /** The same, asking the cluster as its admin. */
  async liveCli(...args: readonly string[]): Promise<CliAnswer> {
    const { kubeconfig, name } = this.cluster;
    return await this.cli(...args, "--kubeconfig", kubeconfig, "--context", name);
  }

  async helm(...args: readonly string[]): Promise<string> {
    const flags = ["--kubeconfig", this.cluster.kubeconfig, "--namespace", agentNamespace];
    const all = [...args, ...flags];
    return (await run(this.#scene.plane.bin("helm"), all, { maxBuffer: 1 << 26 })).stdout;
  }

  /** Values of the chart: mode scoped, with the rules that `holdfast rbac` prints for what Git has. */
  async rights(): Promise<string> {
    const { code, stdout, stderr } = await this.cli("rbac", "--values");
    if (code !== 0) throw new Error(stderr);
    const file = join(this.repository.folder, "../rights.yaml");
    await writeFile(file, stdout);
    return file;
  }

  /** Chart and values for helm. */
  async chartValues(): Promise<readonly string[]> {
    const file = await this.rights();
    const own = [`cluster.name=${this.name}`, `source.url=${this.repository.url}`];
    const set = [...own, "image.repository=localhost/holdfast", ...this.settings];
    return [chart, "--values", file, ...set.flatMap((one) => ["--set", one])];
  }

  /** State by app, as the App objects say. */
  async states(): Promise<Readonly<Record<string, unknown>>> {
    const path = `/apis/holdfast.dev/v1alpha1/namespaces/${agentNamespace}/apps`;
    const found = await this.api.items(path);
    return Object.fromEntries(
      found.map(({ metadata, status }) => [metadata.name, Reflect.get(Object(status), "state")]),
    );
  }

  /** As an ingress controller would: without one the agent waits a minute for an address. */
  async #giveAddresses(): Promise<void> {
    const group = "/apis/networking.k8s.io/v1";
    for (const ingress of await this.api.items(`${group}/ingresses`)) {
      const { name, namespace } = ingress.metadata;
      const status = { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } };
      if (JSON.stringify(ingress.status).includes("192.0.2.1")) continue;
      const path = `${group}/namespaces/${namespace}/ingresses/${name}/status`;
      await this.api.ask("PUT", path, { body: { ...ingress, status } });
    }
  }

  async untilSynced(timeoutMs = 120_000): Promise<void> {
    const isSynced = async () => {
      if (this.agent.hasEnded) return true;
      await this.#giveAddresses();
      const states = await this.states();
      return this.apps.every((app) => states[app] === "Synced");
    };
    try {
      await until(`every app of ${this.example} is Synced`, isSynced, timeoutMs);
    } catch (error) {
      const said = JSON.stringify(await this.states().catch(String));
      throw new Error(`${error}: ${said}\nthe agent's log ends:\n${this.agent.logTail()}`);
    }
    if (this.agent.hasEnded) throw new Error(`the agent has ended:\n${this.agent.logTail()}`);
  }
}

/** The built image, and clusters to run it for. */
export class Scene {
  readonly store: ImageStore;
  readonly image: ImageConfig;
  readonly root: string;
  readonly plane: ControlPlane;
  readonly places: Place[] = [];

  private constructor(given: Pick<Scene, "store" | "image" | "root" | "plane">) {
    this.store = given.store;
    this.image = given.image;
    this.root = given.root;
    this.plane = given.plane;
  }

  static async open(clusters: number): Promise<Scene> {
    const store = await ImageStore.open();
    try {
      await buildImage(store, "c0ffee");
      const image = await store.config(imageName);
      const imageRoot = await store.root(imageName);
      const plane = await startControlPlane({ clusters });
      return new Scene({ store, image, root: imageRoot, plane });
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  async place(example: string, name: string): Promise<Place> {
    const cluster = this.plane.clusters[this.places.length];
    if (cluster === undefined) throw new Error("there are not so many clusters");
    const repository = await Repository.create(this.plane.folder);
    await repository.copy(join(root, "examples", example), ".");
    await repository.push(example);
    const first = await findPorts(2);
    const ports = [first, first + 1] as const;
    const place = new Place(this, { example, name, cluster, repository, ports });
    this.places.push(place);
    return place;
  }

  async close(): Promise<void> {
    const ended = this.places.flatMap((place) => [place.stopAgent(), place.repository.stop()]);
    await Promise.allSettled(ended);
    await this.plane.stop();
    await this.store.close();
  }
}
