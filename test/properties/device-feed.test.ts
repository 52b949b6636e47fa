import fc from "fast-check";
import { test } from "vitest";
import { type Step, story } from "../support/device-feed/steps.ts";
import { World } from "../support/device-feed/world.ts";
import { inIsolatedObject } from "../support/objects/isolated-room.ts";
import { runs } from "../support/property-runs.ts";

const FEW = runs(60);
const STORY_MS = 10_000;

/** Lets what has nothing to wait for go on. */
async function idle(scheduler: fc.Scheduler): Promise<void> {
  do {
    await scheduler.waitIdle();
    await new Promise((resolve) => setTimeout(resolve, 0));
  } while (scheduler.count() > 0);
}

test("in whatever order calls and frames arrive, every device shows each message once and what became of it", {
  timeout: FEW.numRuns * STORY_MS,
}, async () => {
  const property = fc.asyncProperty(fc.scheduler(), story, async (scheduler, { policy, steps }) => {
    const tell = async (_: DurableObjectStorage, state: DurableObjectState) => {
      const pause = (what: string) => scheduler.schedule(Promise.resolve(), what);
      const world = new World(state, pause);
      const perform = async (step: Step) => {
        await pause("step");
        await world.step(step);
      };
      try {
        for (const step of steps) {
          // An inbox is evicted once nothing is under way.
          if (step.do === "restart" && !step.isCrash) await idle(scheduler);
          await scheduler.waitFor(perform(step));
        }
        await idle(scheduler);
        await world.tellAll();
        await idle(scheduler);
        world.check();
      } catch (error) {
        throw new Error(world.trace.join("\n"), { cause: error });
      } finally {
        await world.end();
      }
    };
    await inIsolatedObject("group", tell, policy);
  });
  await fc.assert(property, FEW);
});
