import { createServer } from "node:net";

const lowest = 17_000;
/** Below the range from which the kernel takes the near end of outgoing connections. */
const highest = 32_000;

/** The first of `count` neighbouring ports on loopback that nobody listens on now. */
export async function findPorts(count: number): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const base = lowest + Math.floor(Math.random() * (highest - lowest - count));
    const all = Array.from({ length: count }, (_, index) => base + index);
    const free = await Promise.all(all.map(isFree));
    if (free.every(Boolean)) return base;
  }
  throw new Error(`no ${count} neighbouring free ports between ${lowest} and ${highest}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
