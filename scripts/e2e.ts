/**
 * `npm run e2e`: what a person with `npm run dev` and two WebSocket clients would find out. Nothing is
 * lost, doubled or reordered: under load, when the server is killed in the middle, over a restart.
 */

import { crash } from "./e2e/crash.ts";
import { devices } from "./e2e/devices.ts";
import { exchange } from "./e2e/exchange.ts";
import { restart } from "./e2e/restart.ts";
import type { Scene } from "./e2e/scene.ts";
import { Person } from "./support/person.ts";
import { inOwnPlace, Server } from "./support/server.ts";

const LIMIT_MS = 240_000;
/** From the start of wrangler; the migrations before it take about 2 s on an idle machine. */
const START_LIMIT_MS = 20_000;

await inOwnPlace(LIMIT_MS, async (place) => {
  const server = await Server.start(place);
  const { startMs, wranglerMs } = server;
  console.log(
    `/healthz answered ${wranglerMs} ms after wrangler started, ${startMs} ms after \`npm run dev\``,
  );
  if (wranglerMs > START_LIMIT_MS) throw new Error(`wrangler took more than ${START_LIMIT_MS} ms`);
  const ann = await Person.register(server.origin, "ann");
  const bob = await Person.register(server.origin, "bob");
  const { id } = await ann.openDirect(bob);
  const scene: Scene = { place, server, ann, bob, conversationId: id };
  for (const act of [exchange, crash, devices, restart]) {
    try {
      console.log(await act(scene));
    } catch (error) {
      console.error(`\nThe server's last words:\n${scene.server.output.slice(-4_000)}`);
      throw error;
    }
  }
  await scene.server.stop();
});
