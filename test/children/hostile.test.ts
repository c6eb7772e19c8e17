import { readdir } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { createHelm } from "../../agent/children/helm.ts";
import { createKustomize } from "../../agent/children/kustomize.ts";
import { unitOf } from "../render/unit-of.ts";
import { realTool } from "./binaries.ts";
import { settingsFor } from "./fakes.ts";

const helmPath = realTool("helm");
const kustomizePath = realTool("kustomize");
const why = "needs helm and kustomize: HOLDFAST_TEST_BIN, the control plane's cache, or PATH";
const signal = new AbortController().signal;
const encoder = new TextEncoder();
const own = "apiVersion: v2\nname: own\nversion: 1.0.0\n";
const template = "apps/shop/templates/a.yaml";

/** Tight limits, so that what goes wrong does so soon. */
const tight = { timeMs: 10_000, memoryBytes: 256 * 1024 * 1024 };

async function charted(files: Readonly<Record<string, string | Uint8Array>>) {
  const settings = await settingsFor(helmPath, tight);
  const chart = Object.entries({ "apps/shop/Chart.yaml": own, ...files }).map(
    ([path, text]) => [path, typeof text === "string" ? encoder.encode(text) : text] as const,
  );
  const job = { unit: unitOf(), files: new Map(chart), capabilities: { apiVersions: [] } };
  const rendered = await createHelm(settings).render(job, signal);
  return { rendered, left: await readdir(settings.parent) };
}

/** One file in a tar archive, zeros without end. */
function bomb(mebibytes: number): Uint8Array {
  const size = mebibytes * 1024 * 1024;
  const header = Buffer.alloc(512);
  header.write("db/templates/zero.yaml");
  header.write("0000644\0", 100);
  header.write(`${size.toString(8).padStart(11, "0")}\0`, 124);
  header.write("00000000000\0", 136);
  header.write("        ", 148);
  header.write("0", 156);
  header.write("ustar\0", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return gzipSync(Buffer.concat([header, Buffer.alloc(size + 1024)]));
}

describe.runIf(helmPath !== undefined)(`a chart can end only its child (NEG-13; ${why})`, () => {
  it.each([
    ["has no metadata", { "apps/shop/Chart.yaml": "null" }],
    ["is no YAML", { "apps/shop/Chart.yaml": "\t{" }],
    [
      "includes itself",
      { [template]: '{{ define "a" }}{{ include "a" . }}{{ end }}{{ include "a" . }}' },
    ],
    ["prints a gigabyte", { [template]: 'a: {{ repeat 1000000000 "a" }}' }],
    [
      "prints and prints",
      { [template]: "{{ range until 30000000 }}a: aaaaaaaaaaaaaaaaaaaa\n{{ end }}" },
    ],
    [
      "has a schema that goes in circles",
      {
        "apps/shop/values.schema.json":
          '{"$defs":{"a":{"allOf":[{"$ref":"#/$defs/a"}]}},"$ref":"#/$defs/a"}',
      },
    ],
    ["holds an archive that unpacks to 300 MiB", { "apps/shop/charts/db-1.0.0.tgz": bomb(300) }],
    ["holds an archive that is none", { "apps/shop/charts/db-1.0.0.tgz": "no archive" }],
    ["reads the environment", { [template]: 'a: {{ env "HOME" }}{{ expandenv "$HOME" }}' }],
    ["reads a file of the machine", { [template]: 'a: {{ readFile "/etc/hostname" }}' }],
  ])("that %s", async (_what, files) => {
    const { rendered, left } = await charted(files as Record<string, string | Uint8Array>);
    expect(rendered).toMatchObject({
      ok: false,
      problems: [{ reason: expect.stringMatching(/^Render(Failed|Limit)$/) }],
    });
    expect(JSON.stringify(rendered).length).toBeLessThan(4000);
    expect(left).toEqual([]);
  });
});

describe.runIf(kustomizePath !== undefined)(`a kustomization gets no programs (${why})`, () => {
  const generator = (annotation: string) =>
    `apiVersion: example.com/v1\nkind: Any\nmetadata:\n  name: a\n  annotations:\n    config.kubernetes.io/function: |\n      ${annotation}\n`;

  it.each([
    ["that run here", generator("exec: { path: ./run.sh }")],
    ["that run in a container", generator("container: { image: example.com/a }")],
    [
      "that are helm",
      "apiVersion: builtin\nkind: HelmChartInflationGenerator\nmetadata: { name: a }\nname: a\nrepo: https://charts.example.com\n",
    ],
  ])("%s", async (_what, text) => {
    const settings = await settingsFor(kustomizePath, tight);
    const files = new Map([
      ["apps/shop/kustomization.yaml", encoder.encode("generators: [g.yaml]\n")],
      ["apps/shop/g.yaml", encoder.encode(text)],
      ["apps/shop/run.sh", encoder.encode("#!/bin/sh\ntouch ran\n")],
    ]);
    const job = { unit: unitOf(), files, capabilities: { apiVersions: [] } };
    const rendered = await createKustomize(settings).render(job, signal);
    expect(rendered).toMatchObject({ ok: false, problems: [{ reason: "RenderFailed" }] });
  });
});
