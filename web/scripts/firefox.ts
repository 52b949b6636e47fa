/**
 * `npm run test:firefox`: the main stories of the web client and its elements in a Firefox, that of
 * `FIREFOX` or of the PATH. Arguments are handed to vitest: other files, `-t`. Ends with 1 if there is no
 * Firefox.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { findFirefox } from "../test/support/firefox/firefox.ts";

/**
 * The stories, by the beginnings of their names. In a Firefox Playwright cannot touch, list sockets or go
 * offline.
 */
const STORIES: Readonly<Record<string, readonly string[]>> = {
  "stories/sign-in": ["a newcomer creates an account", "a wrong password is refused"],
  "stories/talk": ["two people talk, and each sees", "a page shows what it has shown"],
  "stories/reading": ["a conversation opens at its first"],
  "stories/embed": ["two people talk in a page"],
  "long-history": ["\\d+ messages are scrolled"],
  timeline: ["the timeline stays at its end"],
  "composer/thread": ["arrow keys lead through a thread"],
  "embed/chat": ["older messages come when", "a new token of the user"],
  "embed/parts": [
    "files are attached",
    "a thread opens over",
    "an inbox shows",
    "getToken",
    "the example has",
  ],
};

process.exitCode = run(process.argv.slice(2));

function run(given: readonly string[]): number {
  let firefox: string;
  try {
    firefox = findFirefox();
  } catch (error) {
    console.error(`No test ran: ${error instanceof Error ? error.message : error}`);
    return 1;
  }
  const files = Object.keys(STORIES).map((name) => `web/test/${name}.test.ts`);
  const stories = [...files, "-t", Object.values(STORIES).flat().join("|")];
  const args = ["run", "--project", "web", ...(given.length > 0 ? given : stories)];
  const options = { cwd: join(import.meta.dirname, "../.."), env: { ...process.env, FIREFOX: firefox } };
  return spawnSync("vitest", args, { ...options, stdio: "inherit" }).status ?? 1;
}
