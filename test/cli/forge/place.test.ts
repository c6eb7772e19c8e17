import { describe, expect, it } from "vitest";
import { dialects } from "../../../cli/forge/dialects.ts";
import { forgePlace, parseRemote } from "../../../cli/forge/place.ts";

const none = new Map();

describe("the forge of a repository", () => {
  it.each([
    ["https://github.com/acme/fleet.git", "github", "https://api.github.com", "acme/fleet"],
    ["git@github.com:acme/fleet.git", "github", "https://api.github.com", "acme/fleet"],
    ["ssh://git@gitlab.com:22/a/b/fleet", "gitlab", "https://gitlab.com/api/v4", "a/b/fleet"],
    ["https://codeberg.org/acme/fleet/", "gitea", "https://codeberg.org/api/v1", "acme/fleet"],
    ["https://github.acme.com/a/b", "github", "https://github.acme.com/api/v3", "a/b"],
    ["https://gitlab.acme.com:8443/a/b", "gitlab", "https://gitlab.acme.com:8443/api/v4", "a/b"],
    ["git@my-forgejo.acme.com:a/b", "gitea", "https://my-forgejo.acme.com/api/v1", "a/b"],
  ])("is known by its address: %s", (address, ...[kind, api, project]) => {
    expect(forgePlace(address, none)).toMatchObject({ kind, api, project });
  });

  it.each([
    "https://git.acme.com/a/b",
    "https://notgithub.com/a/b",
    "/srv/fleet",
    "https://github.com/fleet",
  ])("is not guessed: %s", (address) => {
    expect(forgePlace(address, none)).toBeUndefined();
  });

  it("is what the user's configuration says", () => {
    const settings = new Map([
      ["git.acme.com", { kind: "gitea" as const }],
      ["code.acme.com", { kind: "github" as const, api: "https://api.code.acme.com/" }],
    ]);
    const at = (address: string) => forgePlace(address, settings);
    expect(at("git@git.acme.com:a/b")).toMatchObject({ api: "https://git.acme.com/api/v1" });
    expect(at("https://code.acme.com/a/b.git")).toEqual({
      kind: "github",
      api: "https://api.code.acme.com",
      web: "https://code.acme.com/a/b",
      project: "a/b",
    });
  });

  it("takes no path for a project that is none", () => {
    expect(parseRemote("https://github.com/acme/../../user")?.project).toBe(undefined);
    expect(parseRemote("https://github.com/acme/fleet?x=1/../y")?.project).toBe("acme/fleet");
    expect(parseRemote("git@github.com:acme/../x")).toBeUndefined();
  });

  it("has a page to open a pull request by hand", () => {
    const pull = { head: "revert-shop", base: "release/1" };
    const web = "https://forge.example/acme/fleet";
    expect(dialects.github.page(web, pull)).toBe(`${web}/compare/release/1...revert-shop?expand=1`);
    expect(dialects.gitea.page(web, pull)).toBe(`${web}/compare/release/1...revert-shop`);
    expect(
      new URL(dialects.gitlab.page(web, pull)).searchParams.get("merge_request[source_branch]"),
    ).toBe("revert-shop");
  });
});
