import type { Health } from "../model/health.ts";
import type { KubeObject } from "../model/object.ts";
import {
  conditionIs,
  conditionOf,
  degraded,
  type KindRule,
  numberAt,
  progressing,
  suspended,
  textAt,
  words,
} from "./read.ts";
import {
  closedWordAt,
  firstOf,
  pausedAt,
  pausedBy,
  type RuleTable,
  waitsFor,
  whenTrue,
  wordAt,
} from "./rules.ts";
import { speaksOfFailure } from "./vocabulary.ts";

/** CloudNativePG tells broken clusters by phase; Ready=False alone means that instances are on their way. */
const cnpgCluster = firstOf(
  pausedBy("cnpg.io/hibernation", "on"),
  pausedBy("cnpg.io/reconciliationLoop", "disabled"),
  whenTrue("cnpg.io/hibernation", suspended),
  cnpgFailure,
  waitsFor("Ready"),
);

function cnpgFailure(object: KubeObject): Health | undefined {
  const phase = textAt(object, "status", "phase");
  const isBroken =
    speaksOfFailure(phase) || /unrecoverable|not enough disk space|unknown plugin/i.test(phase);
  return isBroken ? degraded(textAt(object, "status", "phaseReason") || phase) : undefined;
}

const ceph = firstOf(
  wordAt(["status", "ceph", "health"], {
    HEALTH_OK: "Healthy",
    HEALTH_WARN: "Degraded",
    HEALTH_ERR: "Degraded",
  }),
  () => progressing("no health yet"),
);

const cassandra: KindRule = ({ status }) => {
  const racks = Object.values(
    typeof status === "object" && status !== null ? recordOf(status) : {},
  );
  const isShort = racks.some(
    (rack) => (numberAt(rack, "readyMembers") ?? 0) < (numberAt(rack, "members") ?? 0),
  );
  return isShort ? progressing("not all members are ready") : undefined;
};

function recordOf(status: object): Readonly<Record<string, unknown>> {
  const racks = "racks" in status ? status.racks : undefined;
  return typeof racks === "object" && racks !== null ? { ...racks } : {};
}

/** Strimzi: NotReady with a reason of work is a start, any other a failure. */
const strimzi = firstOf(
  pausedBy("strimzi.io/pause-reconciliation", "true"),
  whenTrue("ReconciliationPaused", suspended),
  whenTrue("NotReady", (message) =>
    message === "Creating" || message.includes("being deployed")
      ? progressing(message)
      : degraded(message),
  ),
  (object) => {
    const notReady = conditionIs(object, "NotReady", "True");
    return notReady && degraded(words(notReady));
  },
);

const tidb = firstOf(pausedAt("spec", "paused"), waitsFor("Ready"));

const mariadb: KindRule = (object) => {
  const ready = conditionOf(object, "Ready");
  if (ready === undefined) return progressing("no condition Ready yet");
  return undefined;
};

const rabbitmqCluster: KindRule = (object) => {
  const reconciled = conditionIs(object, "ReconcileSuccess", "False");
  if (reconciled !== undefined) return degraded(words(reconciled));
  const waiting = ["AllReplicasReady", "ClusterAvailable"]
    .map((type) => conditionOf(object, type))
    .find((condition) => condition !== undefined && condition.status !== "True");
  return waiting && progressing(words(waiting));
};

const elasticHealth = closedWordAt(["status", "health"], {
  green: "Healthy",
  yellow: "Progressing",
  red: "Degraded",
  unknown: "Progressing",
});

/** Elastic's operator: a phase that needs a person, else the health of what it runs. */
const elastic = firstOf(
  (object) => {
    const phase = textAt(object, "status", "phase");
    return phase === "Invalid" || phase === "Stalled" ? degraded(phase) : undefined;
  },
  elasticHealth,
  () => progressing("no health yet"),
);

/** Databases, queues, search and storage. */
export const databaseKinds: RuleTable = {
  "postgresql.cnpg.io/Cluster": cnpgCluster,
  "acid.zalan.do/postgresql": wordAt(["status", "PostgresClusterStatus"]),
  "ceph.rook.io/CephCluster": ceph,
  "cassandra.rook.io/Cluster": cassandra,
  "kafka.strimzi.io/*": strimzi,
  "pingcap.com/TidbCluster": tidb,
  "pingcap.com/*": pausedAt("spec", "paused"),
  "k8s.mariadb.com/*": mariadb,
  "mariadb.mmontes.io/*": mariadb,
  "rabbitmq.com/RabbitmqCluster": rabbitmqCluster,
  "*.k8s.elastic.co/*": elastic,
};
