import type { DriftedObject } from "../output/drift-report.ts";
import type { Report } from "../output/error.ts";
import type { NewBranch, RepositoryView } from "./context.ts";

/** What is to be adopted, and into what. */
export interface AdoptPlace {
  /** What the commit is made of. */
  readonly view: RepositoryView;
  readonly app: string;
  readonly objects: readonly DriftedObject[];
}

/** What Git would have to say for nothing to differ any more. */
export interface Adoption {
  readonly files: NewBranch["files"];
  /** One line for each value or rule. */
  readonly lines: readonly string[];
  /** What cannot be adopted so, and what to do instead. */
  readonly left: readonly Report[];
}
