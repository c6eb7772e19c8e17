import { describe, expect, it } from "vitest";
import { changed } from "./fleet-texts.ts";
import { runWith } from "./host.ts";

const hook = (phase: string) =>
  `apiVersion: batch/v1\nkind: Job\nmetadata: { name: ${phase}, annotations: { holdfast.dev/hook: ${phase} } }\nspec: { template: { spec: { restartPolicy: Never, containers: [{ name: a, image: a }] } } }\n`;
const configMap = (name: string, wave: string, text: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}, annotations: { holdfast.dev/wave: "${wave}" } }\ndata: { text: ${text} }\n`;

function fleet(text = "one") {
  return changed({
    "apps/shop/all.yaml": [
      hook("post"),
      hook("failure"),
      configMap("late", "2", text),
      configMap("early", "-1", "fix"),
      hook("pre"),
    ].join("---\n"),
  });
}

const names = (text: string) => [...text.matchAll(/name: (\w+)\n/g)].map((match) => match[1]);

describe("the order of a change (O-10)", () => {
  it("render prints everything as it goes out, hooks in their place", async () => {
    const { code, stdout } = await runWith({ files: fleet() }, "render", "--cluster", "dev");
    expect(code).toBe(0);
    const known = ["pre", "early", "late", "post", "failure"];
    expect(names(stdout).filter((name) => known.includes(name ?? ""))).toEqual(known);
  });

  it("diff says which hooks run for a change, and which wave an object is in (O-18)", async () => {
    const host = { files: fleet("two"), commits: { main: fleet() } };
    const { stdout } = await runWith(host, "diff", "--rev", "main..", "--env", "dev");
    const lines = stdout.split("\n").map((line) => line.replaceAll(/ +/g, " "));
    expect(lines).toContainEqual(expect.stringMatching(/^~ ConfigMap shop\/late wave 2/));
    const runs = lines.filter((line) => line.startsWith("»")).map((line) => line.split(" ")[2]);
    expect(runs).toEqual(["shop/pre", "shop/post", "shop/failure"]);
    expect(stdout).toContain("pre hook");
  });

  it("validate warns of a dependency that its cluster does not run (O-31), and is valid", async () => {
    const app = (name: string, on: string) =>
      `apiVersion: holdfast.dev/v1alpha1\nkind: App\nmetadata: { name: ${name} }\nspec: { namespace: ${name}, clusters: {}, dependsOn: [${on}] }\n`;
    const files = {
      ...fleet(),
      "apps/web/app.yaml": app("web", "shop, shp"),
      "apps/web/c.yaml": configMap("c", "0", "x"),
    };
    const { code, stderr } = await runWith({ files }, "validate");
    expect(code).toBe(0);
    expect(stderr.match(/warning:/g)).toHaveLength(1);
    expect(stderr).toContain("web waits for app shp, which is not deployed on its cluster");
    expect(stderr).toContain("did you mean: shop");
  });

  it("diff of nothing runs nothing", async () => {
    const host = { files: fleet(), commits: { main: fleet() } };
    const { code, stdout } = await runWith(host, "diff", "--rev", "main..");
    expect([code, stdout]).toEqual([0, "no difference\n"]);
  });
});
