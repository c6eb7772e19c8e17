import { describe, expect, it } from "vitest";
import { requestsOf } from "../../agent/cluster/app-requests.ts";

function app(annotations: Record<string, string>) {
  return {
    apiVersion: "holdfast.dev/v1alpha1",
    kind: "App",
    metadata: { name: "shop", annotations },
  };
}

describe("requests on an App object (P-85)", () => {
  it("are read with what they say", () => {
    const request = { id: "1", at: "2026-11-21T16:00:00Z", plan: "p", objects: ["a"], until: "u" };
    const { requests, unreadable } = requestsOf(
      app({
        "holdfast.dev/request-accept": JSON.stringify(request),
        "holdfast.dev/request-sync": JSON.stringify({ id: "2", at: "t", later: true }),
        "holdfast.dev/request-dance": "{}",
      }),
    );
    expect(unreadable).toEqual([]);
    expect(requests).toEqual([
      { kind: "sync", id: "2", at: "t" },
      { kind: "accept", ...request },
    ]);
  });

  it.each([
    "",
    "yes",
    "[]",
    "{}",
    '{"id":"","at":"t"}',
    '{"id":"1"}',
    '{"id":1,"at":"t"}',
    '{"id":"1","at":"t","plan":7}',
    '{"id":"1","at":"t","objects":"a"}',
    '{"id":"1","at":"t","objects":["a",1]}',
  ])("that cannot be read are named, not obeyed: %s", (text) => {
    expect(requestsOf(app({ "holdfast.dev/request-accept": text }))).toEqual({
      requests: [],
      unreadable: ["accept"],
    });
  });
});
