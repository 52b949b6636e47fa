/**
 * `npm run e2e`: the guarantees as users of `npm run dev` see them with room sockets, device sockets and
 * HTTP. No message is lost, repeated or reordered: under load, when the server is killed, over a restart.
 */

import type { E2eContext } from "./e2e/context.ts";
import { crash, crashOfRelays } from "./e2e/crash.ts";
import { devices } from "./e2e/devices.ts";
import { exchange } from "./e2e/exchange.ts";
import { restart } from "./e2e/restart.ts";
import { Person } from "./support/person.ts";
import { inTemporaryFolder, Server } from "./support/server.ts";

const LIMIT_MS = 240_000;
/**
 * A group of more than six is a crowd, and relays hold its sockets from the sixth on. Other groups are
 * smaller: devices of a crowd are not sent its messages.
 */
const SETTINGS = ["CROWD_MEMBERS=6", "LIVE_MEMBERS=5"];
/** From the start of wrangler, in ms. The migrations before it take about 2 s on an idle machine. */
const START_LIMIT_MS = 20_000;

await inTemporaryFolder(
  LIMIT_MS,
  async (folder) => {
    const server = await Server.start(folder);
    const { startMs, wranglerMs } = server;
    console.log(
      `/healthz answered ${wranglerMs} ms after wrangler started, ${startMs} ms after \`npm run dev\``,
    );
    if (wranglerMs > START_LIMIT_MS) throw new Error(`wrangler took more than ${START_LIMIT_MS} ms`);
    const ann = await Person.register(server.origin, "ann");
    const bob = await Person.register(server.origin, "bob");
    const { id } = await ann.openDirect(bob);
    // Until the first message an empty direct conversation is there for those alone who have opened it.
    await bob.openDirect(ann);
    const context: E2eContext = { folder, server, ann, bob, conversationId: id };
    for (const act of [exchange, crash, devices, restart, crashOfRelays]) {
      try {
        console.log(await act(context));
      } catch (error) {
        console.error(`\nThe end of the server's output:\n${context.server.output.slice(-4_000)}`);
        throw error;
      }
    }
    await context.server.stop();
  },
  SETTINGS,
);
