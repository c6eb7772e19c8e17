import { expect, it } from "vitest";
import { configMap, obj, sharedBench } from "./bench.ts";

/** A server that warns of every ConfigMap and Secret. */
const bench = sharedBench({
  admit: ({ object, kind, namespace }) =>
    object !== undefined && namespace !== "holdfast-system" && /^(ConfigMap|Secret)$/.test(kind)
      ? { warning: `${kind}s like that are deprecated` }
      : undefined,
});

const told = () =>
  bench().events.flatMap((event) => (event.type === "warning" ? [event.message] : []));

it("A-4: what the server warns of is told once for each kind and render, of a Secret not at all", async () => {
  const app = "warned";
  const secret = obj("Secret", "s", { data: {} });
  await bench().sync(app, [configMap("a"), configMap("b"), secret]);
  const first = "ConfigMap warned/a: ConfigMaps like that are deprecated";
  expect(told()).toEqual([first]);
  expect(bench().events).toContainEqual(
    expect.objectContaining({ type: "warning", app, reason: "Deprecated" }),
  );
  await bench().pass(app, { bypassProofs: true });
  expect(told()).toEqual([first]);
  await bench().sync(app, [configMap("a", { a: "2" }), configMap("b"), secret]);
  expect(told()).toEqual([first, first]);
});
