import type { Health } from "../model/health.ts";
import type { KubeObject } from "../model/object.ts";
import { healthy, listAt, progressing, textAt } from "./read.ts";
import { noAddress } from "./words.ts";

/** A load balancer's address is worth waiting for, and on clusters without one it never comes (§5.4). */
export function assessService(object: KubeObject): Health {
  if (textAt(object, "spec", "type") !== "LoadBalancer") return healthy();
  return assessIngress(object);
}

/** Ingress, and a Service of type LoadBalancer. */
export function assessIngress(object: KubeObject): Health {
  const addresses = listAt(object, "status", "loadBalancer", "ingress");
  return addresses.length === 0 ? progressing(noAddress) : healthy();
}
