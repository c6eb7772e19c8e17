import { isMap, type Json, listAt, mapAt } from "../json.ts";
import { fallback, maps } from "./fill.ts";

/** The defaults of a pod spec, also inside templates. Changes `spec`. */
export function defaultPodSpec(spec: Json): void {
  fallback(spec, {
    restartPolicy: "Always",
    terminationGracePeriodSeconds: 30,
    dnsPolicy: "ClusterFirst",
    securityContext: {},
    schedulerName: "default-scheduler",
  });
  if (typeof spec.serviceAccountName === "string")
    fallback(spec, { serviceAccount: spec.serviceAccountName });
  else if (typeof spec.serviceAccount === "string") spec.serviceAccountName = spec.serviceAccount;
  const containers = ["containers", "initContainers", "ephemeralContainers"];
  for (const container of maps(containers.flatMap((key) => [...listAt(spec, key)]))) {
    defaultContainer(container, spec.hostNetwork === true);
  }
  for (const volume of maps(listAt(spec, "volumes"))) defaultVolume(volume);
}

function defaultContainer(container: Json, hostNetwork: boolean): void {
  const image = typeof container.image === "string" ? container.image : "";
  fallback(container, {
    terminationMessagePath: "/dev/termination-log",
    terminationMessagePolicy: "File",
    imagePullPolicy: isLatest(image) ? "Always" : "IfNotPresent",
  });
  defaultPorts(container, hostNetwork);
  for (const probe of ["livenessProbe", "readinessProbe", "startupProbe"]) {
    if (isMap(container[probe])) defaultProbe(container[probe]);
  }
  for (const hook of ["postStart", "preStop"]) {
    const get = mapAt(container, "lifecycle", hook).httpGet;
    if (isMap(get)) fallback(get, { scheme: "HTTP", path: "/" });
  }
  for (const source of maps(listAt(container, "env"))) defaultEnvSource(mapAt(source, "valueFrom"));
}

function defaultPorts(container: Json, hostNetwork: boolean): void {
  for (const port of maps(listAt(container, "ports"))) {
    fallback(port, { protocol: "TCP" });
    if (hostNetwork) fallback(port, { hostPort: port.containerPort });
  }
}

function defaultEnvSource({ fieldRef, resourceFieldRef }: Json): void {
  if (isMap(fieldRef)) fallback(fieldRef, { apiVersion: "v1" });
  if (isMap(resourceFieldRef)) fallback(resourceFieldRef, { divisor: "0" });
}

function isLatest(image: string): boolean {
  if (image.includes("@")) return false;
  const tag = /:([^/:]+)$/.exec(image)?.[1];
  return tag === undefined || tag === "latest";
}

/** In a pod, not in a template, what is limited and not requested is requested whole. */
export function defaultPodRequests(spec: Json): void {
  const containers = [...listAt(spec, "containers"), ...listAt(spec, "initContainers")];
  for (const container of maps(containers)) {
    const resources = mapAt(container, "resources");
    if (!isMap(resources.limits)) continue;
    const requests = isMap(resources.requests) ? resources.requests : {};
    fallback(requests, resources.limits);
    resources.requests = requests;
  }
}

function defaultProbe(probe: Json): void {
  const numbers = {
    timeoutSeconds: 1,
    periodSeconds: 10,
    successThreshold: 1,
    failureThreshold: 3,
  };
  for (const [key, value] of Object.entries(numbers)) {
    if (probe[key] === undefined || probe[key] === 0) probe[key] = value;
  }
  if (isMap(probe.httpGet)) fallback(probe.httpGet, { scheme: "HTTP", path: "/" });
  if (isMap(probe.grpc)) fallback(probe.grpc, { service: "" });
}

const ordinary = 0o644;

function defaultVolume(volume: Json): void {
  for (const source of ["secret", "configMap", "downwardAPI", "projected"]) {
    const found = volume[source];
    if (isMap(found)) fallback(found, { defaultMode: ordinary });
  }
  if (isMap(volume.hostPath)) fallback(volume.hostPath, { type: "" });
  for (const source of maps(listAt(volume, "projected", "sources"))) defaultProjected(source);
  for (const item of maps(listAt(volume, "downwardAPI", "items"))) defaultFieldRef(item);
  const sources = Object.keys(volume).filter((key) => key !== "name");
  if (sources.length === 0) volume.emptyDir = {};
}

function defaultProjected(source: Json): void {
  const token = source.serviceAccountToken;
  if (isMap(token)) fallback(token, { expirationSeconds: 3600 });
  for (const item of maps(listAt(source, "downwardAPI", "items"))) defaultFieldRef(item);
}

function defaultFieldRef(item: Json): void {
  if (isMap(item.fieldRef)) fallback(item.fieldRef, { apiVersion: "v1" });
}
