import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { assessHealth } from "../../agent/health/assess.ts";
import type { KubeObject } from "../../agent/model/object.ts";

export interface HealthCase {
  readonly group: string;
  readonly kind: string;
  readonly case: string;
  readonly expected: string;
  readonly object: KubeObject;
}

export interface Mismatch {
  readonly name: string;
  readonly expected: string;
  readonly got: string;
  readonly message: string;
}

/** Plain or gzipped JSON; a list, or an object with `cases`. */
export function loadCases(bytes: Uint8Array): readonly HealthCase[] {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const text = new TextDecoder().decode(isGzip ? gunzipSync(bytes) : bytes);
  const data: readonly HealthCase[] | { readonly cases: readonly HealthCase[] } = JSON.parse(text);
  return "cases" in data ? data.cases : data;
}

export function caseName({ group, kind, case: name }: HealthCase): string {
  return `${group}/${kind}: ${name}`;
}

/** Compares our judgement with the expected one; a rule that throws is a mismatch too. */
export function judge(cases: readonly HealthCase[]): {
  readonly passed: number;
  readonly mismatches: readonly Mismatch[];
} {
  const mismatches = cases.flatMap((item) => {
    const { status, message } = assess(item.object);
    return status === item.expected
      ? []
      : [{ name: caseName(item), expected: item.expected, got: status, message }];
  });
  return { passed: cases.length - mismatches.length, mismatches };
}

/** Some cases leave out metadata, which no object of an API server does. */
function named(object: KubeObject): KubeObject {
  return { ...object, metadata: object.metadata ?? { name: "case" } };
}

function assess(object: KubeObject): { readonly status: string; readonly message: string } {
  try {
    return assessHealth(named(object));
  } catch (error) {
    return { status: "crashed", message: String(error) };
  }
}

/** Why a case is meant to differ, by its name. */
export function loadExceptions(): ReadonlyMap<string, string> {
  const file = new URL("exceptions.json", import.meta.url);
  const table: Readonly<Record<string, string>> = JSON.parse(readFileSync(file, "utf8"));
  return new Map(Object.entries(table));
}
