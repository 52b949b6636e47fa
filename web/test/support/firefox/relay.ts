/**
 * `node relay.ts firefox ARGUMENTS`: starts a Firefox, and stands between its WebDriver BiDi and
 * Playwright. The Firefox that Debian has (ESR 140) lacks commands by which Playwright prepares a page:
 * the relay answers for those that no test needs. A newer Firefox answers by itself.
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { WebSocket, WebSocketServer } from "ws";
import { z } from "zod";

/** What a Firefox may lack. */
const OPTIONAL =
  /^(network\.(addDataCollector|removeDataCollector|disownData)|browser\.setDownloadBehavior|emulation\.)/;
/** How Firefox says where it listens. */
const LISTENS = /(WebDriver BiDi listening on )(ws:\/\/\S+)/;

const Command = z.object({ id: z.number(), method: z.string() });
const Failure = z.object({ type: z.literal("error"), id: z.number(), error: z.literal("unknown command") });

const [path = "", ...flags] = process.argv.slice(2);
const firefox = spawn(path, flags, { stdio: ["ignore", "inherit", "pipe"] });
process.on("SIGTERM", () => firefox.kill());
firefox.on("exit", (code) => process.exit(code ?? 1));

for await (const line of createInterface({ input: firefox.stderr })) {
  const [, , address] = LISTENS.exec(line) ?? [];
  const shown = address === undefined ? line : line.replace(address, await relay(`${address}/session`));
  process.stderr.write(`${shown}\n`);
}

/** Opens a socket before that of Firefox. @returns its address */
async function relay(address: string): Promise<string> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  server.on("connection", (playwright) => {
    const browser = new WebSocket(address, { perMessageDeflate: false, maxPayload: 0 });
    const isOpen = once(browser, "open");
    const optional = new Set<number>();
    playwright.on("message", async (data) => {
      const { id, method } = Command.parse(JSON.parse(`${data}`));
      if (OPTIONAL.test(method)) optional.add(id);
      await isOpen;
      browser.send(`${data}`);
    });
    browser.on("message", (data) => {
      const { data: failure } = Failure.safeParse(JSON.parse(`${data}`));
      const isLacking = failure && optional.has(failure.id);
      playwright.send(
        isLacking
          ? JSON.stringify({ type: "success", id: failure.id, result: { collector: "" } })
          : `${data}`,
      );
    });
    browser.on("close", () => playwright.close());
    playwright.on("close", () => browser.close());
  });
  const bound = server.address();
  return `ws://127.0.0.1:${typeof bound === "object" ? bound?.port : ""}`;
}
