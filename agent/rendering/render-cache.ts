import type { Hasher } from "../model/digest.ts";
import { canonicalJson } from "../model/json.ts";
import { rendererOf } from "../render/files.ts";
import { inputDigest } from "../render/input-digest.ts";
import type { Scope } from "../render/normalize.ts";
import type { Capabilities } from "../render/tool.ts";
import type { Manifests, RenderJob } from "./manifests.ts";

/** The last good render of every unit: what was rendered once is not rendered again (performance rule 1). */
export interface RenderCache {
  /** Everything the render is a function of, as a digest. */
  keyOf(job: RenderJob, toolVersion: string): string;
  find(job: RenderJob, key: string): Manifests | undefined;
  put(key: string, manifests: Manifests): void;
}

/** Beyond this the units that were asked for longest ago are forgotten; they would be rendered again, no more. */
const most = 2000;

export function createRenderCache(hasher: Hasher): RenderCache {
  const known = new Map<string, { readonly key: string; readonly manifests: Manifests }>();
  const digests = new WeakMap<ReadonlyMap<string, Scope>, string>();

  function scopesDigest(scopes: ReadonlyMap<string, Scope>): string {
    const found = digests.get(scopes) ?? hasher.sha256(canonicalJson([...scopes].sort()));
    digests.set(scopes, found);
    return found;
  }

  return {
    keyOf(job, toolVersion) {
      const { unit, tree, scopes, installation, agentNamespace } = job;
      const asked: Capabilities | undefined =
        rendererOf(unit, tree) === "helm" ? job.capabilities : undefined;
      const parts = { toolVersion, installation, agentNamespace, capabilities: asked };
      const digest = inputDigest(unit, tree, hasher);
      return hasher.sha256(canonicalJson({ ...parts, digest, scopes: scopesDigest(scopes) }));
    },
    find({ unit, commit, ignored }, key) {
      const found = known.get(unit.app);
      if (found?.key !== key) return undefined;
      return { ...found.manifests, unit, commit, ignored, isCached: true };
    },
    put(key, manifests) {
      const { app } = manifests.unit;
      known.delete(app);
      known.set(app, { key, manifests });
      const [oldest] = known.keys();
      if (known.size > most && oldest !== undefined) known.delete(oldest);
    },
  };
}
