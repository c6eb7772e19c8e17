import type { KubeObject } from "../../agent/model/object.ts";
import type { Acceptance, AcceptedCommit, UnitCase } from "./oracle/model.ts";

type Declared = readonly KubeObject[] | "broken";

/** Git's side of a run, as the case that makes the commits tells it to the oracle. */
export class Told {
  readonly commits: AcceptedCommit[] = [];
  readonly acceptances: Acceptance[] = [];
  readonly #declared = new Map<string, Declared>();
  readonly #units = new Map<string, Map<string, Declared>>();

  /** What the next commits declare of an app; undefined: not the app at all. */
  declare(app: string, objects: Declared | undefined): void {
    if (objects === undefined) this.#declared.delete(app);
    else this.#declared.set(app, objects);
  }

  /** `from`: a mark of the revision log, taken before the push. */
  committed(id: string, from: number): void {
    this.commits.push({ id, from });
    for (const [app, objects] of this.#declared) {
      const unit = this.#units.get(app) ?? new Map<string, Declared>();
      this.#units.set(app, unit.set(id, objects));
    }
  }

  accepted(app: string, commit: string, max = Number.POSITIVE_INFINITY): void {
    this.acceptances.push({ app, commit, max });
  }

  units(): readonly UnitCase[] {
    return [...this.#units].map(([app, declared]) => ({
      app,
      declared,
      onRemove: "hold" as const,
      expectHeld: false,
    }));
  }
}
