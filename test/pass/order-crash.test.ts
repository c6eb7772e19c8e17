import { describe, expect, it } from "vitest";
import { configMap, deployment, sharedBench, until, within } from "./bench.ts";
import { dyingAt } from "./dying.ts";
import { hook, inWave, waits } from "./order-cases.ts";

/** Everything is ready, and every Job done, as soon as it is there. */
const bench = sharedBench();

const change = (text: string) => [
  hook("pre", "before"),
  inWave(-1, deployment("db", `db:${text}`)),
  configMap("c", { text }),
  inWave(1, configMap("late", { text })),
  hook("post", "after"),
  hook("failure", "never"),
];

/** Objects that the server made since then, each as often as it was. */
function madeSince(from: number, app: string): readonly string[] {
  const made = bench()
    .server.requests.slice(from)
    .filter(({ method, path, code }) => {
      return method === "PATCH" && code === 201 && path.includes(`/namespaces/${app}/`);
    });
  return made
    .filter(({ path }) => !path.includes("dryRun"))
    .map(({ path }) => path.replace(/\?.*/, "").split("/").at(-1) ?? "");
}

async function settle(app: string): Promise<void> {
  await until(async () => {
    bench().restart();
    const done = await bench().pass(app);
    const { commit } = (await bench().inventory(app)) ?? {};
    return Object.keys(waits(done)).length === 0 && commit === done.pass.attempted?.id;
  }, `${app} is applied`);
}

const cells = (["before", "after"] as const).flatMap((cut) =>
  [1, 2, 3, 4, 5, 6, 8].map((nth) => [cut, nth] as const),
);

describe("an ordered change, cut off at any write (P-17, O-18)", () => {
  it.each(cells)(
    "%s write %d: every hook is run once for a change, in its turn",
    async (cut, nth) => {
      const app = `cut-${cut}-${nth}`;
      for (const text of ["1", "2"]) {
        const from = bench().mark;
        bench().declare(app, { objects: change(text) });
        for (let tries = 0; tries < 6; tries += 1) {
          const { wrapped } = dyingAt(nth, cut, bench().world.cluster.client);
          await bench()
            .pass(app, { client: wrapped })
            .catch(() => undefined);
          bench().restart();
        }
        await settle(app);
        const made = madeSince(from, app);
        expect(made.filter((name) => name === "before" || name === "after")).toEqual([
          "before",
          "after",
        ]);
        if (text === "1") expect(made).toEqual(["before", "db", "c", "late", "after"]);
        expect(await bench().get(within(app, hook("failure", "never")))).toBeUndefined();
      }
    },
  );
});
