import { inject, onTestFailed } from "vitest";

/** A step that no operation reaches: nothing fails, and the steps are counted. */
const NEVER = Number.POSITIVE_INFINITY;

/** For `between`: all steps. */
export const ALL = Number.POSITIVE_INFINITY;

/** The result of one run with a fault. */
export interface StepResult {
  /** whether the run reached the step of the fault */
  readonly isHit: boolean;
  /** the number of steps until then, or until the end */
  readonly steps: number;
}

/**
 * Injects a fault at a step of an operation; with `EVERY_CASE` at the first, the last and some between them,
 * one after the other, with `PROPERTY_RUNS` at all. The sample depends on the commit: one commit always tries
 * the same steps, and over time all are tried. A first run without a fault counts the steps.
 *
 * A failure names operation, step and seed: `PROPERTY_SEED=… npx vitest run FILE` tries the same steps again.
 * @param operation the operation and the fault's place, for messages
 * @param between how many steps `EVERY_CASE` tries besides the first and the last
 * @param broken runs the operation with a fault at its n-th step, and asserts the invariants
 */
export async function eachStep(
  operation: string,
  between: number,
  broken: (step: number) => Promise<StepResult>,
): Promise<void> {
  let step = NEVER;
  let steps = 0;
  onTestFailed(() => {
    const where = step === NEVER ? "no step broken" : `step ${step} of ${steps}`;
    console.log(
      `${operation}: ${where}. PROPERTY_SEED=${inject("seed")} tries the same steps, PROPERTY_RUNS=1 tries all.`,
    );
  });
  ({ steps } = await broken(NEVER));
  if (steps < 1) throw new Error(`${operation} has no steps`);
  if (inject("propertyRuns")) {
    for (step = 1; (await broken(step)).isHit; step++);
    if (step === 1) throw new Error(`${operation} does not come to its first step`);
    return;
  }
  for (step of inject("everyCase") ? sample(steps, between) : [oneOf(steps, operation)]) {
    const { isHit } = await broken(step);
    // The number of steps varies with concurrent work, but a first one always exists.
    if (step === 1 && !isHit) throw new Error(`${operation} does not come to its first step`);
  }
}

/** A step that the seed determines, for each operation another one. */
function oneOf(steps: number, operation: string): number {
  const sum = [...operation].reduce((all, letter) => (all * 31 + letter.charCodeAt(0)) % 1_000_003, 7);
  return 1 + ((inject("seed") + sum) % steps);
}

/**
 * The first step, the last step, and `between` others at even distances, whose offset depends on the seed.
 */
function sample(steps: number, between: number): number[] {
  const others = Math.max(0, steps - 2);
  const tried = new Set([1, steps]);
  for (let i = 0; i < Math.min(between, others); i++)
    tried.add(2 + ((inject("seed") + Math.floor((i * others) / Math.min(between, others))) % others));
  return [...tried].sort((a, b) => a - b);
}
