import { defineConfig } from "vitest/config";
import { SkippedReporter } from "./test/skipped.ts";

const slow = ["test/contract/**", "test/e2e/**", "test/bench/**", "test/image/**"];

/** `npm test` is the project `unit`; what needs a real control plane has its own project and script. */
export default defineConfig({
  test: {
    reporters: ["default", new SkippedReporter()],
    projects: [
      {
        test: { name: "unit", include: ["test/**/*.test.ts"], exclude: slow, testTimeout: 20_000 },
      },
      {
        test: {
          name: "contract",
          include: ["test/contract/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 900_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "image",
          include: ["test/image/**/*.test.ts"],
          testTimeout: 600_000,
          hookTimeout: 900_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 600_000,
          hookTimeout: 900_000,
          // Mostly they wait: two at a time take half as long, and disturb each other less than a busy machine does.
          maxWorkers: 2,
        },
      },
    ],
  },
});
