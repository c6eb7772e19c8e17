import { resolve } from "node:path";
import { isJsonObject, type JsonObject } from "../../agent/model/json.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import { parseYaml } from "../../agent/render/yaml.ts";
import { problemReport } from "../output/error.ts";
import type { ChartWish, CommandContext } from "./context.ts";
import { listFlag, textFlag, usage } from "./globals.ts";
import type { InstallSource } from "./install-source.ts";
import { CliError } from "./result.ts";

export interface ChartAsk {
  readonly cluster: string;
  readonly source: Pick<InstallSource, "url" | "ref">;
  readonly flags: Readonly<Record<string, unknown>>;
  readonly known: ChartWish["cluster"];
}

/** The chart's objects in the order in which they are applied: namespaces first, then definitions, then helm's order. */
export async function renderInstallation(
  context: CommandContext,
  { cluster, source, flags, known }: ChartAsk,
): Promise<readonly KubeObject[]> {
  const { options, ports, cwd, signal } = context;
  const { namespace } = options;
  const files = listFlag(flags, "values").map((file) => resolve(cwd, file));
  const image = textFlag(flags, "image");
  const values = {
    cluster: { name: cluster },
    source: { ...defined("url", source.url), ...defined("ref", source.ref) },
    ...(image === undefined ? {} : { image: imageValues(image) }),
  };
  const wish = { namespace, files, values, sets: listFlag(flags, "set"), cluster: known };
  const rendered = await ports.renderChart(wish, signal);
  if (!rendered.ok) throw new CliError(refusal(rendered));
  return ordered(readObjects(rendered.text), namespace);
}

function defined(key: string, value: string | undefined): JsonObject {
  return value === undefined ? {} : { [key]: value };
}

/** `REGISTRY/NAME[:TAG][@DIGEST]`; a colon before the last slash is a port. */
function imageValues(image: string): JsonObject {
  const [name = "", digest] = image.split("@", 2);
  const [, repository = "", tag] = /^(.+?)(?::([\w][\w.-]{0,127}))?$/.exec(name) ?? [];
  if (repository === "" || /\s/.test(image)) {
    throw usage(`--image ${image} is no image`, "--image REGISTRY/holdfast:TAG");
  }
  return { repository, ...defined("tag", tag), ...defined("digest", digest) };
}

type Refused = Exclude<Awaited<ReturnType<CommandContext["ports"]["renderChart"]>>, { ok: true }>;

function refusal(refused: Refused) {
  switch (refused.why) {
    case "no helm":
      return {
        what: "there is no helm here, and the chart is rendered by it",
        next: "install helm 4 (https://helm.sh), or name it: HOLDFAST_HELM_PATH=/path/of/helm",
      };
    case "no chart":
      return {
        what: "the chart does not lie beside this command",
        next: "run it from a clone of the project, or use helm with charts/holdfast",
      };
    case "refused":
      return { what: "the chart cannot be rendered", ...explained(refused.said) };
  }
}

/** Helm wraps the chart's own words in places of its own. */
function explained(said: string): { readonly why: string; readonly next: string } {
  const own = /error calling fail: (.*)$/m.exec(said)?.[1] ?? /\): ([a-z][^\n]*)$/m.exec(said)?.[1];
  if (own?.startsWith("image.repository") === true) {
    return { why: own, next: "name the image: --image REGISTRY/holdfast:TAG" };
  }
  return { why: own ?? said, next: "change it: --values FILE, --set KEY=VALUE" };
}

function readObjects(text: string): readonly KubeObject[] {
  const parsed = parseYaml(text, { file: "charts/holdfast" });
  if (!parsed.ok) {
    throw new CliError(
      parsed.problems.map((problem) => problemReport(problem, "the chart cannot be read")),
    );
  }
  return parsed.value.flatMap(({ value }) => objectOf(value) ?? []);
}

function objectOf(value: unknown): KubeObject | undefined {
  if (!isJsonObject(value)) return undefined;
  const { apiVersion, kind, metadata } = value;
  if (typeof apiVersion !== "string" || typeof kind !== "string") return undefined;
  if (!isJsonObject(metadata) || typeof metadata.name !== "string") return undefined;
  return { ...value, apiVersion, kind, metadata: { ...metadata, name: metadata.name } };
}

function ordered(objects: readonly KubeObject[], namespace: string): readonly KubeObject[] {
  const first = (kind: string) => objects.filter((object) => object.kind === kind);
  const own: KubeObject = {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: {
      name: namespace,
      labels: { "pod-security.kubernetes.io/enforce": "restricted" },
    },
  };
  const namespaces = first("Namespace");
  const isThere = namespaces.some(({ metadata }) => metadata.name === namespace);
  const definitions = first("CustomResourceDefinition");
  const early = new Set([...namespaces, ...definitions]);
  return [
    ...(isThere ? [] : [own]),
    ...namespaces,
    ...definitions,
    ...objects.filter((object) => !early.has(object)),
  ];
}
