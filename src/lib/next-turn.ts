/** Lets other requests of the isolate have their turn, in the middle of work that waits for nothing. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
