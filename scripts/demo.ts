/**
 * `npm run demo`: users chat on a server of their own. `npm run demo -- surfaces`: one conversation over
 * every API, with curl only. `npm run demo -- tim`: everything that the largest API can do. `npm run demo --
 * changes`: messages that change after they were sent. Exits with 0 only if every user saw what they should.
 */
import { changes } from "./demo/changes.ts";
import { people } from "./demo/people.ts";
import { surfaces } from "./demo/surfaces.ts";
import { REVOKE_WINDOW_S, tim } from "./demo/tim.ts";
import { inTemporaryFolder, Server } from "./support/server.ts";

const LIMIT_MS = 180_000;

interface Story {
  play: (origin: string) => Promise<void>;
  /** settings besides those of `npm run dev` */
  settings?: string[];
}

const STORIES: Record<string, Story> = {
  people: { play: people },
  surfaces: { play: surfaces },
  changes: { play: changes },
  tim: { play: tim, settings: [`TIM_REVOKE_WINDOW_S=${REVOKE_WINDOW_S}`] },
};

const [name = "people"] = process.argv.slice(2);
const story = STORIES[name];
if (!story)
  throw new Error(`there is no story ${name}: name one of ${Object.keys(STORIES).join(", ")}, or none`);

await inTemporaryFolder(
  LIMIT_MS,
  async (folder) => {
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
