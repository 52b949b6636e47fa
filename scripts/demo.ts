/**
 * `npm run demo`: people talk on a Parley of their own. `npm run demo -- surfaces`: one conversation over every API, with
 * curl alone. `npm run demo -- tim`: all that the largest of them can do. It ends with 0 only if everybody saw what he should have seen.
 */
import { people } from "./demo/people.ts";
import { surfaces } from "./demo/surfaces.ts";
import { REVOKE_WINDOW_S, tim } from "./demo/tim.ts";
import { inOwnPlace, Server } from "./support/server.ts";

const LIMIT_MS = 180_000;

interface Story {
  play: (origin: string) => Promise<void>;
  /** besides those which `npm run dev` has */
  settings?: string[];
}

const STORIES: Record<string, Story> = {
  people: { play: people },
  surfaces: { play: surfaces },
  tim: { play: tim, settings: [`TIM_REVOKE_WINDOW_S=${REVOKE_WINDOW_S}`] },
};

const [name = "people"] = process.argv.slice(2);
const story = STORIES[name];
if (!story)
  throw new Error(`there is no story ${name}: name one of ${Object.keys(STORIES).join(", ")}, or none`);

await inOwnPlace(
  LIMIT_MS,
  async (place) => {
    const server = await Server.start(place);
    try {
      await story.play(server.origin);
    } catch (error) {
      console.error(`\nThe server's last words:\n${server.output.slice(-4_000)}`);
      throw error;
    } finally {
      await server.stop();
    }
  },
  story.settings,
);
