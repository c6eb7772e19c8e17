import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isJsonObject } from "../../../agent/model/json.ts";
import { createManualClock } from "../../doubles/ports.ts";
import { id } from "../app-objects.ts";
import { fleetTexts, replaced } from "../fleet-texts.ts";
import { type Answer, type FakeForge, realistic, startForge } from "../forge/fake.ts";
import { type Given, runWith } from "../host.ts";

const [good, bad] = [id("a91b044"), id("3f1c2d9")];
const broken = replaced("apps/shop/all.yaml", "currency: EUR", "currency: USD");
const back = ["rollback", "shop", "--to", good];

let fake: FakeForge;
let answer: Answer;
let given: Given;

beforeEach(async () => {
  answer = { status: 201, body: realistic.gitea.opened };
  fake = await startForge(() => answer);
  given = {
    files: broken,
    commits: { [good]: fleetTexts, [bad]: broken },
    head: bad,
    place: `${fake.origin}/acme/fleet.git`,
    userConfig: `forges: { "${new URL(fake.origin).host}": { kind: gitea } }`,
    forgeToken: "s3cret",
  };
});
afterEach(() => fake.close());

describe("--pr", () => {
  it("pushes the branch, then opens the pull request with the preview in it", async () => {
    const { code, pushed, stdout, stderr } = await runWith(given, ...back, "--pr", "--yes");
    expect([code, pushed.length]).toEqual([0, 1]);
    expect(stdout).toContain("Branch revert-shop-3f1c2d9 (1111111) is pushed.\n");
    expect(stdout).toContain("Pull request #412  https://forge.example/acme/fleet/pulls/412\n");
    expect(stderr).toContain("holdfast wait");
    const [heard] = fake.heard;
    expect(heard).toMatchObject({
      method: "POST",
      path: "/api/v1/repos/acme/fleet/pulls",
      headers: { authorization: "token s3cret" },
      body: { head: "revert-shop-3f1c2d9", base: "main" },
    });
    if (!isJsonObject(heard?.body)) throw new Error("no body");
    const { title, body } = heard.body;
    expect(title).toBe('Roll back shop to a91b044 "a91b044000000000000000000000000000000000"');
    expect(body).toContain(`This reverts commit ${bad}.`);
    expect(body).toContain("  - USD\n  + EUR\n");
    expect(body).not.toContain("Nothing has been changed yet");
  });

  it("asks into the branch that fleet.yaml follows, and says it all with -o json", async () => {
    const fleet = `${fleetTexts["fleet.yaml"]}`.replace("spec: {", "spec: { branch: release,");
    const files = { ...broken, "fleet.yaml": fleet };
    const one = { ...given, files, commits: { [good]: fleetTexts, [bad]: files } };
    const { stdout } = await runWith(one, ...back, "--pr", "--yes", "-o", "json");
    expect(fake.heard).toMatchObject([{ body: { base: "release" } }]);
    expect(JSON.parse(stdout)).toMatchObject({
      kind: "RollbackPlan",
      branch: { name: "revert-shop-3f1c2d9", isPushed: true },
      pullRequest: { number: 412, url: "https://forge.example/acme/fleet/pulls/412" },
    });
  });

  it("warns where the branch would bring commits of another one along", async () => {
    const early = id("0000001");
    const one = { ...given, commits: { [early]: fleetTexts, [good]: fleetTexts, [bad]: broken } };
    const merged = { ...one, alias: { "origin/main": bad } };
    expect((await runWith(merged, ...back, "--pr", "--dry-run")).stdout).not.toContain("NOTE");
    const ahead = { ...one, alias: { "origin/main": early } };
    const asked = await runWith({ ...ahead, isTty: true, answer: false }, ...back, "--pr");
    expect(asked.stderr).toContain("3f1c2d9, which is checked out, is not on origin/main");
    expect([asked.code, asked.pushed, fake.heard]).toEqual([1, [], []]);
  });

  it.each([
    [{ forgeToken: undefined }, "there is no token to open a pull request"],
    [{ userConfig: undefined }, "there is no knowing which forge has this repository"],
    [{ place: "/srv/fleet" }, "git remote set-url origin URL"],
    [{ userConfig: "forges: { x: { kind: bitbucket } }" }, "forges.x.kind must be one of github"],
  ])("does nothing at all where it could not be opened (%#)", async (more, says) => {
    const { code, pushed, stderr } = await runWith({ ...given, ...more }, ...back, "--pr", "--yes");
    expect([code, pushed, fake.heard]).toEqual([2, [], []]);
    expect(stderr).toContain(says);
  });

  it("takes the token from a file", async () => {
    const one = { ...given, forgeToken: undefined };
    const { code } = await runWith(one, ...back, "--pr", "--yes", "--token-file", "/t");
    expect(code).toBe(0);
    expect(fake.heard[0]?.headers.authorization).toBe("token token of /t");
  });

  it("says where to open it by hand when the forge refuses", async () => {
    answer = realistic.gitea.exists;
    const { code, pushed, stderr } = await runWith(given, ...back, "--pr", "--yes");
    expect([code, pushed.length]).toEqual([2, 1]);
    expect(stderr).toContain("already exists for these targets");
    expect(stderr).toContain("branch revert-shop-3f1c2d9 is pushed, and has no pull request");
    expect(stderr).toContain(`${fake.origin}/acme/fleet/compare/main...revert-shop-3f1c2d9`);
  });
});

describe("the one question", () => {
  const typed = (...lines: readonly string[]) =>
    runWith({ ...given, isTty: true, answer: lines }, ...back);

  it("offers every way, shows the diff on d, and asks again on anything else", async () => {
    const { code, questions, stderr, pushed } = await typed("d", "x", "q");
    expect([code, pushed, fake.heard]).toEqual([1, [], []]);
    expect(questions).toHaveLength(3);
    expect(questions[0]).toContain("[p] pull request   [b] push branch revert-shop-3f1c2d9");
    expect(stderr).toContain("Rolling back means reverting in Git. Nothing has been changed yet.");
    expect(stderr).toContain("+++ b/apps/shop/all.yaml");
  });

  it("opens a pull request on p, pushes a branch on b, writes a file on f", async () => {
    expect((await typed("p")).pushed).toHaveLength(1);
    expect(fake.heard).toHaveLength(1);
    const branch = await typed("b");
    expect([branch.code, branch.pushed.length, fake.heard.length]).toEqual([0, 1, 1]);
    const file = await typed("f");
    expect([file.code, [...file.written.keys()]]).toEqual([
      0,
      ["/fleet/revert-shop-3f1c2d9.patch"],
    ]);
  });

  it("says why there can be no pull request, and asks again", async () => {
    const one = { ...given, isTty: true, forgeToken: undefined, answer: ["p", "b"] };
    const { code, stderr, pushed } = await runWith(one, ...back);
    expect([code, pushed.length, fake.heard]).toEqual([0, 1, []]);
    expect(stderr).toContain("there is no token to open a pull request");
  });

  it("does not count the time that somebody reads", async () => {
    const clock = createManualClock();
    const whileAsked = () => clock.advance(3_600_000);
    const slow = { ...given, isTty: true, answer: ["b"], clock, whileAsked };
    expect(await runWith(slow, ...back)).toMatchObject({ code: 0, pushed: [{}] });
  });

  it("quits where the input has ended", async () => {
    expect(await typed()).toMatchObject({ code: 1, pushed: [], stdout: "Nothing was written.\n" });
  });

  it("is not put to nobody: then a flag says where the change goes", async () => {
    const nobody = await runWith(given, ...back);
    expect([nobody.code, nobody.stdout]).toEqual([2, ""]);
    expect(nobody.stderr).toContain("--pr, --push or --patch FILE (- is stdout); --dry-run shows");
    const dry = await runWith(given, ...back, "--dry-run");
    expect(dry).toMatchObject({ code: 0, pushed: [] });
    expect(dry.stdout).toContain("Nothing was written (--dry-run).");
    const two = await runWith(given, ...back, "--pr", "--push");
    expect([two.code, two.stderr]).toEqual([2, expect.stringContaining("exclude each other")]);
  });
});
