import { afterAll, beforeAll, inject, test } from "vitest";
import { runOptions } from "../../../../test/support/property-runs.ts";
import { TestServer } from "../support/server.ts";
import { judge } from "./story/verdict.ts";
import { type Extent, World } from "./story/world.ts";

/** The messages of a story. A short one takes 10 s; each further thousand some 25 s. */
const MESSAGES = Number(inject("chatMessages") || 300);
const { numRuns: STORIES, seed: SEED } = runOptions(1);
/** A machine with two busy cores takes 30 to 60 ms for a message with all that happens beside it. */
const TIMEOUT = 120_000 + MESSAGES * 200;

const EXTENT: Extent = {
  messages: MESSAGES,
  cuts: Math.ceil(MESSAGES / 50),
  kills: Math.ceil(MESSAGES / 1000),
  reloads: Math.ceil(MESSAGES / 100),
};

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

test.each(Array.from({ length: STORIES }, (_, i) => SEED + i))(
  "devices whose connections break end with what a fresh load shows (PROPERTY_SEED=%i)",
  { timeout: TIMEOUT },
  async (seed) => {
    const world = await World.begin(server, seed);
    try {
      await world.play(EXTENT);
      await judge(server.origin, world.devices);
    } finally {
      await world.end();
    }
  },
);
