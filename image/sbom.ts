import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { type GoBinary, type GoModule, readGoBinary } from "./go-modules.ts";

/** Of SPDX 2.3, as far as it is written here. */
export interface SpdxPackage {
  readonly SPDXID: string;
  /** Of a package of npm: its folder. */
  readonly packageFileName?: string;
  readonly name: string;
  readonly versionInfo: string;
  readonly downloadLocation: string;
  readonly filesAnalyzed: boolean;
  readonly checksums?: readonly {
    readonly algorithm: "SHA256";
    readonly checksumValue: string;
  }[];
  readonly externalRefs: readonly {
    readonly referenceCategory: "PACKAGE-MANAGER";
    readonly referenceType: "purl";
    readonly referenceLocator: string;
  }[];
}

interface Relationship {
  readonly spdxElementId: string;
  readonly relatedSpdxElement: string;
  readonly relationshipType: string;
}

export interface Spdx {
  readonly SPDXID: string;
  readonly packages: readonly SpdxPackage[];
  readonly relationships: readonly Relationship[];
}

/** npm lists the lock file; with `--omit=dev` it forgets what development needs, too. What lies on disk is what the image has. */
export function installedOnly(npm: Spdx, isThere: (folder: string) => boolean): Spdx {
  const packages = npm.packages.filter(({ packageFileName = "" }) => isThere(packageFileName));
  const known = new Set([npm.SPDXID, ...packages.map(({ SPDXID }) => SPDXID)]);
  const relationships = npm.relationships.filter(
    ({ spdxElementId, relatedSpdxElement }) =>
      known.has(spdxElementId) && known.has(relatedSpdxElement),
  );
  return { ...npm, packages, relationships };
}

/** What npm says of the packages, and what else the image has: Node, and the renderers with the modules they are made of. */
export function withBinaries(
  npm: Spdx,
  binaries: readonly { readonly name: string; readonly content: Buffer }[],
  node: string,
): Spdx {
  const packages: SpdxPackage[] = [];
  const relationships: Relationship[] = [];
  const contains = (outer: string, inner: SpdxPackage) => {
    const isKnown = packages.some(({ SPDXID }) => SPDXID === inner.SPDXID);
    if (!isKnown) packages.push(inner);
    relationships.push({
      spdxElementId: outer,
      relatedSpdxElement: inner.SPDXID,
      relationshipType: "CONTAINS",
    });
  };
  for (const { name, content } of binaries) {
    const go = readGoBinary(content);
    const binary = binaryPackage({ name, content, version: versionOf(go, node) }, go);
    contains(npm.SPDXID, binary);
    for (const module of go?.modules ?? []) contains(binary.SPDXID, modulePackage(module));
  }
  return {
    ...npm,
    packages: [...npm.packages, ...packages],
    relationships: [...npm.relationships, ...relationships],
  };
}

/** A tool is as old as the module that its main package is in. */
function versionOf(go: GoBinary | undefined, node: string): string {
  if (go === undefined) return node;
  const own = go.modules
    .filter(({ path }) => go.main === path || go.main.startsWith(`${path}/`))
    .toSorted((a, b) => b.path.length - a.path.length)[0];
  return own?.version ?? "unknown";
}

interface Binary {
  readonly name: string;
  readonly content: Buffer;
  readonly version: string;
}

function binaryPackage({ name, content, version }: Binary, go: GoBinary | undefined): SpdxPackage {
  const bare = version.replace(/^v/, "");
  return {
    SPDXID: `SPDXRef-Binary-${name}`,
    name,
    versionInfo: version,
    downloadLocation: "NOASSERTION",
    filesAnalyzed: false,
    checksums: [
      {
        algorithm: "SHA256",
        checksumValue: createHash("sha256").update(content).digest("hex"),
      },
    ],
    externalRefs: [
      purl(go === undefined ? `pkg:generic/${name}@${bare}` : golang(go.main, version)),
    ],
  };
}

function modulePackage({ path, version }: GoModule): SpdxPackage {
  return {
    SPDXID: `SPDXRef-Go-${`${path}-${version}`.replace(/[^A-Za-z0-9.-]/g, "-")}`,
    name: path,
    versionInfo: version,
    downloadLocation: "NOASSERTION",
    filesAnalyzed: false,
    externalRefs: [purl(golang(path, version))],
  };
}

function golang(path: string, version: string): string {
  return `pkg:golang/${path}@${encodeURIComponent(version)}`;
}

function purl(referenceLocator: string): SpdxPackage["externalRefs"][number] {
  return { referenceCategory: "PACKAGE-MANAGER", referenceType: "purl", referenceLocator };
}

/** `node image/sbom.ts SBOM BINARY…` in the build stage, whose Node is the image's: npm's list of the lock file becomes the image's. */
if (import.meta.main) {
  const [file = "", ...paths] = process.argv.slice(2);
  const npm: Spdx = JSON.parse(readFileSync(file, "utf8"));
  const binaries = paths.map((path) => ({ name: basename(path), content: readFileSync(path) }));
  const installed = installedOnly(npm, (folder) => existsSync(join(dirname(file), folder)));
  const whole = withBinaries(installed, binaries, process.version);
  writeFileSync(file, `${JSON.stringify(whole, undefined, 2)}\n`);
}
