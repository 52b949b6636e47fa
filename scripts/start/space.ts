import { type StatsFs, statfsSync } from "node:fs";
import { log } from "../../src/lib/logger.ts";

/** How often the disk is looked at, in ms. */
const EVERY_MS = 10_000;
/** Less than this is little, in bytes: a busy hour of messages. */
const LITTLE = 256 * 2 ** 20;
/** With less than this, in bytes, the database refuses to write. */
const NONE = 2 ** 20;

/** How much space a disk has. */
type Space = "enough" | "little" | "none";

/** How much space a disk has, by its free blocks. */
function spaceOf({ bavail, bsize }: Pick<StatsFs, "bavail" | "bsize">): Space {
  const free = bavail * bsize;
  return free < NONE ? "none" : free < LITTLE ? "little" : "enough";
}

/**
 * Says when the disk of a folder has little space, or none, and when it has enough again: a line each.
 * Without space what is written is refused, and nothing that was acknowledged is lost.
 */
export function watchSpace(folder: string): Disposable {
  let known: Space = "enough";
  const look = () => {
    const disk = statfsSync(folder);
    const space = spaceOf(disk);
    if (space === known) return;
    known = space;
    const fields = { space, free_bytes: disk.bavail * disk.bsize, folder };
    log(space === "enough" ? "info" : "error", "disk_space", fields);
  };
  look();
  const timer = setInterval(look, EVERY_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
