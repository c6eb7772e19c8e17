import { describe, expect, it } from "vitest";
import { errorText, groupReports, problemReport } from "../../../cli/output/error.ts";
import { plainStyle } from "../../../cli/output/style.ts";

const undefinedValue = (cluster: string) =>
  problemReport(
    {
      reason: "ValueUndefined",
      message: `on cluster ${cluster}: cluster.values.domain is undefined`,
      file: "apps/shop/app.yaml",
      line: 14,
      column: 13,
      field: "spec.values.host",
      next: `add "domain" to spec.values of cluster ${cluster}`,
    },
    "shop cannot be rendered",
    cluster,
  );

describe("errors", () => {
  it("have four parts, and are told once for all clusters", () => {
    const reports = ["prod-eu-1", "prod-eu-2", "prod-us-1", "prod-us-2"].map(undefinedValue);
    expect(errorText(reports, plainStyle)).toBe(
      [
        "error: shop cannot be rendered for prod-eu-1 (and 3 more clusters)",
        "  where  apps/shop/app.yaml:14:13  spec.values.host",
        "  why    on cluster prod-eu-1: cluster.values.domain is undefined",
        '  next   add "domain" to spec.values of cluster prod-eu-1      reasons/ValueUndefined',
        "",
      ].join("\n"),
    );
  });

  it("are all told at once, and differ when their words do", () => {
    const reports = [
      { what: "a", why: "x", cluster: "one" },
      { what: "a", why: "y", cluster: "two" },
      { what: "b" },
    ];
    expect(groupReports(reports).map(({ what }) => what)).toEqual(["a for one", "a for two", "b"]);
  });

  it("show what a server sent, but nothing that steers a terminal", () => {
    const text = errorText([{ what: "w\u001b[2J", why: "line one\nline \u202etwo" }], plainStyle);
    expect(text).toBe("error: w\\x1b[2J\n  why    line one\n         line \\u{202e}two\n");
  });

  it("take the next step from the table of reasons when there is no better one", () => {
    const report = problemReport({ reason: "PathMissing", message: "m" }, "shop");
    expect(report.next).toBeTruthy();
    expect(report.reason).toBe("PathMissing");
  });
});
