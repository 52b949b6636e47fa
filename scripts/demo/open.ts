import { spawn } from "node:child_process";
import { PASSWORD } from "../support/person.ts";
import type { TemporaryFolder } from "../support/server.ts";
import { live } from "./live.ts";
import { PastServer } from "./past/server.ts";
import { chapter, note } from "./print.ts";
import { COMMAND, fill } from "./world.ts";

/**
 * Fills the state of a server that was never started with the sample world and its history of twelve days.
 */
export async function livePast(folder: TemporaryFolder): Promise<void> {
  note("Five people talk for twelve days. That takes some seconds.");
  await using server = await PastServer.start(folder);
  await fill(server.origin, (at) => server.setClock(at));
}

/** Opens the page in the browser of this machine, and never ends. */
export async function open(origin: string): Promise<never> {
  chapter(`Parley is at ${origin}, with five people who have talked for twelve days.`);
  note(`Sign in as ann, with the password "${PASSWORD}".`);
  note("\nTwo minutes:");
  note(
    "  1  Open “Weekend hike 周末徒步”. Who mentions you, a table, a checklist, a recording, an album, a poll.",
  );
  note("     Click what is hidden. Soon Lin writes to you.");
  note(`  2  Type /${COMMAND}: Trail bot writes its answer while you look.`);
  note("  3  Point at a message: react, answer in a thread, right-click for more. Or press ? for the keys.");
  note("  4  Copy cells of a spreadsheet, and paste them: they become a table.");
  note(
    "  5  Sign in as lin in a private window (her page is Chinese with a Chinese browser), and talk with yourself.",
  );
  note("\nCtrl-C ends the server and forgets all of it.");
  await live(origin);
  browse(origin);
  return new Promise(() => {});
}

/** Opens an address in the browser of this machine, if there is one. */
function browse(address: string): void {
  const [command, ...args] =
    process.platform === "darwin"
      ? ["open", address]
      : process.platform === "win32"
        ? ["cmd", "/c", "start", "", address]
        : ["xdg-open", address];
  // The address is printed too, so a machine without a browser misses nothing.
  spawn(command, args, { stdio: "ignore", detached: true })
    .on("error", () => {})
    .unref();
}
