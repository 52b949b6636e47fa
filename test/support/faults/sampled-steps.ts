import { inject, onTestFailed } from "vitest";

/** A step that no deed has: nothing breaks, and the steps are counted. */
const NEVER = Number.POSITIVE_INFINITY;

/** For `between`: no sample, all steps in every run. */
export const ALL = Number.POSITIVE_INFINITY;

/** What a deed came to that was to break at one step. */
export interface Tried {
  /** whether it came to that step */
  readonly isHit: boolean;
  /** how many steps there were until then, or until its end */
  readonly steps: number;
}

/**
 * Breaks a deed at its steps, one after the other: at all of them with `PROPERTY_RUNS` set, else at the first, the
 * last, and so many of the others. Which these are depends on the commit, so that one commit always tries the same ones
 * and all are tried in time. Without a break the deed tells how many there are.
 *
 * A failure names deed, step and seed: `PROPERTY_SEED=… npx vitest run FILE` tries the same steps again.
 * @param deed what breaks, and where
 * @param between how many steps are tried besides the first and the last
 * @param broken does the deed, breaks its n-th step and asserts what holds then
 */
export async function eachStep(
  deed: string,
  between: number,
  broken: (step: number) => Promise<Tried>,
): Promise<void> {
  let step = NEVER;
  let steps = 0;
  onTestFailed(() => {
    const where = step === NEVER ? "no step broken" : `step ${step} of ${steps}`;
    console.log(
      `${deed}: ${where}. PROPERTY_SEED=${inject("stepSeed")} tries the same steps, PROPERTY_RUNS=1 tries all.`,
    );
  });
  ({ steps } = await broken(NEVER));
  if (steps < 1) throw new Error(`${deed} has no steps`);
  if (inject("propertyRuns")) {
    for (step = 1; (await broken(step)).isHit; step++);
    if (step === 1) throw new Error(`${deed} does not come to its first step`);
    return;
  }
  for (step of sample(steps, between)) {
    const { isHit } = await broken(step);
    // How many there are differs with what goes on at the same time; a first one there is.
    if (step === 1 && !isHit) throw new Error(`${deed} does not come to its first step`);
  }
}

/** The first step, the last one, and so many of the others at even distances, the first of them by the seed. */
function sample(steps: number, between: number): number[] {
  const others = Math.max(0, steps - 2);
  const tried = new Set([1, steps]);
  for (let i = 0; i < Math.min(between, others); i++)
    tried.add(2 + ((inject("stepSeed") + Math.floor((i * others) / Math.min(between, others))) % others));
  return [...tried].sort((a, b) => a - b);
}
