import {
  TypeError as CelTypeError,
  Environment,
  EvaluationError,
  ParseError,
} from "@marcbachmann/cel-js";
import type { Health, HealthStatus } from "../model/health.ts";
import { groupOf, type KubeObject, kindId } from "../model/object.ts";
import type { Parsed, Problem } from "../model/problem.ts";
import type { HealthRule } from "../model/unit.ts";
import { celValue, isAffordable, partsOf, type Shape, shapeOf } from "./cel-bounds.ts";
import { progressing, unknown } from "./read.ts";

/** Compiled `health.rules` of one app. */
export interface HealthRules {
  /** Undefined when no rule names the object's kind. */
  assess(object: KubeObject): Health | undefined;
}

/** The order in which the first true one wins (semantics §5.3). */
const order = [
  ["progressing", "Progressing"],
  ["degraded", "Degraded"],
  ["suspended", "Suspended"],
  ["healthy", "Healthy"],
] as const;

interface Expression {
  readonly status: HealthStatus;
  readonly text: string;
  readonly loopDepth: number;
  readonly run: (context: Readonly<Record<string, unknown>>) => unknown;
}

interface CompiledRule {
  readonly kind: string;
  readonly expressions: readonly Expression[];
}

const maxLength = 2000;
const limits = {
  maxAstNodes: 300,
  maxDepth: 24,
  maxListElements: 64,
  maxMapEntries: 64,
  maxCallArguments: 8,
} as const;

/** Parses and type-checks every expression; all problems at once (semantics §5.3, NEG-16). */
export function compileHealthRules(rules: readonly HealthRule[]): Parsed<HealthRules> {
  const environment = newEnvironment();
  const problems: Problem[] = [];
  const compiled = rules.map((rule, index): CompiledRule => {
    const expressions = order.flatMap(([key, status]) => {
      const text = rule[key];
      if (text === undefined) return [];
      const found = compile(environment, { text, status });
      if (typeof found !== "string") return [found];
      problems.push(problemAt(`spec.health.rules[${index}].${key}`, found));
      return [];
    });
    return { kind: rule.kind, expressions };
  });
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, value: { assess: (object) => assess(compiled, object) } };
}

function problemAt(field: string, message: string): Problem {
  return { reason: "ConfigInvalid", field, message };
}

function newEnvironment(): Environment {
  const environment = new Environment({
    enableOptionalTypes: true,
    homogeneousAggregateLiterals: false,
    limits,
  });
  for (const name of ["metadata", "spec", "status", "self"]) {
    environment.registerVariable(name, "map");
  }
  return environment;
}

/** The expression, or what is wrong with it. */
function compile(
  environment: Environment,
  { text, status }: Pick<Expression, "text" | "status">,
): Expression | string {
  if (text.length > maxLength) return `longer than ${maxLength} characters`;
  try {
    const run = environment.parse(text);
    const { valid, type, error } = run.check();
    if (!valid) return firstLine(error?.message ?? "does not fit its types");
    if (type !== "bool" && type !== "dyn") return `is a ${type}, not a bool`;
    const shape = shapeOf(run.ast);
    return flawOf(shape) ?? { status, text, loopDepth: shape.loopDepth, run };
  } catch (error) {
    if (isCelError(error)) return firstLine(error.message);
    throw error;
  }
}

function flawOf({ refused, loopDepth }: Shape): string | undefined {
  if (refused !== undefined) return `${refused}() is not allowed`;
  return loopDepth > 2 ? "loops inside loops inside loops are not allowed" : undefined;
}

function isCelError(error: unknown): error is Error {
  return (
    error instanceof ParseError || error instanceof EvaluationError || error instanceof CelTypeError
  );
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}

function assess(rules: readonly CompiledRule[], object: KubeObject): Health | undefined {
  const id = kindId({ group: groupOf(object.apiVersion), kind: object.kind });
  const own = rules.filter(({ kind }) => kind === id).flatMap(({ expressions }) => expressions);
  return own.length === 0 ? undefined : firstTrue(own, object);
}

function firstTrue(expressions: readonly Expression[], object: KubeObject): Health {
  const parts = partsOf(object);
  const self = celValue(object);
  const { metadata, spec = {}, status = {} } = object;
  const context = {
    self,
    metadata: celValue(metadata),
    spec: celValue(spec),
    status: celValue(status),
  };
  let waiting = "no health rule says yes yet";
  for (const expression of expressions) {
    if (!isAffordable(parts, expression.loopDepth)) return unknown("too large for its health rule");
    const answer = evaluate(expression, context);
    if (answer === true) return { status: expression.status, message: "" };
    if (answer === false) continue;
    if (answer.isMissing === false) return unknown(`health rule ${expression.text}: ${answer.why}`);
    waiting = `health rule ${expression.text}: ${answer.why}`;
  }
  return progressing(waiting);
}

interface NoAnswer {
  readonly isMissing: boolean;
  readonly why: string;
}

const absent: ReadonlySet<string> = new Set(["no_such_key", "index_out_of_bounds"]);

function evaluate(
  { run }: Expression,
  context: Parameters<Expression["run"]>[0],
): boolean | NoAnswer {
  try {
    const answer = run(context);
    if (typeof answer === "boolean") return answer;
    return { isMissing: false, why: "is neither true nor false" };
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    return { isMissing: absent.has(error.code), why: firstLine(error.message) };
  }
}
