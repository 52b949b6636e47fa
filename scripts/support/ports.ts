import { createServer } from "node:net";

/** Asks the system for a free TCP port. */
export async function freePort(): Promise<number> {
  return listen(0, "127.0.0.1");
}

/** Whether a process listens on this port, on any address that `ip` stands for. */
export async function portTaken(port: number, ip: string | undefined): Promise<boolean> {
  const addresses = ip === undefined || ip === "localhost" ? ["127.0.0.1", "::1"] : [ip.replace("*", "::")];
  for (const address of addresses) {
    try {
      await listen(port, address);
    } catch (error) {
      // Wrangler reports other failures (no IPv6 here, a port below 1024).
      if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") return true;
    }
  }
  return false;
}

function listen(port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address();
      const bound = typeof address === "object" && address ? address.port : port;
      server.close(() => resolve(bound));
    });
  });
}
