import { afterEach, describe, expect, it } from "vitest";
import { CliError } from "../../../cli/commands/result.ts";
import { createForge } from "../../../cli/forge/client.ts";
import type { Forge, ForgeKind } from "../../../cli/forge/forge.ts";
import {
  type Answer,
  type FakeForge,
  headCommit,
  mergeCommit,
  realistic,
  startForge,
} from "./fake.ts";

const signal = new AbortController().signal;
const kinds: readonly ForgeKind[] = ["github", "gitlab", "gitea"];
const pull = {
  title: "Roll back shop",
  body: "### What it does",
  head: "revert-shop",
  base: "main",
};

let fake: FakeForge | undefined;
afterEach(async () => {
  await fake?.close();
  fake = undefined;
});

interface Wish {
  readonly kind?: ForgeKind;
  readonly token?: string | undefined;
  readonly timeoutMs?: number;
}

async function forgeThatAnswers(answer: Answer | undefined, wish: Wish = {}): Promise<Forge> {
  fake = await startForge(() => answer);
  const { kind = "github", timeoutMs = 5000 } = wish;
  const token = "token" in wish ? wish.token : "s3cret";
  const place = { kind, api: fake.origin, web: fake.origin, project: "acme/fleet" };
  return createForge({ place, token, version: "1.2.3", timeoutMs });
}

async function reportsOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof CliError)) throw new Error(`no CliError: ${String(error)}`);
  return JSON.stringify(error.reports);
}

describe.each(kinds)("%s", (kind) => {
  const { open, read, authorization, body, opened, merged, exists } = realistic[kind];

  it("opens a pull request as its API wants it", async () => {
    const forge = await forgeThatAnswers({ status: 201, body: opened }, { kind });
    expect(await forge.open(pull, signal)).toMatchObject({ number: 412, state: "open" });
    const [heard] = fake?.heard ?? [];
    expect(heard).toMatchObject({ ...open, headers: authorization });
    expect(heard?.headers["user-agent"]).toBe("holdfast/1.2.3");
    expect(heard?.headers["content-type"]).toBe("application/json");
    expect(heard?.body).toEqual(body(pull.title, pull.body));
  });

  it("reads what became of one, and its commit only once it is merged", async () => {
    const forge = await forgeThatAnswers({ status: 200, body: { ...opened, ...merged } }, { kind });
    expect(await forge.pull(412, signal)).toMatchObject({
      number: 412,
      state: "merged",
      base: "main",
      mergeCommit,
    });
    expect(fake?.heard).toMatchObject([{ ...read, body: undefined }]);
    await fake?.close();
    const still = await forgeThatAnswers({ status: 200, body: opened }, { kind });
    expect(await still.pull(412, signal)).toMatchObject({ state: "open", mergeCommit: undefined });
  });

  it("says in the forge's own words that there is one already", async () => {
    const forge = await forgeThatAnswers(exists, { kind });
    const said = await reportsOf(forge.open(pull, signal));
    expect(said).toContain(exists.says);
    expect(said).toContain("takes no such pull request");
  });
});

describe("gitlab", () => {
  it("takes the last commit of the branch where a fast-forward left no merge commit", async () => {
    const body = { ...realistic.gitlab.opened, state: "merged" };
    const forge = await forgeThatAnswers({ status: 200, body }, { kind: "gitlab" });
    expect(await forge.pull(412, signal)).toMatchObject({ mergeCommit: headCommit });
  });
});

describe("a forge that does not do it", () => {
  it.each([
    [
      401,
      { message: "Bad credentials" },
      "does not accept the token",
      "Pull requests: read and write",
    ],
    [403, { message: "Resource not accessible" }, "does not let this token", "HTTP 403"],
    [404, { message: "Not Found" }, "shows nothing there of acme/fleet", "git remote get-url"],
    [429, {}, "asks to wait", "a minute"],
    [502, "<html>bad gateway</html>", "answers with an error", "HTTP 502"],
    [200, "<html>log in</html>", "gave no answer that can be used", "no JSON object"],
    [201, { number: "x" }, "gave no answer that can be used", "API of github"],
  ])("HTTP %i is told in four parts", async (status, body, ...parts) => {
    const forge = await forgeThatAnswers({ status, body });
    const said = await reportsOf(forge.open(pull, signal));
    for (const part of parts) expect(said).toContain(part);
    expect(said).toContain("/repos/acme/fleet/pulls");
  });

  it("does not follow a redirect: the token is for this host alone", async () => {
    const other = await startForge(() => ({ status: 200, body: realistic.github.opened }));
    const location = `${other.origin}/elsewhere`;
    const forge = await forgeThatAnswers({ status: 301, body: {}, headers: { location } });
    expect(await reportsOf(forge.open(pull, signal))).toContain(`points to ${location}`);
    expect(other.heard).toEqual([]);
    await other.close();
  });

  it("never repeats the token, whatever the forge says", async () => {
    const forge = await forgeThatAnswers({ status: 401, body: { message: "no s3cret here" } });
    const said = await reportsOf(forge.open(pull, signal));
    expect(said).toContain("no *** here");
    expect(said).not.toContain("s3cret");
  });

  it("gives up on one that never answers, and on one that is not there", async () => {
    const silent = await forgeThatAnswers(undefined, { timeoutMs: 300 });
    expect(await reportsOf(silent.pull(1, signal))).toContain("cannot be reached");
    const origin = fake?.origin ?? "";
    await fake?.close();
    fake = undefined;
    const place = { kind: "gitea", api: origin, web: origin, project: "a/b" } as const;
    const gone = createForge({ place, token: undefined, version: "1" });
    expect(await reportsOf(gone.pull(1, signal))).toContain("cannot be reached");
  });

  it("sends no token without TLS, but to this machine", () => {
    const place = {
      kind: "gitea",
      api: "http://git.acme.example/api/v1",
      web: "",
      project: "a/b",
    } as const;
    expect(() => createForge({ place, token: "s3cret", version: "1" })).toThrow(/without TLS/);
    expect(() => createForge({ place, token: undefined, version: "1" })).not.toThrow();
  });

  it("asks without a token for what everybody may see", async () => {
    const answer = { status: 200, body: realistic.github.opened };
    const forge = await forgeThatAnswers(answer, { token: undefined });
    await forge.pull(412, signal);
    expect(fake?.heard[0]?.headers.authorization).toBeUndefined();
  });
});
