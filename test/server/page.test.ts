import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Problem } from "../../agent/model/problem.ts";
import { states } from "../../agent/model/state.ts";
import type { UnitStatus } from "../../agent/model/status.ts";
import { appPage } from "../../agent/server/app-page.ts";
import { contrast, inkOn } from "../../agent/server/contrast.ts";
import { escapeHtml, inertJson, visible } from "../../agent/server/escape.ts";
import { fleetPage } from "../../agent/server/fleet-page.ts";
import type { FleetSnapshot } from "../../agent/server/snapshot.ts";
import { mergeReports, statusReport } from "../../agent/server/status-report.ts";
import { palette, stylesheet } from "../../agent/server/style.ts";
import { createRedactor } from "../../agent/telemetry/redact.ts";
import {
  driftedUnit,
  fleetSnapshot,
  heldUnit,
  unitStatus,
  wantedCommit,
} from "../telemetry/samples.ts";

/** A string that tries to be markup, another line, another order of letters, a link. */
const hostile = `</td></title><script>alert(1)</script><img src=x onerror="alert(2)">'"\`&lt;\u202e\u2066\u200b\u0000\u001b[31mjavascript:alert(3)`;

/** Every free text of a unit is this one. */
function unitSaying(text: string): UnitStatus {
  const problem: Problem = {
    reason: "Rejected",
    message: text,
    file: text,
    line: 3,
    field: text,
    next: text,
    ref: { group: text, kind: text, namespace: text, name: text },
  };
  const [drift] = driftedUnit().drift;
  const field = { path: text, pointer: text, live: text, desired: text, manager: text, time: text };
  return heldUnit({
    namespace: text,
    path: text,
    owner: { team: text, contact: text },
    message: text,
    problems: [problem, { reason: "Rejected", message: text, file: text }],
    drift:
      drift === undefined
        ? []
        : [
            {
              ...drift,
              fields: [field],
              ref: { group: text, kind: text, namespace: text, name: text },
            },
          ],
    held: {
      reason: "PruneGuard",
      message: text,
      plan: text,
      deletions: [{ group: text, kind: text, namespace: text, name: text }],
    },
    leftovers: {
      count: 1,
      plan: text,
      items: [
        {
          ref: { group: text, kind: text, namespace: text, name: text },
          manager: text,
          fields: [text],
          stays: [text],
        },
      ],
    },
    suspend: { by: text, reason: text, until: text },
  });
}

function fleetSaying(text: string): FleetSnapshot {
  const { source } = fleetSnapshot([]);
  return fleetSnapshot([unitSaying(text)], {
    source: {
      ...source,
      url: text,
      ref: text,
      title: text,
      author: text,
      reason: "NonFastForward",
      message: text,
    },
    problems: [{ reason: "ConfigInvalid", message: text, file: text, line: 1 }],
    environment: text,
    agentVersion: text,
    kubernetes: text,
    commits: new Map([[wantedCommit, { title: text, author: text, committedAt: text }]]),
    ready: { ok: false, why: text, knownClusters: [text] },
  });
}

function pagesOf(snapshot: FleetSnapshot): readonly string[] {
  const report = statusReport(snapshot);
  return [fleetPage(report, 0), appPage(report, "shop", 0) ?? ""];
}

/** The tags and their attributes, in order: what a browser would build. */
function skeleton(page: string): readonly string[] {
  return [...page.matchAll(/<[^>]*>/g)].map(([tag]) => tag.replace(/"[^"]*"/g, '""'));
}

describe("hostile strings", () => {
  it("change not one tag or attribute of a page, wherever they stand", () => {
    const plain = pagesOf(fleetSaying("plain words"));
    const attacked = pagesOf(fleetSaying(hostile));
    expect(attacked.map(skeleton)).toEqual(plain.map(skeleton));
    expect(plain.every((page) => page.length > 2000)).toBe(true);
    for (const page of attacked) {
      expect(page).not.toMatch(/<script|<img|onerror="alert|\u202e|\u2066|\u200b/);
      expect([...page].filter((letter) => letter < " " && letter !== "\n")).toEqual([]);
    }
  });

  it("change none for any text whatever", () => {
    const plain = pagesOf(fleetSaying("plain words")).map(skeleton);
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1 }), (text) => {
        expect(pagesOf(fleetSaying(text)).map(skeleton)).toEqual(plain);
      }),
      { numRuns: 60 },
    );
  });

  it("make no link but to the page itself", () => {
    for (const page of pagesOf(fleetSaying(hostile))) {
      const links = [...page.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, link]) => link);
      expect(links.filter((link) => !/^(?:#main|\/(?:[a-z0-9./?=-]*))$/.test(link ?? ""))).toEqual(
        [],
      );
    }
  });

  it("are seen for what they are, and cut when they are long", () => {
    expect(visible("a\u202eb\u0007\u{e0041}")).toBe("a\\u{202e}b\\u{7}\\u{e0041}");
    expect(escapeHtml("<a href='x'>")).toBe("&lt;a href=&#39;x&#39;&gt;");
    expect(visible("x".repeat(5000))).toHaveLength(1024);
  });

  it("are the same value in JSON, with inert bytes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(JSON.parse(inertJson({ text }))).toEqual({ text });
        expect(inertJson({ text })).not.toMatch(/[<>&\u202a-\u202e\u2066-\u2069\u200b]/);
      }),
    );
  });
});

describe("the report", () => {
  it("holds no value of a live or desired field, and nothing that is not named", () => {
    const unit = { ...driftedUnit(), token: "CANARY-unnamed" };
    const report = JSON.stringify(statusReport(fleetSnapshot([unit])));
    expect(report).toContain("spec.template.spec.containers[web].image");
    expect(report).toContain("kubectl-edit");
    for (const leak of ["LIVE-VALUE", "DESIRED-VALUE", "CANARY-unnamed"])
      expect(report).not.toContain(leak);
  });

  it("passes every free text through the last scrubber", () => {
    const { add, redact } = createRedactor();
    add("CANARY-token-4711");
    const clean = fleetSaying("it says CANARY-token-4711 here");
    const { source } = clean;
    const leaked = JSON.stringify(statusReport(clean, redact)).match(/"[^"]*":"[^"]*CANARY[^"]*"/g);
    expect(source.message).toContain("CANARY");
    expect(leaked).toEqual(null);
  });

  it("is that of cli.md: kind, completeness, worst first", () => {
    const report = statusReport(
      fleetSnapshot([unitStatus({ app: "a" }), driftedUnit(), heldUnit()]),
    );
    expect(report).toMatchObject({
      apiVersion: "cli.holdfast.dev/v1",
      kind: "StatusReport",
      generatedAt: "2026-11-21T09:20:11Z",
      complete: true,
      problems: [],
      clusters: [{ name: "prod-eu-1", worst: "Held", units: 3, attention: 2, converged: 2 }],
    });
    expect(report.units.map(({ app }) => app)).toEqual(["shop", "web", "a"]);
  });

  it("is incomplete, and the cluster Unknown, while the agent is not ready", () => {
    const report = statusReport(
      fleetSnapshot([unitStatus()], { ready: { ok: false, why: "no answer" } }),
    );
    expect(report.complete).toBe(false);
    expect(report.clusters[0]).toMatchObject({ ready: false, why: "no answer", worst: "Unknown" });
  });

  it("bounds its lists and says how many there are", () => {
    const [problem] = unitSaying("x").problems;
    const many = heldUnit({
      problems: Array.from({ length: 90 }, () => problem ?? { reason: "Rejected", message: "" }),
    });
    const [unit] = statusReport(fleetSnapshot([many])).units;
    expect([unit?.problems.length, unit?.problemCount]).toEqual([20, 90]);
  });

  it("merges clusters without losing one", () => {
    const one = statusReport(fleetSnapshot([unitStatus()]));
    const other = statusReport(
      fleetSnapshot([heldUnit({ cluster: "dev" })], {
        cluster: "dev",
        ready: { ok: false, why: "x" },
      }),
    );
    const merged = mergeReports([one, other]);
    expect(merged?.clusters.map(({ name }) => name)).toEqual(["prod-eu-1", "dev"]);
    expect([merged?.complete, merged?.units.length]).toEqual([false, 2]);
    expect(mergeReports([])).toBeUndefined();
  });
});

describe("the page", () => {
  const fleet = (units: readonly UnitStatus[], fields: Partial<FleetSnapshot> = {}): string =>
    fleetPage(statusReport(fleetSnapshot(units, fields)), 0);

  it("answers: all good?", () => {
    expect(fleet([unitStatus()])).toContain("Everything is where it should be");
    expect(fleet([])).toContain("No app is meant for this cluster yet");
    expect(fleet([heldUnit(), unitStatus({ app: "b" })])).toContain("1 of 2 apps needs attention");
  });

  it("is never green on no data", () => {
    const page = fleet([], {
      ready: {
        ok: false,
        why: "no Cluster document names this cluster",
        knownClusters: ["prod", "dev"],
      },
    });
    expect(page).toContain("Not ready: no Cluster document names this cluster");
    expect(page).toContain("The repository knows: prod, dev");
    expect(page).not.toContain("Everything is where it should be");
    const held = fleet([unitStatus()], { source: { url: "u", ref: "main", reason: "RefMissing" } });
    expect(held).not.toContain("Everything is where it should be");
  });

  it("counts what needs attention in its title", () => {
    expect(fleet([heldUnit(), driftedUnit(), unitStatus({ app: "c" })])).toContain(
      "<title>(2) Holdfast</title>",
    );
    expect(fleet([unitStatus()])).toContain("<title>Holdfast</title>");
  });

  it("shows every state by glyph and word together", () => {
    for (const [state, { glyph }] of Object.entries(states)) {
      const page = fleet([unitStatus({ state: state as UnitStatus["state"] })]);
      expect(page).toContain(
        `<span class="glyph" aria-hidden="true">${glyph}</span>${state}</span>`,
      );
    }
  });

  it("has a scope on every header cell, a machine time on every age and no script", () => {
    const page =
      fleet([heldUnit(), driftedUnit()]) +
      (appPage(statusReport(fleetSnapshot([heldUnit()])), "shop", 0) ?? "");
    expect(page.match(/<th(?=[ >])(?![^>]*scope=)/g)).toBeNull();
    expect(page.match(/<time(?![^>]*datetime=)/g)).toBeNull();
    expect(page).not.toMatch(/<script|style="|\son[a-z]+=/);
    expect(page).toContain('<html lang="en">');
  });

  it("reloads only when asked, and can be stopped", () => {
    const report = statusReport(fleetSnapshot([unitStatus()]));
    expect(fleetPage(report, 0)).not.toContain("http-equiv");
    expect(fleetPage(report, 30)).toContain('<meta http-equiv="refresh" content="30">');
    expect(fleetPage(report, 30)).toContain('<a href="/">never</a>');
  });

  it("of an app has held list with digest and command, problems, and drift by field, manager and time", () => {
    const report = statusReport(fleetSnapshot([heldUnit(), driftedUnit()]));
    const held = appPage(report, "shop", 0) ?? "";
    expect(held).toContain("holdfast accept shop --cluster prod-eu-1 --plan 8c1f2a0d");
    expect(held).toContain("ConfigMap shop/legacy-11");
    const drifted = appPage(report, "web", 0) ?? "";
    expect(drifted).toContain("spec.template.spec.containers[web].image");
    expect(drifted).toContain("kubectl-edit");
    expect(drifted).toContain('datetime="2026-11-21T09:07:58Z"');
    expect(drifted).not.toMatch(/LIVE-VALUE|DESIRED-VALUE/);
    expect(appPage(report, "none", 0)).toBeUndefined();
  });

  it("of an app tells leftovers and the command that drops them, without calling them trouble (A-27)", () => {
    const ref = { group: "apps", kind: "Deployment", namespace: "shop", name: "web" };
    const items = [{ ref, manager: "kubectl-edit", fields: ["spec.paused"] }];
    const left = unitStatus({ leftovers: { count: 1, plan: "3f9a1c2b7d4e", items } });
    const report = statusReport(fleetSnapshot([left]));
    expect(report.units[0]?.leftovers).toMatchObject({
      plan: "3f9a1c2b7d4e",
      items: [{ fields: ["spec.paused"] }],
    });
    expect(appPage(report, left.app, 0)).toContain("--plan 3f9a1c2b7d4e");
    expect(appPage(report, left.app, 0)).not.toContain("(1)");
  });

  it("names what failed of a change that went well nearly everywhere", () => {
    const [entry] = unitStatus().history;
    const units = Array.from({ length: 40 }, (_, at) => unitStatus({ app: `app-${at}` }));
    const failed = entry === undefined ? [] : [{ ...entry, result: "failed" as const }];
    const page = fleet([...units, unitStatus({ app: "odd-one", history: failed })]);
    const changes = page.slice(page.indexOf('id="changes"'));
    expect(changes).toContain("40 apps");
    expect(changes).toContain("odd-one");
    expect(changes).not.toContain("app-17");
  });
});

describe("contrast (WCAG 1.4.3, 1.4.11)", () => {
  it("knows black on white", () => {
    expect(contrast("#000000", "#ffffff")).toBeCloseTo(21);
  });

  it("of glyphs on their colours is at least 4.5, of their borders on the card 3", () => {
    for (const { colour } of Object.values(states))
      expect(contrast(colour, inkOn(colour))).toBeGreaterThanOrEqual(4.5);
    for (const theme of Object.values(palette))
      expect(contrast(theme.edge, theme.card)).toBeGreaterThanOrEqual(3);
  });

  it("of text and links is at least 4.5 in both themes", () => {
    for (const { ink, soft, link, page, card } of Object.values(palette)) {
      for (const text of [ink, soft, link]) {
        for (const ground of [page, card])
          expect(contrast(text, ground)).toBeGreaterThanOrEqual(4.5);
      }
    }
  });

  it("is served: the sheet holds every state's colour", () => {
    for (const [state, { colour }] of Object.entries(states)) {
      expect(stylesheet).toContain(
        `.state.${state}>.glyph{background-color:${colour};color:${inkOn(colour)}}`,
      );
    }
  });
});
