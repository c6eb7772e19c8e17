import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readGoBinary } from "../image/go-modules.ts";
import { installedOnly, type Spdx, withBinaries } from "../image/sbom.ts";
import { findTool } from "./helm.ts";

/** A binary as Go writes it: something, the header, version and modules with their lengths, something else. */
function goBinary(go: string, lines: readonly string[]): Buffer {
  const sentinel = "s".repeat(16);
  const text = (value: string) => {
    const length: number[] = [];
    let rest = value.length;
    for (; rest >= 128; rest = Math.floor(rest / 128)) length.push((rest % 128) + 128);
    return Buffer.concat([Buffer.from([...length, rest]), Buffer.from(value, "latin1")]);
  };
  const header = Buffer.alloc(32);
  header.write("\xff Go buildinf:", "latin1");
  header[15] = 2;
  const modules = sentinel + lines.map((line) => `${line}\n`).join("") + sentinel;
  return Buffer.concat([Buffer.from("ELF and more"), header, text(go), text(modules), header]);
}

const npm: Spdx = { SPDXID: "SPDXRef-DOCUMENT", packages: [], relationships: [] };
const kustomize = goBinary("go1.26.1", [
  "path\tsigs.k8s.io/kustomize/kustomize/v5",
  "mod\tsigs.k8s.io/kustomize/kustomize/v5\tv5.8.2\th1:x",
  "dep\tgithub.com/old/one\tv1.0.0\th1:y",
  "=>\tgithub.com/new/one\tv1.0.1\th1:z",
  ...Array.from({ length: 40 }, (_, index) => `dep\texample.com/m${index}\tv0.${index}.0\th1:m`),
]);

describe("the list of what the image has", () => {
  it("names each binary with version and hash, and the modules in it", () => {
    const node = Buffer.from("no Go at all");
    const { packages, relationships } = withBinaries(
      npm,
      [
        { name: "node", content: node },
        { name: "kustomize", content: kustomize },
      ],
      "v24.1.2",
    );
    expect(packages.slice(0, 4)).toMatchObject([
      { name: "node", versionInfo: "v24.1.2" },
      { name: "kustomize", versionInfo: "v5.8.2", checksums: [{ algorithm: "SHA256" }] },
      { name: "sigs.k8s.io/kustomize/kustomize/v5", versionInfo: "v5.8.2" },
      { name: "github.com/new/one", versionInfo: "v1.0.1" },
    ]);
    expect(packages).toHaveLength(2 + 2 + 40);
    expect(relationships).toContainEqual({
      spdxElementId: "SPDXRef-Binary-kustomize",
      relatedSpdxElement: "SPDXRef-Go-github.com-new-one-v1.0.1",
      relationshipType: "CONTAINS",
    });
    const ids = packages.map(({ SPDXID }) => SPDXID);
    expect(ids.every((id) => /^SPDXRef-[A-Za-z0-9.-]+$/.test(id))).toBe(true);
  });

  it("has of npm's list what lies on disk", () => {
    const one = (name: string) => ({
      SPDXID: `SPDXRef-Package-${name}`,
      packageFileName: `node_modules/${name}`,
      name,
      versionInfo: "1.0.0",
      downloadLocation: "NOASSERTION",
      filesAnalyzed: false,
      externalRefs: [],
    });
    const relationshipType = "DEPENDENCY_OF";
    const needs = (spdxElementId: string, relatedSpdxElement: string) => {
      return { spdxElementId, relatedSpdxElement, relationshipType };
    };
    const all: Spdx = {
      SPDXID: "SPDXRef-DOCUMENT",
      packages: [one("here"), one("gone")],
      relationships: [
        needs("SPDXRef-Package-here", "SPDXRef-DOCUMENT"),
        needs("SPDXRef-Package-gone", "SPDXRef-Package-here"),
      ],
    };
    const { packages, relationships } = installedOnly(all, (folder) => folder.endsWith("/here"));
    expect(packages.map(({ name }) => name)).toEqual(["here"]);
    expect(relationships).toEqual([all.relationships[0]]);
  });

  it("lists a module of two tools once", () => {
    const both = ["a", "b"].map((name) => ({ name, content: kustomize }));
    const { packages, relationships } = withBinaries(npm, both, "v24.1.2");
    expect(packages).toHaveLength(2 + 42);
    expect(relationships).toHaveLength(2 + 2 * 42);
  });

  it("takes what is no Go binary for none", () => {
    expect(readGoBinary(Buffer.from("\xff Go buildinf:", "latin1"))).toBeUndefined();
    expect(readGoBinary(Buffer.alloc(100))).toBeUndefined();
  });
});

const helm = findTool("helm");
const why = "helm is neither in HOLDFAST_TEST_BIN, nor in PATH, nor built by test/e2e/build.ts";

describe.skipIf(helm === undefined)(`a real Go binary (skipped where ${why})`, () => {
  it("says what it is made of", () => {
    if (helm === undefined || !existsSync(helm)) throw new Error("there is no helm");
    const said = execFileSync(helm, ["version", "--template", "{{.GoVersion}}"], {
      encoding: "utf8",
    });
    const found = readGoBinary(readFileSync(helm));
    expect(found).toMatchObject({ go: said, main: "helm.sh/helm/v4/cmd/helm" });
    expect(found?.modules[0]?.path).toBe("helm.sh/helm/v4");
    expect(found?.modules.length).toBeGreaterThan(50);
  });
});
