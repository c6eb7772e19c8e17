import { pino } from "pino";
import type { Emit } from "../model/event.ts";
import { type Clock, isoTime } from "../schedule/clock.ts";
import { LogWriter } from "./log-writer.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";

export interface LogSettings {
  readonly level: LogLevel;
  /** One line with its newline; must not block (line-sink.ts). */
  readonly write: (line: string) => void;
  readonly clock: Clock;
  readonly cluster: string;
  /** The last scrubber; sees the whole line. */
  readonly redact?: (text: string) => string;
}

/** What may stand in a line beside `time`, `level`, `msg` and `cluster` (observability §4). */
export interface LogFields {
  readonly event: string;
  readonly app?: string | undefined;
  readonly stage?: string | undefined;
  readonly reason?: string | undefined;
  readonly commit?: string | undefined;
  readonly durationMs?: number | undefined;
  readonly [field: string]: string | number | boolean | undefined;
}

export interface Logs {
  readonly emit: Emit;
  /** For what is no event: settings at start, servers listening. */
  log(level: LogLevel, msg: string, fields: LogFields): void;
}

/** JSON lines through pino: one at `info` per transition and per pass that changed something, none per unchanged pass. */
export function createLogs(settings: LogSettings): Logs {
  const { level, write, clock, cluster, redact = (text: string) => text } = settings;
  const logger = pino(
    {
      level,
      base: { cluster },
      timestamp: () => `,"time":"${isoTime(clock.now())}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => write(redact(line)) },
  );
  function log(at: LogLevel, msg: string, fields: LogFields): void {
    logger[at](fields, msg);
  }
  const writer = new LogWriter(log);
  return {
    log,
    emit(event) {
      try {
        writer.take(event);
      } catch {
        // Emit must never throw: a line that cannot be written must not end a pass.
      }
    },
  };
}
