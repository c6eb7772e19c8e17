/** Where log lines go when the other end may stop reading (C20): what does not fit is dropped and counted, nothing waits. */
export interface LineSink {
  /** Never blocks, never throws. */
  write(line: string): void;
  dropped(): number;
  /** Resolves when everything accepted so far was written or given up. */
  settled(): Promise<void>;
}

interface LineSinkSettings {
  /** One write at a time; rejects when the other end is gone. Must not block the event loop: `fs.write`, not `process.stdout`. */
  readonly send: (chunk: string) => Promise<void>;
  readonly limitBytes?: number;
  /** The line that tells how many were dropped, once there is room again. */
  readonly droppedLine: (count: number) => string;
}

const oneMebibyte = 1024 * 1024;

/** A bounded buffer in front of one slow writer. */
export function createLineSink(settings: LineSinkSettings): LineSink {
  const { send, limitBytes = oneMebibyte, droppedLine } = settings;
  let waiting: string[] = [];
  let waitingBytes = 0;
  let dropped = 0;
  let unreported = 0;
  let flushing: Promise<void> | undefined;

  async function flush(): Promise<void> {
    while (waiting.length > 0) {
      const lines = waiting;
      waiting = [];
      waitingBytes = 0;
      const notice = unreported === 0 ? "" : droppedLine(unreported);
      unreported = 0;
      try {
        await send(lines.join("") + notice);
      } catch {
        dropped += lines.length;
        unreported += lines.length;
      }
    }
    flushing = undefined;
  }

  return {
    write(line) {
      if (waitingBytes + line.length > limitBytes) {
        dropped += 1;
        unreported += 1;
        return;
      }
      waiting.push(line);
      waitingBytes += line.length;
      flushing ??= flush();
    },
    dropped: () => dropped,
    async settled() {
      await flushing;
    },
  };
}
