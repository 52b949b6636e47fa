import { createServer } from "node:net";

/** Asks the system for a TCP port which nobody uses right now. */
export async function freePort(): Promise<number> {
  return listen(0, "127.0.0.1");
}

/** Whether somebody listens on this port, on any of the addresses that `ip` stands for. */
export async function portTaken(port: number, ip: string | undefined): Promise<boolean> {
  const addresses = ip === undefined || ip === "localhost" ? ["127.0.0.1", "::1"] : [ip.replace("*", "::")];
  for (const address of addresses) {
    try {
      await listen(port, address);
    } catch (error) {
      // Any other failure (no IPv6 here, a port below 1024) is for wrangler to tell.
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
