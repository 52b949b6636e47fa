/**
 * `npm run demo`: users chat on a server of their own. `npm run demo -- surfaces`: one conversation over
 * every API, with curl only. `npm run demo -- tim`: everything that the largest API can do. `npm run demo --
 * changes`: messages that change after they were sent. `npm run demo -- --open`: the page, in a sample world
 * with a history of twelve days, until Ctrl-C. Exits with 0 only if every user saw what they should.
 */
import { parseArgs } from "node:util";
import { changes } from "./demo/changes.ts";
import { livePast, open } from "./demo/open.ts";
import { people } from "./demo/people.ts";
import { surfaces } from "./demo/surfaces.ts";
import { REVOKE_WINDOW_S, tim } from "./demo/tim.ts";
import { inTemporaryFolder, Server, type TemporaryFolder } from "./support/server.ts";

const LIMIT_MS = 180_000;

interface Story {
  play: (origin: string) => Promise<void>;
  /** makes the state that the server finds */
  prepare?: (folder: TemporaryFolder) => Promise<void>;
  /** settings besides those of `npm run dev` */
  settings?: string[];
  /** it ends by Ctrl-C alone */
  isEndless?: true;
}

const STORIES: Record<string, Story> = {
  people: { play: people },
  surfaces: { play: surfaces },
  changes: { play: changes },
  open: { prepare: livePast, play: open, isEndless: true },
  tim: { play: tim, settings: [`TIM_REVOKE_WINDOW_S=${REVOKE_WINDOW_S}`] },
};

const { values, positionals } = parseArgs({ options: { open: { type: "boolean" } }, allowPositionals: true });
const [name = values.open ? "open" : "people"] = positionals;
const story = STORIES[name];
if (!story)
  throw new Error(`there is no story ${name}: name one of ${Object.keys(STORIES).join(", ")}, or none`);

await inTemporaryFolder(
  story.isEndless ? undefined : LIMIT_MS,
  async (folder) => {
    await story.prepare?.(folder);
    const server = await Server.start(folder);
    try {
      await story.play(server.origin);
    } catch (error) {
      console.error(`\nThe end of the server's output:\n${server.output.slice(-4_000)}`);
      throw error;
    } finally {
      await server.stop();
    }
  },
  story.settings,
);
