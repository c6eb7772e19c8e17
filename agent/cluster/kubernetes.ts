import type { Emit } from "../model/event.ts";
import type { Clock, Random } from "../schedule/clock.ts";
import { createCatalog } from "./catalog.ts";
import type { ClusterClient } from "./client.ts";
import type { Connection } from "./connection.ts";
import { discoverKinds } from "./discovery.ts";
import { type Caller, createExchange } from "./exchange.ts";
import { createTransport, type Transport } from "./http.ts";
import { createLimiter } from "./limiter.ts";
import { type ClientLimits, defaultLimits } from "./limits.ts";
import { type Asking, owning, reading, writing } from "./operations.ts";
import { reviewing } from "./reviews.ts";
import { openWatch } from "./stream.ts";

export interface KubernetesOptions {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly random?: Random;
  readonly emit?: Emit;
  readonly limits?: Partial<ClientLimits>;
}

/** A client whose calls can be given less time than usual. */
export interface KubernetesClient extends ClusterClient {
  /** The same cluster; a call that leaves when `leftMs()` is positive, and is over at the server within that time. */
  within(leftMs: () => number): KubernetesClient;
  impersonate(account: { readonly namespace: string; readonly name: string }): KubernetesClient;
}

/** What all clients of one cluster share: sockets, limiter, last discovery. */
interface Shared extends Asking {
  readonly transport: Transport;
  readonly options: KubernetesOptions;
  readonly limits: ClientLimits;
}

/** Raw JSON over keep-alive HTTP; the requests are exactly those of. Nothing is sent before the first call. */
export function createKubernetesClient(options: KubernetesOptions): KubernetesClient {
  const { connection, clock, emit } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const told = emit === undefined ? {} : { emit };
  const transport = createTransport(connection, limits.inFlight + 8);
  const limiter = createLimiter({ max: limits.inFlight, clock, ...told });
  const exchange = createExchange({ connection, transport, limiter, clock, limits, ...told });
  // Discovery is asked as ourselves, also for impersonated clients: URLs are no secret and no right.
  const catalog = createCatalog((signal) =>
    discoverKinds((request) => exchange.ask(request, {}, signal)),
  );
  return clientFor({ exchange, catalog, transport, options, limits }, {});
}

function clientFor(shared: Shared, caller: Caller): KubernetesClient {
  const { catalog, transport } = shared;
  return {
    discover: (signal) => catalog.refresh(signal),
    ...reading(shared, caller),
    watch: (selection, from, signal) =>
      openWatch({ ...shared.options, ...shared, caller }, { selection, from }, signal),
    ...writing(shared, caller),
    ...owning(shared, caller),
    ...reviewing(shared.exchange, caller),
    within: (leftMs) => clientFor(shared, { ...caller, leftMs }),
    impersonate: ({ namespace, name }) => {
      if (!isWord(namespace) || !isWord(name)) {
        throw new Error("impersonate: the account needs a namespace and a name."); // NEG-51
      }
      return clientFor(shared, { ...caller, as: `system:serviceaccount:${namespace}:${name}` });
    },
    close: () => transport.close(),
  };
}

/** DNS names only: no blank of any alphabet passes. */
function isWord(text: unknown): boolean {
  return typeof text === "string" && /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(text);
}
