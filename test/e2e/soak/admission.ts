import { readFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { createServer, type Server } from "node:https";
import { isJsonObject, type JsonObject, parseJson } from "../../../agent/model/json.ts";
import { type Api, isKubeObject } from "../../faults/api.ts";
import type { TestCluster } from "../control-plane.ts";
import { findPorts } from "../ports.ts";
import { admissionLabel } from "./documents.ts";

const configuration = "soak.example.com";

/** A mutating webhook that really runs and does not do the same thing twice, called by the API server over HTTPS. */
export class Admission {
  readonly #server: Server;
  readonly #chance: () => number;
  /** Calls, by what it did. */
  readonly calls = new Map<string, number>();

  private constructor(server: Server, chance: () => number) {
    this.#server = server;
    this.#chance = chance;
  }

  /** Of this machine's clusters only: with the certificate of the API server itself, which is for loopback. */
  static async start(
    { caPath, ca }: TestCluster,
    api: Api,
    chance: () => number,
  ): Promise<Admission> {
    const key = await readFile(caPath.replace(/\.crt$/, ".key"), "utf8");
    const port = await findPorts(1);
    const server = createServer({ key, cert: ca });
    const admission = new Admission(server, chance);
    server.on("request", (request, response) => {
      admission.#review(request).then(
        (body) => response.writeHead(200, { "content-type": "application/json" }).end(body),
        (error: unknown) => response.writeHead(500).end(String(error)),
      );
    });
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    await register(api, `https://127.0.0.1:${port}/mutate`, ca);
    return admission;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #review(request: IncomingMessage): Promise<string> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(Buffer.from(part));
    const review = parseJson(Buffer.concat(parts).toString("utf8"));
    const asked = isJsonObject(review) && isJsonObject(review.request) ? review.request : {};
    const patch = JSON.stringify(this.#patch(asked));
    return JSON.stringify({
      apiVersion: "admission.k8s.io/v1",
      kind: "AdmissionReview",
      response: {
        uid: asked.uid,
        allowed: true,
        patchType: "JSONPatch",
        patch: Buffer.from(patch).toString("base64"),
      },
    });
  }

  #patch({ object }: JsonObject): readonly object[] {
    if (!isKubeObject(object)) return [];
    const { annotations = {}, labels = {} } = object.metadata;
    const habit = labels[admissionLabel] ?? "";
    this.calls.set(habit, (this.calls.get(habit) ?? 0) + 1);
    const annotate = (name: string, value: string) => ({
      op: "add",
      path: "/metadata/annotations",
      value: { ...annotations, [`soak.example.com/${name}`]: value },
    });
    if (habit === "stamp") return [annotate("stamped", "yes")];
    if (habit === "count") {
      const before = Number(annotations["soak.example.com/writes"] ?? 0);
      return [annotate("writes", `${before + 1}`)];
    }
    const value = `rolled-${Math.floor(this.#chance() * 1e9)}`;
    return [{ op: "replace", path: "/data/text", value }];
  }
}

async function register(api: Api, url: string, ca: string): Promise<void> {
  const path = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";
  const rule = { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE", "UPDATE"] };
  const { status, body } = await api.ask("POST", path, {
    body: {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "MutatingWebhookConfiguration",
      metadata: { name: configuration },
      webhooks: [
        {
          name: configuration,
          clientConfig: { url, caBundle: Buffer.from(ca).toString("base64") },
          rules: [{ ...rule, resources: ["configmaps"] }],
          objectSelector: { matchExpressions: [{ key: admissionLabel, operator: "Exists" }] },
          admissionReviewVersions: ["v1"],
          sideEffects: "None",
          failurePolicy: "Fail",
        },
      ],
    },
  });
  if (status !== 201) throw new Error(`the webhook was refused: ${JSON.stringify(body)}`);
}
