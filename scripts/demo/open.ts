import { spawn } from "node:child_process";
import { PASSWORD } from "../support/person.ts";
import { chapter, note } from "./print.ts";
import { fill } from "./world.ts";

/** Fills the server with the sample world, opens the page in the browser of this machine, and never ends. */
export async function open(origin: string): Promise<never> {
  const { ann, lin } = await fill(origin);
  chapter(`Parley is at ${origin}, with five people who talk.`);
  note(`Sign in as        ${ann.user.username}, with the password "${PASSWORD}".`);
  note(`In a private window, sign in as ${lin.user.username}, and talk with yourself.`);
  note("\nCtrl-C ends the server and forgets all of it.");
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
