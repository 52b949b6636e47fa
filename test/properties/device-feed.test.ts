import fc from "fast-check";
import { test } from "vitest";
import { TURN_MS } from "../../src/object/batches/batch-wait.ts";
import { type Step, story } from "../support/device-feed/steps.ts";
import { World } from "../support/device-feed/world.ts";
import { nextTurn } from "../support/event-loop.ts";
import { inIsolatedObject } from "../support/objects/isolated-room.ts";
import { runOptions } from "../support/property-runs.ts";

const FEW = runOptions(15, 40);
const STORY_MS = 10_000;

/** Lets promises go on that wait for nothing outside. A batch of sends ends two turns after its last send. */
async function idle(scheduler: fc.Scheduler): Promise<void> {
  for (let quiet = 0; quiet < 3; ) {
    await scheduler.waitIdle();
    await nextTurn(TURN_MS);
    quiet = scheduler.count() > 0 ? 0 : quiet + 1;
  }
}

test("each device shows each message and each change once, in whatever order calls and frames arrive", {
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
          // The runtime evicts an inbox only while it is idle.
          if (step.do === "restart" && !step.isCrash) await idle(scheduler);
          await scheduler.waitFor(perform(step));
        }
        await idle(scheduler);
        await world.deliverAll();
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
