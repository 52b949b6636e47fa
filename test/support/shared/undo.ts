import { onTestFinished, TestRunner } from "vitest";

/** What hooks have changed for the tests of the file that runs. */
const ofFile: (() => void)[] = [];

/**
 * Has a change of what all files of a worker share undone, whoever forgets it and however the test ends: that
 * of a test when the test is over, that of a hook after the file. A helper that changes such a thing calls
 * it.
 * @returns undoes it earlier
 */
export function undoAtEnd(undo: () => void): () => void {
  let isDone = false;
  const once = () => {
    if (!isDone) undo();
    isDone = true;
  };
  if (TestRunner.getCurrentTest()) onTestFinished(once);
  else ofFile.push(once);
  return once;
}

/** Undoes what the hooks of a file have changed, the last change first. setup.ts calls it after each file. */
export function undoOfFile(): void {
  for (const undo of ofFile.splice(0).reverse()) undo();
}
