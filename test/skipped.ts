import type { TestCase, TestModule } from "vitest/node";

/** Says at the end what was skipped, by the name that tells why: a run that skips is not a run that passed it all. */
export class SkippedReporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = new Map<string, number>();
    for (const module of modules) {
      for (const test of module.children.allTests("skipped")) {
        const name = `${module.relativeModuleId}: ${suiteOf(test)}`;
        counts.set(name, (counts.get(name) ?? 0) + 1);
      }
    }
    for (const [name, count] of counts) console.log(`skipped (${count}): ${name}`);
  }
}

/** The outermost suite carries the reason; a test on its own is its own name. */
function suiteOf(test: TestCase): string {
  const [outermost] = test.fullName.split(" > ");
  return outermost ?? test.name;
}
